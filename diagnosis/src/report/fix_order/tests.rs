use super::*;
use crate::report::Report;
use crate::{Selection, examine};
use model::facts::{Facts, Outcome};
use model::step::{Edit, Revision};
use test_facts::*;

const REGION: &str = "eu-west-1";

fn fix(id: &str, commands: Vec<Command>) -> Fix {
    let fix = Fix::new(id, Disposition::Disruptive, "", "");
    commands.into_iter().fold(fix, Fix::command)
}

fn deployment(service: &str) -> ServiceUpdate {
    ServiceUpdate {
        service: service.to_owned(),
        force_new_deployment: true,
        ..ServiceUpdate::default()
    }
}

fn command(update: ServiceUpdate) -> Command {
    Command::call(AwsCall::UpdateService(update), REGION)
}

/// The fixes, sorted for a cause that needs these.
fn sorted<const N: usize>(fixes: [&Fix; N], needed: &[&str]) -> Vec<Fix> {
    let mut fixes = fixes.map(Fix::clone).to_vec();
    fixes.sort_by_key(|fix| fix.id.clone());
    let mut causes = [RootCause {
        check: "",
        title: String::new(),
        detail: String::new(),
        subjects: Vec::new(),
        symptoms: Vec::new(),
        fixes: needed.iter().map(|id| (*id).to_owned()).collect(),
    }];
    sort(&mut fixes, &mut causes, &mut [], REGION);
    fixes
}

fn ids(fixes: &[Fix]) -> Vec<&str> {
    fixes.iter().map(|fix| fix.id.as_str()).collect()
}

#[test]
fn fixes_have_the_order_of_the_cause() {
    let [a, b] = ["a", "b"].map(|id| fix(id, vec!["true".into()]));
    assert_eq!(ids(&sorted([&a, &b], &["b", "a"])), ["b", "a"]);
}

#[test]
fn tasks_are_replaced_after_a_fix_without_commands() {
    let advice = fix("advice", Vec::new());
    let deploy = fix("deploy", vec![command(deployment("web"))]);
    for (needed, is_last) in [(["advice", "deploy"], false), (["deploy", "advice"], true)] {
        let fixes = sorted([&advice, &deploy], &needed);
        assert_eq!(ids(&fixes), ["advice", "deploy"]);
        assert_eq!(fixes[1].is_last, is_last);
    }
}

#[test]
fn a_new_revision_is_deployed_by_the_fix_that_registers_it() {
    let revise = Command {
        text: "register".to_owned(),
        steps: vec![Step::Revise(Revision {
            definition: "app:1".to_owned(),
            edit: Edit::WithoutPidMode,
        })],
    };
    let setting = ServiceUpdate {
        enable_execute_command: Some(true),
        force_new_deployment: false,
        ..deployment("web")
    };
    let updates = [setting, deployment("web"), deployment("worker")].map(command);
    let steps = [revise].into_iter().chain(updates).collect();
    let revision = fix("revision", vec![Command::chain(steps)]);
    let role = fix("role", vec!["true".into()]);
    let last = Fix {
        is_last: true,
        ..revision.clone()
    };
    assert_eq!(
        sorted([&revision, &role], &["revision", "role"]),
        [role, last]
    );
}

/// Only a person can apply it.
#[test]
fn a_manual_fix_replaces_no_tasks_for_other_fixes() {
    let network = fix("network", vec!["true".into()]);
    let role = fix("role", vec!["true".into(), command(deployment("web"))]);
    let manual = Fix {
        disposition: Disposition::Manual,
        ..fix("manual", vec![command(deployment("web"))])
    };
    let fixes = sorted([&manual, &network, &role], &["role", "network"]);
    assert_eq!(
        ids(&fixes),
        ["role", "network", "manual", "replace-tasks:web"]
    );
    assert_eq!(fixes[0].commands, ["true"]);
    assert_eq!(fixes[2], manual);
}

