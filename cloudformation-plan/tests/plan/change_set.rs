//! The output of `describe-change-set --include-property-values`.

use model::Status;
use model::facts::Fact;
use serde_json::{Value, json};

use crate::support::*;

fn with_after(change: impl Fn(&mut Value)) -> String {
    let mut document: Value = serde_json::from_str(CHANGE_SET).unwrap();
    let context = document
        .pointer_mut("/Changes/0/ResourceChange/AfterContext")
        .unwrap();
    let mut after: Value = serde_json::from_str(context.as_str().unwrap()).unwrap();
    change(&mut after["Properties"]);
    *context = after.to_string().into();
    document.to_string()
}

#[test]
fn a_change_set_shows_only_what_changes() {
    let plan = plan(CHANGE_SET);
    assert_eq!(plan.region_of("shop-cluster").as_deref(), Some("us-west-2"));
    assert_eq!(
        plan.account_of("shop-cluster").as_deref(),
        Some("123456789012")
    );
    let facts = facts(&plan);
    let Some(Fact::Known(service)) = facts.services.get("shop") else {
        panic!("{:?}", facts.services);
    };
    assert!(service.exec_enabled);
    let report = report(&facts);
    assert!(!unknown(&report).is_empty());
}

#[test]
fn tasks_that_keep_running_without_exec_are_found() {
    let report = report(&facts(&plan(CHANGE_SET)));
    let problems = [titles(&report, Status::Fail), titles(&report, Status::Warn)].concat();
    assert!(
        problems
            .iter()
            .any(|title| title.starts_with("task.exec-enabled")),
        "{problems:?}"
    );
}

#[test]
fn a_new_task_definition_replaces_the_tasks_or_may() {
    let json =
        with_after(|service| service["TaskDefinition"] = "{{changeSet:KNOWN_AFTER_APPLY}}".into());
    let report = report(&facts(&plan(&json)));
    assert_eq!(titles(&report, Status::Fail), [""; 0]);
}

fn exec_enabled(json: &str) -> Vec<Status> {
    let report = report(&facts(&plan(json)));
    let found = report.findings.iter();
    let found = found.filter(|one| one.check.id == "task.exec-enabled");
    found.map(|one| one.status).collect()
}

/// The change set with a property of the service after the update, and before it.
fn with_property(name: &str, before: &Value, after: &Value) -> String {
    let mut document: Value =
        serde_json::from_str(&with_after(|service| service[name] = after.clone())).unwrap();
    let context = document
        .pointer_mut("/Changes/0/ResourceChange/BeforeContext")
        .unwrap();
    let mut changed: Value = serde_json::from_str(context.as_str().unwrap()).unwrap();
    changed["Properties"][name] = before.clone();
    *context = changed.to_string().into();
    document.to_string()
}

#[test]
fn a_new_nonce_forces_a_deployment() {
    let force = |nonce: Option<&str>| {
        let mut force = json!({"EnableForceNewDeployment": "true"});
        if let Some(nonce) = nonce {
            force["ForceNewDeploymentNonce"] = nonce.into();
        }
        force
    };
    let of = |before: Value, after: Value| {
        exec_enabled(&with_property("ForceNewDeployment", &before, &after))
    };
    assert_eq!(of(Value::Null, force(Some("1"))), [Status::Pass]);
    assert_eq!(of(force(Some("1")), force(Some("2"))), [Status::Pass]);
    assert_eq!(of(force(Some("1")), force(Some("1"))), [Status::Fail]);
    assert_eq!(of(force(None), force(None)), [Status::Fail]);
    assert_eq!(of(Value::Null, force(None)), [Status::Unknown]);
    let unknown = force(Some("{{changeSet:KNOWN_AFTER_APPLY}}"));
    assert_eq!(of(force(Some("1")), unknown), [Status::Unknown]);
    let off = json!({"EnableForceNewDeployment": "false", "ForceNewDeploymentNonce": "2"});
    assert_eq!(of(Value::Null, off), [Status::Fail]);
}

#[test]
fn only_some_properties_replace_the_tasks() {
    let target = |arn: &str| json!([{"TargetGroupArn": arn, "ContainerName": "web"}]);
    let of = |name: &str, before: Value, after: Value| {
        exec_enabled(&with_property(name, &before, &after))
    };
    let name = "LoadBalancers";
    assert_eq!(of(name, Value::Null, target("arn:a")), [Status::Pass]);
    assert_eq!(of(name, target("arn:a"), Value::Null), [Status::Pass]);
    assert_eq!(of(name, target("arn:a"), target("arn:a")), [Status::Fail]);
    assert_eq!(of(name, Value::Null, json!([])), [Status::Fail]);
    let unknown = target("{{changeSet:KNOWN_AFTER_APPLY}}");
    assert_eq!(of(name, target("arn:a"), unknown), [Status::Unknown]);
    for name in ["ServiceRegistries", "ServiceConnectConfiguration"] {
        let value = json!({"Enabled": "true"});
        assert_eq!(of(name, Value::Null, value), [Status::Pass], "{name}");
    }
    for name in [
        "PlacementConstraints",
        "PlacementStrategies",
        "HealthCheckGracePeriodSeconds",
    ] {
        let value = json!([{"Type": "spread"}]);
        assert_eq!(of(name, Value::Null, value), [Status::Fail], "{name}");
    }
}

