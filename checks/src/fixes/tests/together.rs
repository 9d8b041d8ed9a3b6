//! The fixes of one report can be combined: none undoes another or reuses a name or number.

use std::collections::BTreeSet;

use serde_json::json;

use crate::testing::*;
use diagnosis::{Selection, examine};
use model::facts::{AclEntry, ContainerDefinition, Facts};
use model::fix::Fix;

/// The runbook's six services, whose tasks are in two subnets.
fn all_services(mut facts: Facts) -> Facts {
    facts.target.services = healthy().target.services;
    facts
}

fn fixes(facts: &Facts, kind: &str) -> Vec<Fix> {
    let report = examine(facts, &Selection::default());
    let kind = format!("{kind}:");
    report
        .fixes
        .iter()
        .filter(|fix| fix.id.starts_with(&kind))
        .cloned()
        .collect()
}

/// The first lines of Terraform blocks for new resources.
fn addresses(fixes: &[Fix]) -> Vec<String> {
    let texts = fixes.iter().filter_map(|fix| fix.terraform.as_deref());
    let lines: Vec<&str> = texts.flat_map(str::lines).collect();
    lines
        .windows(2)
        .filter(|pair| pair[0].starts_with("resource ") && !pair[1].contains("# …"))
        .map(|pair| pair[0].to_owned())
        .collect()
}

fn assert_distinct(items: &[String]) {
    let distinct: BTreeSet<&String> = items.iter().collect();
    assert_eq!(distinct.len(), items.len(), "{items:#?}");
    assert!(!items.is_empty());
}

#[test]
fn one_endpoint_is_created_for_all_subnets() {
    let mut facts = all_services(with_key());
    remove_default_routes(&mut facts);
    let fixes = fixes(&facts, "create-endpoint-kms");
    let [fix] = fixes.as_slice() else {
        panic!("{fixes:#?}")
    };
    let [command] = fix.commands.as_slice() else {
        panic!("{:#?}", fix.commands)
    };
    assert!(
        command.contains("--subnet-ids subnet-0a11ce0000000000a subnet-0a11ce0000000000b"),
        "{command}"
    );
    assert_distinct(&addresses(&fixes));
}

#[test]
fn rules_of_an_acl_have_different_numbers() {
    let mut facts = all_services(with_key());
    let only = endpoint(&mut facts).subnets[1].clone();
    endpoint(&mut facts).subnets = vec![only];
    for (egress, port) in [(true, 443), (false, 50_000)] {
        acl(&mut facts).entries.push(AclEntry {
            number: 50,
            egress,
            allow: false,
            protocol: "6".into(),
            cidr: "0.0.0.0/0".into(),
            from_port: Some(if egress { port } else { 1024 }),
            to_port: Some(if egress { port } else { 65_535 }),
        });
    }
    let fixes = fixes(&facts, "let-through");
    assert_eq!(fixes.len(), 1);
    let rules: Vec<String> = fixes[0]
        .commands
        .iter()
        .map(|command| {
            let words: Vec<&str> = command.split(' ').collect();
            words[5..8].join(" ")
        })
        .collect();
    assert!(rules[0].contains("--rule-number"), "{rules:?}");
    assert_distinct(&rules);
    assert_distinct(&addresses(&fixes));
}

#[test]
fn statements_are_added_to_the_current_policy() {
    let mut facts = all_services(with_key());
    let admin = "arn:aws:iam::123456789012:role/admin";
    key(&mut facts).policy = model::facts::Fact::Known(json!({"Statement": [
        {"Effect": "Allow", "Principal": {"AWS": admin}, "Action": "kms:*", "Resource": "*"}]}));
    let fixes = fixes(&facts, "key-policy");
    assert!(fixes.len() > 1, "{fixes:#?}");
    let mut names = Vec::new();
    for fix in &fixes {
        let command = &fix.commands[0];
        assert!(command.starts_with("POLICY=$(aws kms get-key-policy"));
        assert!(
            !command.contains(admin),
            "existing statements are not repeated"
        );
        let statement = &fix.policy.as_ref().unwrap()["Statement"][0];
        names.push(statement["Sid"].to_string());
    }
    assert_distinct(&names);
}

#[test]
fn a_revision_copies_the_current_task_definition() {
    let mut facts = healthy_coder();
    let harden = |container: &mut ContainerDefinition| container.read_only_root = true;
    definition(&mut facts)
        .containers
        .iter_mut()
        .for_each(harden);
    let fixes = fixes(&facts, "writable-root");
    let command = &fixes[0].commands[0];
    assert!(
        command.starts_with("REVISION=$(aws ecs describe-services"),
        "{command}"
    );
    assert!(command.contains("--task-definition \"$REVISION\""));
    begin_rollout(&mut facts);
    let command = &self::fixes(&facts, "writable-root")[0].commands[0];
    assert!(command.starts_with("DEFINITION=$("), "{command}");
}
