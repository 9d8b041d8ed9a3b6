//! A fact that could not be read never makes a check pass or fail.

mod common;

use common::*;
use model::Status;
use model::facts::Fact;

#[test]
fn an_unreadable_task_is_unknown_with_the_reason() {
    let mut facts = coder();
    let arn = task_arn(&facts);
    facts.tasks.insert(arn, denied("ecs:DescribeTasks"));
    let finding = when("task", "!('team' in task.tags)", &facts);
    assert_eq!(finding.status, Status::Unknown);
    assert_eq!(
        finding.missing_permission.as_deref(),
        Some("ecs:DescribeTasks")
    );
    assert!(
        finding.title.contains("ecs:DescribeTasks"),
        "{}",
        finding.title
    );
}

#[test]
fn an_unreadable_cluster_is_unknown_unless_other_facts_decide() {
    let mut facts = coder();
    facts.cluster = denied("ecs:DescribeClusters");
    assert_eq!(status("cluster", "false", &facts), Status::Unknown);
    assert_eq!(
        status("task", "cluster.status == 'ACTIVE'", &facts),
        Status::Unknown
    );
    // The other operand decides.
    assert_eq!(
        status("task", "cluster.status == 'X' || true", &facts),
        Status::Fail
    );
    assert_eq!(
        status("task", "cluster.status == 'X' && false", &facts),
        Status::Pass
    );
    assert_eq!(status("task", "cluster == null", &facts), Status::Unknown);
    assert_eq!(status("task", "null == cluster", &facts), Status::Unknown);
    assert_eq!(
        status("task", "has(cluster.status)", &facts),
        Status::Unknown
    );
    assert_eq!(
        status("task", "facts.cluster == null", &facts),
        Status::Unknown
    );
    assert_eq!(
        status("task", "null == facts.cluster", &facts),
        Status::Unknown
    );
    assert_eq!(
        status("task", "has(facts.cluster)", &facts),
        Status::Unknown
    );
}

#[test]
fn an_absent_fact_is_null() {
    let mut facts = coder();
    let role = definition(&mut facts).task_role.clone().expect("role");
    facts.roles.insert(role, Fact::Absent);
    assert_eq!(status("task", "role == null", &facts), Status::Fail);
    assert_eq!(status("role", "true", &facts), Status::Skip);
    assert_eq!(status("task", "role.name == 'x'", &facts), Status::Unknown);
}

#[test]
fn an_unreadable_role_makes_no_task_pass() {
    let mut facts = coder();
    let role = definition(&mut facts).task_role.clone().expect("role");
    facts.roles.insert(role, denied("iam:GetRole"));
    assert_eq!(status("role", "false", &facts), Status::Unknown);
    let finding = when("task", "role != null && role.name == 'x'", &facts);
    assert_eq!(finding.status, Status::Unknown);
    assert_eq!(finding.missing_permission.as_deref(), Some("iam:GetRole"));
}

#[test]
fn an_unreadable_definition_is_unknown() {
    let mut facts = coder();
    let arn = task(&mut facts).task_definition.to_string();
    facts
        .task_definitions
        .insert(arn, denied("ecs:DescribeTaskDefinition"));
    assert_eq!(status("task-definition", "false", &facts), Status::Unknown);
    assert_eq!(
        status("container", "container.definition == null", &facts),
        Status::Unknown
    );
    assert_eq!(
        status("container", "container.name == 'coder'", &facts),
        Status::Fail
    );
    // The definition names the role.
    assert_eq!(status("task", "role == null", &facts), Status::Unknown);
}

#[test]
fn a_service_that_was_not_read_is_not_null() {
    let mut facts = coder();
    let arn = task_arn(&facts);
    facts.target.services.clear();
    facts.target.tasks = vec![arn];
    assert_eq!(status("task", "service == null", &facts), Status::Pass);
    facts.services.clear();
    assert_eq!(status("task", "service == null", &facts), Status::Unknown);
    task(&mut facts).group = Some("family:x".into());
    assert_eq!(status("task", "service == null", &facts), Status::Fail);
}

#[test]
fn a_list_with_gaps_is_never_taken_for_complete() {
    let mut facts = healthy();
    let other = facts
        .service_tasks
        .keys()
        .find(|name| *name != CODER)
        .cloned()
        .expect("another service");
    facts.target.services.retain(|wanted| wanted.name == CODER);
    for expression in [
        "facts.tasks.exists(arn, arn == 'x')",
        "facts.tasks.all(arn, arn != '')",
        "size(facts.tasks) > 100",
        "'x' in facts.tasks",
        "facts.task_definitions.exists(arn, arn == 'x')",
        "facts.roles == facts.identities",
        "facts.simulations.exists(s, s.principal == 'x')",
        "facts.network.subnets.exists(id, id == 'x')",
    ] {
        assert_ne!(
            status("cluster", expression, &facts),
            Status::Unknown,
            "{expression}"
        );
        let mut gap = facts.clone();
        gap.service_tasks
            .insert(other.clone(), denied("ecs:ListTasks"));
        let finding = when("cluster", expression, &gap);
        assert_eq!(finding.status, Status::Unknown, "{expression}");
        assert_eq!(finding.missing_permission.as_deref(), Some("ecs:ListTasks"));
    }
    // Facts that were read are known.
    let arn = task_arn(&facts);
    facts.service_tasks.insert(other, denied("ecs:ListTasks"));
    let seen = format!("facts.tasks['{arn}'].last_status == 'RUNNING' && '{arn}' in facts.tasks");
    assert_eq!(status("cluster", &seen, &facts), Status::Fail);
}

