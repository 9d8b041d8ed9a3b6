//! Expressions on the healthy fixture.

mod common;

use std::collections::BTreeMap;

use common::*;
use model::facts::{Fact, Identity};
use model::{Disposition, Severity, Status};

const TEAM: &str = r#"
[checks.team-tag]
when = "!('team' in task.tags) || task.tags.team == ''"
severity = "high"
title = "Task ${task.id} of ${task.service} has no team tag"
detail = "It runs ${task.family}; its containers are ${task.containers.map(c, c.name)}."
why = "Costs go by team."
fix = "Add the tag in services.tf"
commands = ["aws ecs tag-resource --resource-arn ${task.arn} --tags key=team,value=TEAM"]
"#;

#[test]
fn a_false_condition_passes() {
    let mut facts = coder();
    task(&mut facts).tags.insert("team".into(), "dev".into());
    let findings = judge(TEAM, &facts);
    assert_eq!(statuses(&findings), [Status::Pass]);
    assert_eq!(findings[0].check.id, "custom.team-tag");
    assert_eq!(findings[0].check.area.name(), "custom");
}

#[test]
fn a_true_condition_fails_with_the_texts_of_the_check() {
    let mut facts = coder();
    let arn = task_arn(&facts);
    task(&mut facts).tags.clear();
    let findings = judge(TEAM, &facts);
    let id = arn.rsplit('/').next().unwrap();
    let [finding] = &findings[..] else {
        panic!("{findings:?}")
    };
    assert_eq!(finding.status, Status::Fail);
    assert_eq!(finding.severity, Severity::High);
    assert_eq!(
        finding.title,
        format!("Task {id} of {CODER} has no team tag")
    );
    assert_eq!(
        finding.detail,
        format!("It runs {CODER}; its containers are coder.")
    );
    assert_eq!(finding.subject.kind, "task");
    assert_eq!(&*finding.subject.id, arn);
    assert_eq!(finding.subject.service.as_deref(), Some(CODER));
    let names = finding.tasks.arns().unwrap();
    assert_eq!(
        names.iter().map(String::as_str).collect::<Vec<_>>(),
        [arn.as_str()]
    );
    assert_eq!(finding.group_title, "The check custom.team-tag fails");
    let fix = &finding.fixes[0];
    assert_eq!(fix.id, "manual:custom.team-tag");
    assert_eq!(fix.title, "Add the tag in services.tf");
    assert_eq!(fix.disposition, Disposition::Manual);
    assert_eq!(
        fix.commands,
        [format!(
            "aws ecs tag-resource --resource-arn {arn} --tags key=team,value=TEAM"
        )]
    );
}

#[test]
fn each_kind_of_subject_can_fail_and_pass() {
    for (each, wrong, right, kind) in [
        (
            "cluster",
            "cluster.status == 'ACTIVE'",
            "cluster.status != 'ACTIVE'",
            "cluster",
        ),
        (
            "service",
            "service.exec_enabled",
            "!service.exec_enabled",
            "service",
        ),
        (
            "task",
            "task.service == service.name",
            "task.service != service.name",
            "task",
        ),
        (
            "container",
            "container.task == task.id && container.definition.init_process",
            "container.definition.name != container.name",
            "container",
        ),
        (
            "task-definition",
            "definition.network_mode == 'awsvpc' && role.arn == definition.task_role",
            "definition.containers.exists(c, c.read_only_root)",
            "task-definition",
        ),
        (
            "role",
            "role.boundary == null",
            "role.name.endsWith('-admin')",
            "role",
        ),
    ] {
        let facts = coder();
        let finding = when(each, wrong, &facts);
        assert_eq!(finding.status, Status::Fail, "{each}: {finding:?}");
        assert_eq!(finding.subject.kind, kind);
        assert_eq!(status(each, right, &facts), Status::Pass, "{each}");
    }
}

#[test]
fn a_check_can_warn() {
    let toml = "[checks.x]\nwhen = 'true'\nstatus = 'warn'\ntitle = 't'";
    let findings = judge(toml, &coder());
    assert_eq!(findings[0].status, Status::Warn);
    assert_eq!(findings[0].severity, Severity::Medium);
}

#[test]
fn every_task_of_the_fixture_has_a_finding() {
    let facts = healthy();
    let findings = judge(
        "[checks.x]\nwhen = \"task.last_status != 'RUNNING'\"\ntitle = 't'",
        &facts,
    );
    assert_eq!(findings.len(), facts.tasks.len());
    assert!(
        findings
            .iter()
            .all(|finding| finding.status == Status::Pass)
    );
}

