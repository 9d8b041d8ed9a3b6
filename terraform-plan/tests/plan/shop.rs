//! Plans by Terraform of a shop, from modules in the style of the well-known ones.

use model::Status;
use serde_json::{Value, json};

use crate::support::*;

fn document(name: &str) -> Value {
    let path = format!("{}/fixtures/shop/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn findings(document: &Value) -> Vec<String> {
    let plan = plan(document);
    let mut request = request(&plan, "shop");
    request.account = Some("111122223333".into());
    let report = report(&plan.facts(&request));
    let unknown = titles(&report, Status::Unknown);
    unknown.into_iter().chain(causes(&report)).collect()
}

const FINE: [&str; 0] = [];

#[test]
fn a_local_resolves_to_the_definition_in_its_module() {
    let mut document = document("definition-by-local");
    assert_eq!(findings(&document), FINE);
    remove(&mut document, "module.web.aws_iam_role_policy.exec");
    assert_eq!(
        findings(&document),
        ["role.ssmmessages"],
        "of one module only"
    );
}

/// Two equal definitions, and two of which one has no task role.
#[test]
fn a_local_with_two_definitions_is_unknown() {
    let with_second = |role: bool| {
        let mut document = document("definition-by-local");
        let changes = document["resource_changes"].as_array_mut().unwrap();
        let own = "module.web.aws_ecs_task_definition.web[0]";
        let own = changes
            .iter()
            .find(|change| change["address"] == own)
            .unwrap();
        let mut second = own.clone();
        second["address"] = "module.web.aws_ecs_task_definition.second".into();
        second["name"] = "second".into();
        second.as_object_mut().unwrap().remove("index");
        second["change"]["after"]["family"] = "second".into();
        if !role {
            second["change"]["after_unknown"]["task_role_arn"] = false.into();
        }
        changes.push(second);
        let module = &mut document["configuration"]["root_module"]["module_calls"]["web"]["module"];
        let resources = module["resources"].as_array_mut().unwrap();
        let web = |one: &&Value| one["address"] == "aws_ecs_task_definition.web";
        let mut second = resources.iter().find(web).unwrap().clone();
        second["address"] = "aws_ecs_task_definition.second".into();
        second["name"] = "second".into();
        second.as_object_mut().unwrap().remove("count_expression");
        if !role {
            second["expressions"]
                .as_object_mut()
                .unwrap()
                .remove("task_role_arn");
        }
        resources.push(second);
        findings(&document)
    };
    assert_eq!(with_second(true), FINE);
    let unknown = with_second(false);
    assert!(
        unknown.iter().any(|title| title.starts_with("role.")),
        "{unknown:?}"
    );
    assert!(
        unknown
            .iter()
            .all(|title| title.contains("known only after apply")),
        "{unknown:?}"
    );
}

#[test]
fn a_dynamic_block_is_read_through_its_module() {
    let mut document = document("dynamic-block");
    assert_eq!(findings(&document), FINE);
    hide(&mut document, "aws_security_group.task", "egress");
    assert!(
        findings(&document)
            .iter()
            .any(|title| title.starts_with("network.task-egress"))
    );
}

#[test]
fn a_family_is_its_newest_revision() {
    assert_eq!(findings(&document("family-and-revision")), FINE);
}

#[test]
fn for_each_over_a_local_gives_each_endpoint() {
    assert_eq!(findings(&document("for-each-over-local")), FINE);
    assert_eq!(
        findings(&document("for-each-over-local-port-80")),
        ["network.endpoint-security-group"]
    );
}

/// The plan replaces the definition that the service keeps: its content is that before apply.
#[test]
fn a_service_can_keep_a_replaced_definition() {
    let mut plan_document = document("ignored-changes");
    let network = |title: &String| title.starts_with("network.");
    assert!(
        findings(&plan_document).iter().all(network),
        "{:?}",
        findings(&plan_document)
    );
    let definition = change(&mut plan_document, "aws_ecs_task_definition.web");
    definition["before"]["task_role_arn"] = Value::Null;
    assert!(findings(&plan_document).contains(&"role.present".to_owned()));
    // The user declares the plan complete.
    let plan = plan(&document("ignored-changes")).declared_complete();
    let report = report(&plan.facts(&request(&plan, "shop")));
    assert_eq!(titles(&report, Status::Unknown), FINE);
    assert_eq!(causes(&report), FINE);
}

/// Without `complete`, as OpenTofu writes it: with every configured resource, and without one.
#[test]
fn a_plan_without_completeness_can_lack_resources() {
    let mut complete = document("dynamic-block");
    complete.as_object_mut().unwrap().remove("complete");
    assert_eq!(findings(&complete), FINE);
    let mut part = complete;
    remove(&mut part, "aws_nat_gateway.nat");
    let found = findings(&part);
    assert!(
        found
            .iter()
            .any(|title| title.starts_with("network.endpoint-present: ")),
        "{found:?}"
    );
}

#[test]
fn unknown_containers_hide_only_themselves() {
    let mut document = document("dynamic-block");
    hide(
        &mut document,
        "aws_ecs_task_definition.web",
        "container_definitions",
    );
    let found = findings(&document);
    let is_of = |area: &str| found.iter().any(|title| title.starts_with(area));
    assert!(is_of("container."), "{found:?}");
    for area in ["task.", "role.", "network.", "service."] {
        assert!(!is_of(area), "{found:?}");
    }
}

/// The plan deletes its services, defers them, or has Express Mode services.
#[test]
fn a_plan_without_services_says_why_it_lists_none() {
    let unlisted = |document: &Value| {
        let plan = plan(document);
        assert_eq!(plan.clusters(), ["shop"]);
        let facts = plan.facts(&request(&plan, "shop"));
        assert!(facts.target.services.is_empty());
        facts.unlisted.map(|why| why.message)
    };
    let mut destroyed = document("ignored-changes");
    for change in destroyed["resource_changes"].as_array_mut().unwrap() {
        change["change"]["actions"] = json!(["delete"]);
        change["change"]["after"] = Value::Null;
    }
    assert_eq!(unlisted(&destroyed), None);
    let mut deferred = document("dynamic-block");
    let service = {
        let changes = deferred["resource_changes"].as_array_mut().unwrap();
        let at = changes
            .iter()
            .position(|change| change["type"] == "aws_ecs_service");
        changes.remove(at.unwrap())
    };
    assert!(unlisted(&deferred).unwrap().contains("no ECS service"));
    deferred["deferred_changes"] = json!([{"reason": "x", "resource_change": service}]);
    assert!(unlisted(&deferred).unwrap().contains("to a later plan"));
    let mut express = document("dynamic-block");
    for change in express["resource_changes"].as_array_mut().unwrap() {
        if change["type"] == "aws_ecs_service" {
            change["type"] = "aws_ecs_express_gateway_service".into();
            change["change"]["after_unknown"]["cluster"] = false.into();
            change["change"]["after"]["cluster"] = "shop".into();
        }
    }
    assert!(unlisted(&express).unwrap().contains("Express Mode"));
}

/// Fixes name resources and arguments of the configuration.
#[test]
fn fixes_use_the_addresses_of_the_configuration() {
    let mut document = document("definition-by-local");
    set(
        &mut document,
        "module.web.aws_ecs_service.web",
        "enable_execute_command",
        false.into(),
    );
    let plan = plan(&document);
    let report = report(&plan.facts(&request(&plan, "shop")));
    let fix = &report.fixes[0];
    let terraform = fix.terraform.as_deref().unwrap();
    assert!(
        terraform.contains("# module.web.aws_ecs_service.web\nmodule \"web\" {"),
        "{terraform}"
    );
    assert!(terraform.contains("exec = true"), "{terraform}");
    assert!(
        fix.explain.contains("does not exist yet"),
        "{}",
        fix.explain
    );
}
