//! The output of `describe-change-set --include-property-values`.

use model::Status;
use model::facts::Fact;
use serde_json::Value;

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