#[test]
fn an_unreadable_entry_affects_only_dependent_expressions() {
    let mut facts = healthy();
    facts.target.services.retain(|wanted| wanted.name == CODER);
    let unreadable = facts
        .tasks
        .keys()
        .find(|arn| **arn != task_arn(&facts))
        .cloned()
        .expect("another task");
    facts.tasks.insert(unreadable, denied("ecs:DescribeTasks"));
    let all = |condition: &str| format!("facts.tasks.all(arn, facts.tasks[arn].{condition})");
    assert_eq!(
        status("cluster", &all("last_status == 'RUNNING'"), &facts),
        Status::Unknown
    );
    assert_eq!(
        status("cluster", &all("last_status == 'STOPPED'"), &facts),
        Status::Pass
    );
}

#[test]
fn objects_with_an_unreadable_part_cannot_be_compared() {
    let mut facts = coder();
    for comparison in [
        "facts.roles == facts.roles",
        "[facts.roles] == [facts.roles]",
        "facts.roles in [facts.identities]",
        "facts == facts",
    ] {
        assert_ne!(
            status("cluster", comparison, &facts),
            Status::Unknown,
            "{comparison}"
        );
    }
    let role = definition(&mut facts).task_role.clone().expect("role");
    facts.roles.insert(role, denied("iam:GetRole"));
    for comparison in [
        "facts.roles == facts.roles",
        "facts.roles != facts.roles",
        "facts.roles == facts.identities",
        "facts.identities == facts.roles",
        "[facts.roles] == [facts.roles]",
        "facts.roles in [facts.identities]",
        "facts == facts",
    ] {
        let finding = when("cluster", comparison, &facts);
        assert_eq!(finding.status, Status::Unknown, "{comparison}");
        assert_eq!(finding.missing_permission.as_deref(), Some("iam:GetRole"));
    }
}

/// An expression that does not need the unreadable fact is not unknown.
#[test]
fn each_expression_has_its_own_reads() {
    let mut facts = coder();
    facts.cluster = denied("ecs:DescribeClusters");
    let toml = "[checks.a]\nwhen = 'size(facts.cluster) == 1'\ntitle = 't'\n\
                [checks.b]\nwhen = 'true'\ntitle = '${cluster.name} ${task.last_status}'\n\
                [checks.c]\nwhen = \"task.tags.nothing == ''\"\ntitle = 't'\n";
    let findings = judge(toml, &facts);
    assert_eq!(
        statuses(&findings),
        [Status::Unknown, Status::Fail, Status::Unknown]
    );
    assert_eq!(findings[1].title, "(unknown) RUNNING");
    assert_eq!(findings[2].missing_permission, None);
}

/// A list is incomplete only if it can lack entries.
#[test]
fn unlisted_services_leave_gaps_in_dependent_lists() {
    let mut facts = coder();
    let lists = ["services", "tasks", "roles", "task_definitions", "kms_keys"];
    for list in lists {
        let count = format!("size(facts.{list}) > 100");
        assert_eq!(status("cluster", &count, &facts), Status::Pass, "{list}");
    }
    facts.unlisted = Some(unavailable("ecs:ListServices"));
    for list in lists {
        let count = format!("size(facts.{list}) > 100");
        let finding = when("cluster", &count, &facts);
        assert_eq!(finding.status, Status::Unknown, "{list}");
        assert_eq!(
            finding.missing_permission.as_deref(),
            Some("ecs:ListServices")
        );
    }
    for known in ["facts.target.services", "facts.cluster.tags"] {
        let count = format!("size({known}) > 100");
        assert_eq!(status("cluster", &count, &facts), Status::Pass, "{known}");
    }
}

#[test]
fn an_unreadable_task_or_definition_leaves_gaps_in_dependent_lists() {
    const ROLES: &str = "size(facts.roles) > 100";
    let mut facts = coder();
    assert_eq!(status("cluster", ROLES, &facts), Status::Pass);
    let definition = task(&mut facts).task_definition.clone();
    let mut gap = facts.clone();
    gap.task_definitions
        .insert(definition, denied("ecs:DescribeTaskDefinition"));
    assert_eq!(status("cluster", ROLES, &gap), Status::Unknown);
    facts
        .tasks
        .insert("other".to_owned(), denied("ecs:DescribeTasks"));
    assert_eq!(status("cluster", ROLES, &facts), Status::Unknown);
    assert_eq!(
        status("cluster", "size(facts.services) > 100", &facts),
        Status::Pass
    );
}

#[test]
fn a_definition_without_a_role_has_the_role_of_its_tasks() {
    let mut facts = coder();
    let role = definition(&mut facts).task_role.take().expect("role");
    task(&mut facts).task_role_override = Some(role.clone());
    let has_role = format!("role != null && role.arn == '{role}'");
    assert_eq!(status("task-definition", &has_role, &facts), Status::Fail);
}