#[test]
fn a_tag_named_known_is_a_tag() {
    let mut facts = coder();
    task(&mut facts).tags = BTreeMap::from([("known".into(), "x".into())]);
    assert_eq!(
        status("task", "task.tags.known == 'x'", &facts),
        Status::Fail
    );
    task(&mut facts).tags = BTreeMap::from([("unavailable".into(), "x".into())]);
    assert_eq!(
        status("task", "task.tags.unavailable == 'x'", &facts),
        Status::Fail
    );
    assert_eq!(status("task", "'a' in task.tags", &facts), Status::Pass);
}

#[test]
fn an_expression_that_does_not_fit_the_facts_is_unknown() {
    let facts = coder();
    let finding = when("task", "task.stop_code.startsWith('x')", &facts);
    assert_eq!(finding.status, Status::Unknown);
    assert!(finding.detail.contains("null"), "{}", finding.detail);
    let finding = when("task", "task.tags.team == ''", &facts);
    assert_eq!(finding.status, Status::Unknown);
    assert!(
        finding.detail.contains("there is no team"),
        "{}",
        finding.detail
    );
    let finding = when("task", "task.stop_code", &facts);
    assert_eq!(finding.status, Status::Unknown);
    assert!(finding.detail.contains("it is null"), "{}", finding.detail);
    let finding = when("task", "task.group.matches('[')", &facts);
    assert_eq!(finding.status, Status::Unknown);
}

#[test]
fn numbers_and_ages_can_be_compared() {
    let facts = coder();
    assert_eq!(
        status("task", "task.age_seconds > 3 * 86400", &facts),
        Status::Fail
    );
    assert_eq!(
        status("task", "task.age_seconds > 30 * 86400", &facts),
        Status::Pass
    );
    assert_eq!(
        status(
            "service",
            "service.running_count < service.desired_count",
            &facts
        ),
        Status::Pass
    );
}

#[test]
fn a_service_without_running_tasks_is_skipped() {
    let mut facts = coder();
    task(&mut facts).last_status = "STOPPED".into();
    assert_eq!(status("task", "true", &facts), Status::Skip);
}

#[test]
fn every_listed_function_exists() {
    let facts = coder();
    for expression in [
        "[1].all(x, x == 1)",
        "bool('true')",
        "bytes('a') == b'a'",
        "'abc'.charAt(1) == 'b'",
        "'abc'.contains('b')",
        "double('1.5') == 1.5",
        "dyn(1) == 1",
        "'abc'.endsWith('c')",
        "[1].exists(x, x == 1)",
        "[1].existsOne(x, x == 1)",
        "[1].exists_one(x, x == 1)",
        "[1, 2].filter(x, x == 1) == [1]",
        "'%s'.format(['a']) == 'a'",
        "has(task.arn)",
        "'abc'.indexOf('b') == 1",
        "int('1') == 1",
        "['a', 'b'].join('-') == 'a-b'",
        "'abcb'.lastIndexOf('b') == 3",
        "'ABC'.lowerAscii() == 'abc'",
        "[1].map(x, x + 1) == [2]",
        "'abc'.matches('^a')",
        "'abc'.replace('a', 'b') == 'bbc'",
        "'abc'.reverse() == 'cba'",
        "size('abc') == 3 && 'abc'.size() == 3",
        "'a,b'.split(',') == ['a', 'b']",
        "'abc'.startsWith('a')",
        "string(1) == '1'",
        "strings.quote('a') == '\"a\"'",
        "'abc'.substring(1) == 'bc'",
        "' a '.trim() == 'a'",
        "type(1) == int",
        "uint(1) == 1u",
        "'abc'.upperAscii() == 'ABC'",
        "{'a': 1}['a'] == 1 && 'a' in {'a': 1}",
        "(1 in [1]) && 1 < 2 && 1 <= 1 && 2 > 1 && 2 >= 2 && -(1) == 0 - 1 && 5 % 2 == 1",
    ] {
        assert_eq!(
            status("task", expression, &facts),
            Status::Fail,
            "{expression}"
        );
    }
}

/// As for captures, offline evaluation replaces missing decisions of the simulator.
#[test]
fn simulations_include_the_offline_answers() {
    const ASKED: &str = r#"
[checks.asked]
when = "facts.simulations.exists(s, s.engine == 'offline')"
title = "The policies were read"
"#;
    let mut facts = coder();
    assert_eq!(statuses(&judge(ASKED, &facts)), [Status::Pass]);
    let role = facts.simulations[1].principal.clone();
    facts.simulations[1].decisions = denied("iam:SimulatePrincipalPolicy");
    let nothing = Identity {
        policies: Vec::new(),
        boundary: None,
    };
    facts.identities.insert(role, Fact::Known(nothing));
    assert_eq!(statuses(&judge(ASKED, &facts)), [Status::Fail]);
}
