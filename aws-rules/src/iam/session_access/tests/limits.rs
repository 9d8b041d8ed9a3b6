//! Conditions that are known to be met or not, and limits to some tasks and containers.

use super::*;

#[test]
fn known_conditions_are_decided_and_only_those_about_targets_are_named() {
    let tagged = |team: &str| exec_if(json!({"StringEquals": {"aws:ResourceTag/Team": team}}));
    let on_cluster = statement(
        "Allow",
        json!("ecs:ExecuteCommand"),
        json!(CLUSTER),
        json!({}),
    );
    assert_eq!(
        one(&[on_cluster.clone(), tagged("blue")]),
        Some((Access::Allowed, "only tasks tagged Team=blue".to_owned()))
    );
    assert_eq!(one(&[on_cluster, tagged("red")]), None);
    assert_eq!(
        one(&[exec_if(
            json!({"StringEquals": {"aws:RequestedRegion": "us-west-2"}})
        )]),
        Some((Access::Allowed, String::new()))
    );
    assert_eq!(
        one(&[exec_if(
            json!({"ArnEquals": {"ecs:cluster": "arn:aws:ecs:us-west-2:123456789012:cluster/x"}})
        )]),
        None
    );
    assert_eq!(
        one(&[exec_if(
            json!({"StringEquals": {"ecs:container-name": "envoy"}})
        )]),
        Some((Access::Allowed, "only container envoy".to_owned())),
        "any container counts"
    );
    let until = |day: &str| exec_if(json!({"DateLessThan": {"aws:CurrentTime": day}}));
    assert_eq!(
        one(&[until("2030-01-01")]),
        Some((
            Access::Allowed,
            "only if aws:CurrentTime is less than 2030-01-01".to_owned()
        ))
    );
    assert_eq!(one(&[until("2020-01-01")]), None, "it has expired");
    let in_account =
        |account: &str| exec_if(json!({"StringEquals": {"aws:ResourceAccount": account}}));
    assert_eq!(
        one(&[in_account("123456789012")]),
        Some((Access::Allowed, String::new()))
    );
    assert_eq!(one(&[in_account("999999999999")]), None);
    let wide = exec_if(json!({}));
    let narrow = exec_if(json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}));
    assert_eq!(one(&[narrow, wide]), Some((Access::Allowed, String::new())));
}

#[test]
fn limits_to_tasks_and_containers_are_named_wherever_they_stand() {
    let deny = |condition: Value| statement("Deny", json!("ecs:*"), json!("*"), condition);
    let other_containers = deny(json!({"StringNotEquals": {"ecs:container-name": "web"}}));
    assert_eq!(
        one(&[allow("ecs:*"), other_containers]),
        Some((Access::Allowed, "only container web".to_owned()))
    );
    let other_teams = statement(
        "Deny",
        json!("ecs:*"),
        json!(TASKS),
        json!({"StringNotEquals": {"aws:ResourceTag/team": "blue"}}),
    );
    assert_eq!(
        one(&[allow("ecs:*"), other_teams]),
        Some((Access::Allowed, "only tasks tagged team=blue".to_owned()))
    );
    let on = |resource: &str| {
        let resource = json!([CLUSTER, resource]);
        one(&[statement("Allow", json!("ecs:*"), resource, json!({}))])
    };
    let of_task = TASKS.replace('*', "0a1b*");
    assert_eq!(
        on(&of_task),
        Some((Access::Allowed, "only task 0a1b*".to_owned()))
    );
    assert_eq!(on(TASKS), Some((Access::Allowed, String::new())));
    // Whoever is exempt by something else may enter any container.
    let elsewhere_or_other = deny(json!({"StringNotEquals": {
        "ecs:container-name": "web", "aws:RequestedRegion": "us-west-2",
    }}));
    assert_eq!(
        one(&[allow("ecs:*"), elsewhere_or_other]),
        Some((Access::Allowed, String::new()))
    );
    let others_without_mfa = deny(json!({
        "StringNotEquals": {"ecs:container-name": "web"},
        "BoolIfExists": {"aws:MultiFactorAuthPresent": "false"},
    }));
    assert_eq!(
        one(&[allow("ecs:*"), others_without_mfa]),
        Some((Access::Allowed, "only with MFA or container web".to_owned()))
    );
    // A Deny about other resources limits nothing.
    let elsewhere = statement(
        "Deny",
        json!("ecs:*"),
        json!("arn:aws:ecs:us-west-2:123456789012:task/other/*"),
        json!({"StringNotEquals": {"ecs:container-name": "web"}}),
    );
    assert_eq!(
        one(&[allow("ecs:*"), elsewhere]),
        Some((Access::Allowed, String::new()))
    );
}
