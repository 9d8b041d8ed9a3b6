//! Whether apply replaces running tasks.

use model::Status;
use model::facts::Fact;
use serde_json::{Value, json};

use crate::support::*;

const CODER: &str = r#"aws_ecs_service.service["coder"]"#;
const DEFINITION: &str = r#"aws_ecs_task_definition.service["coder"]"#;

/// The plan turns exec on for one service and changes nothing else of it.
fn only_the_flag(document: &mut Value) {
    let change = self::change(document, CODER);
    change["before"]["enable_execute_command"] = false.into();
    let definition_before = change["before"]["task_definition"].clone();
    set(document, CODER, "task_definition", definition_before);
    let definition = self::change(document, DEFINITION);
    definition["actions"] = json!(["no-op"]);
    definition["after"] = definition["before"].clone();
    definition["after_unknown"] = json!({});
}

fn causes_of(change: impl Fn(&mut Value)) -> Vec<String> {
    causes(&report(&facts_of(UPDATE, change)))
}

#[test]
fn the_exec_flag_alone_replaces_no_tasks() {
    assert_eq!(causes_of(only_the_flag), ["task.exec-enabled"]);
    let placed = |document: &mut Value| {
        only_the_flag(document);
        let strategy = json!([{"type": "spread", "field": "host"}]);
        set(document, CODER, "ordered_placement_strategy", strategy);
        let constraint = json!([{"type": "distinctInstance"}]);
        set(document, CODER, "placement_constraints", constraint);
    };
    assert_eq!(causes_of(placed), ["task.exec-enabled"]);
    let by_another = |document: &mut Value| {
        only_the_flag(document);
        set(
            document,
            CODER,
            "deployment_controller",
            json!([{"type": "CODE_DEPLOY"}]),
        );
        set(document, CODER, "platform_version", "1.4.0".into());
    };
    assert_eq!(causes_of(by_another), ["task.exec-enabled"]);
}

#[test]
fn a_new_deployment_brings_exec_to_tasks() {
    let forced = |document: &mut Value| {
        only_the_flag(document);
        set(document, CODER, "force_new_deployment", true.into());
    };
    assert_eq!(causes_of(forced), [""; 0]);
    let moved = |document: &mut Value| {
        only_the_flag(document);
        set(document, CODER, "platform_version", "1.4.0".into());
    };
    assert_eq!(causes_of(moved), [""; 0]);
    let new_definition = |document: &mut Value| {
        change(document, CODER)["before"]["enable_execute_command"] = false.into();
    };
    assert_eq!(causes_of(new_definition), [""; 0]);
    let attached = |document: &mut Value| {
        only_the_flag(document);
        let target = json!([{"target_group_arn": "arn:tg", "container_name": "coder"}]);
        set(document, CODER, "load_balancer", target);
    };
    assert_eq!(causes_of(attached), [""; 0]);
    let made_anew = |document: &mut Value| {
        only_the_flag(document);
        change(document, CODER)["actions"] = json!(["delete", "create"]);
    };
    assert_eq!(causes_of(made_anew), [""; 0]);
    let none_run = |document: &mut Value| {
        only_the_flag(document);
        change(document, CODER)["before"]["desired_count"] = 0.into();
    };
    assert_eq!(causes_of(none_run), [""; 0]);
}

#[test]
fn a_deployment_can_be_known_only_after_apply() {
    let facts = facts_of(UPDATE, |document| {
        only_the_flag(document);
        hide(document, CODER, "platform_version");
    });
    let report = report(&facts);
    assert_eq!(failures(&report), [""; 0]);
    let unknown = titles(&report, Status::Unknown);
    assert!(
        unknown
            .iter()
            .any(|title| title.starts_with("task.exec-enabled")),
        "{unknown:#?}"
    );
}

/// AWS reports the running tasks, which are not in the plan.
#[test]
fn running_tasks_come_from_aws() {
    let causes_over = |has_exec: bool, change: &dyn Fn(&mut Value)| {
        let mut live = facts_of(UPDATE, |_| {});
        for task in live.tasks.values_mut().filter_map(Fact::known_mut) {
            task.exec_enabled = has_exec;
        }
        let mut document: Value = serde_json::from_str(UPDATE).unwrap();
        change(&mut document);
        let plan = plan(&document);
        let facts = plan.facts_over(live, &request(&plan, "coder-production-cluster"));
        causes(&report(&facts))
    };
    let untouched = |document: &mut Value| {
        only_the_flag(document);
        let service = change(document, CODER);
        service["before"]["enable_execute_command"] = true.into();
        service["actions"] = json!(["no-op"]);
    };
    assert_eq!(causes_over(false, &untouched), ["task.exec-enabled"]);
    assert_eq!(causes_over(true, &untouched), [""; 0]);
    assert_eq!(causes_over(true, &only_the_flag), [""; 0]);
    assert_eq!(causes_over(false, &|_| {}), [""; 0], "new definitions");
}