#[test]
fn one_deployment_makes_the_changes_of_two() {
    let exec = ServiceUpdate {
        enable_execute_command: Some(true),
        ..deployment("web")
    };
    let platform = ServiceUpdate {
        platform_version: Some("LATEST".to_owned()),
        ..deployment("web")
    };
    let both = ServiceUpdate {
        platform_version: platform.platform_version.clone(),
        ..exec.clone()
    };
    let exec = fix("exec", vec![command(exec)]);
    let platform = fix("platform", vec![command(platform)]);
    let fixes = sorted([&exec, &platform], &["exec", "platform"]);
    assert_eq!(ids(&fixes), ["platform", "exec"]);
    assert!(fixes[0].commands.is_empty() && fixes[0].steps.is_empty());
    let Command { text, steps } = command(both);
    assert_eq!(
        (&fixes[1].commands, &fixes[1].steps),
        (&vec![text], &vec![steps])
    );
}

fn commands(report: &Report) -> Vec<&str> {
    let commands = report.fixes.iter().flat_map(|fix| &fix.commands);
    commands.map(String::as_str).collect()
}

/// The role lacks its actions, and the agent has stopped.
fn without_role_actions() -> Facts {
    let mut facts = healthy_coder();
    decide(&mut facts, "ssmmessages:", "*", |decision| {
        decision.outcome = Outcome::ImplicitDeny;
    });
    task(&mut facts).containers[0].managed_agents[0].last_status = "STOPPED".into();
    facts
}

#[test]
fn the_fix_of_a_single_cause_keeps_its_deployment() {
    let report = examine(&without_role_actions(), &Selection::default());
    let [cause] = report.root_causes.as_slice() else {
        panic!("{:#?}", report.root_causes)
    };
    let fix = report.fix(&cause.fixes[0]).unwrap();
    assert!(fix.commands[0].contains("put-role-policy"));
    assert!(fix.commands[1].contains("--force-new-deployment"));
    assert!(!fix.is_last);
}

#[test]
fn tasks_are_replaced_after_all_other_fixes() {
    let mut facts = without_role_actions();
    endpoint_group(&mut facts).ingress.clear();
    let report = examine(&facts, &Selection::default());
    let causes: Vec<&str> = report.root_causes.iter().map(|cause| cause.check).collect();
    assert_eq!(
        causes,
        ["role.ssmmessages", "network.endpoint-security-group"]
    );
    let commands = commands(&report);
    let deployments = commands
        .iter()
        .filter(|command| command.contains("update-service"));
    assert_eq!(deployments.count(), 1, "{commands:#?}");
    assert!(
        commands.last().unwrap().contains("--force-new-deployment"),
        "{commands:#?}"
    );
    let last = report.fixes.last().unwrap();
    assert!(last.is_last);
    assert!(report.root_causes[0].fixes.contains(&last.id));
    assert!(!report.root_causes[1].fixes.contains(&last.id));
    let role = report.findings_of(&report.root_causes[0]).next().unwrap();
    assert!(role.fix_ids().any(|id| id == last.id));
    for id in report.root_causes.iter().flat_map(|cause| &cause.fixes) {
        assert!(report.fix(id).is_some(), "{id}");
    }
}

/// A fix that only replaces tasks also covers the other fixes and includes their changes of the service.
#[test]
fn one_command_enables_exec_and_forces_the_deployment() {
    let mut facts = without_role_actions();
    service(&mut facts).exec_enabled = false;
    task(&mut facts).exec_enabled = false;
    let report = examine(&facts, &Selection::default());
    let commands = commands(&report);
    let last = commands.last().unwrap();
    let causes: Vec<&str> = report.root_causes.iter().map(|cause| cause.check).collect();
    assert!(
        last.contains("--enable-execute-command"),
        "{causes:?} {commands:#?}"
    );
    assert!(last.contains("--force-new-deployment"), "{commands:#?}");
}