#[test]
fn a_replaced_service_has_new_tasks() {
    let of = |replacement: &str| {
        let json = with_after(|service| service["ServiceName"] = "other".into());
        let mut document: Value = serde_json::from_str(&json).unwrap();
        document["Changes"][0]["ResourceChange"]["Replacement"] = replacement.into();
        exec_enabled(&document.to_string())
    };
    assert_eq!(of("True"), [Status::Skip]);
    assert_eq!(of("Conditional"), [Status::Unknown]);
    assert_eq!(of("False"), [Status::Fail]);
}

#[test]
fn a_definition_known_after_deployment_is_the_new_one() {
    let of = |action: &str, replacement: &str, more: Value| {
        let unknown = "{{changeSet:KNOWN_AFTER_APPLY}}";
        let json = with_after(|service| service["TaskDefinition"] = unknown.into());
        let mut document: Value = serde_json::from_str(&json).unwrap();
        let context = |read_only: &str| {
            json!({"Properties": {"Family": "shop", "NetworkMode": "awsvpc", "TaskRoleArn": "arn:aws:iam::123456789012:role/task", "ContainerDefinitions": [
                {"Name": "web", "ReadonlyRootFilesystem": read_only}]}})
            .to_string()
        };
        let definition = json!({"Type": "Resource", "ResourceChange": {
            "Action": action, "LogicalResourceId": "Definition", "ResourceType": "AWS::ECS::TaskDefinition",
            "PhysicalResourceId": "arn:aws:ecs:us-west-2:123456789012:task-definition/shop:7",
            "Replacement": replacement,
            "BeforeContext": context("false"), "AfterContext": context("true")}});
        let changes = document["Changes"].as_array_mut().unwrap();
        changes.push(definition);
        changes.extend(more.as_array().unwrap().iter().cloned());
        let json = document.to_string();
        (exec_enabled(&json), causes(&report(&facts(&plan(&json)))))
    };
    let known = (
        vec![Status::Pass],
        vec!["container.read-only-root".to_owned()],
    );
    assert_eq!(of("Modify", "True", json!([])), known);
    assert_eq!(of("Add", "False", json!([])), known);
    let conditional = of("Modify", "Conditional", json!([]));
    assert_eq!(conditional.0, [Status::Unknown]);
    let nested = json!([{"Type": "Resource", "ResourceChange": {
        "Action": "Modify", "LogicalResourceId": "Nested", "ResourceType": "AWS::CloudFormation::Stack",
        "PhysicalResourceId": "arn:aws:cloudformation:us-west-2:123456789012:stack/nested/1",
        "AfterContext": "{}"}}]);
    let may_be_of_nested = of("Add", "False", nested);
    assert_eq!(may_be_of_nested, (vec![Status::Unknown], vec![]));
}

#[test]
fn the_fix_forces_a_deployment_of_an_existing_service() {
    let edits = edits(&report(&facts(&plan(CHANGE_SET))));
    assert!(edits.contains("ForceNewDeploymentNonce"), "{edits}");
    let mut document: Value = serde_json::from_str(CHANGE_SET).unwrap();
    let change = &mut document["Changes"][0]["ResourceChange"];
    change["Action"] = "Add".into();
    let after = change["AfterContext"].as_str().unwrap();
    change["AfterContext"] = after.replace("\"true\"", "\"false\"").into();
    let edits = self::edits(&report(&facts(&plan(&document.to_string()))));
    assert!(edits.contains("EnableExecuteCommand: true"), "{edits}");
    assert!(!edits.contains("ForceNewDeployment"), "{edits}");
}

#[test]
fn exec_that_stays_off_is_found() {
    let json = with_after(|service| service["EnableExecuteCommand"] = "false".into());
    assert_eq!(
        causes(&report(&facts(&plan(&json)))),
        ["service.exec-enabled"]
    );
}

#[test]
fn existing_resources_are_named_for_reading() {
    let plan = plan(CHANGE_SET);
    let existing = plan.existing_resources(&request("shop-cluster"));
    assert_eq!(existing.subnets.len(), 1);
    assert_eq!(existing.security_groups.len(), 1);
}
