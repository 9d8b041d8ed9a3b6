//! The order in which fixes are applied. An agent that starts before everything else is right gives up again. So tasks
//! are replaced once, after all other fixes.

use std::collections::{BTreeMap, BTreeSet};

use super::RootCause;
use crate::each_once;
use checks::fixes::service::TASK_REPLACEMENT_EXPLANATION;
use model::aws_call::{AwsCall, ServiceUpdate};
use model::finding::Finding;
use model::fix::{Disposition, Fix};
use model::step::{Command, Step};

/// Sorts fixes into the order in which they are applied. If a fix would replace tasks before another changes something
/// else, one fix at the end replaces them for all. `fixes` are sorted by ID.
pub fn sort(
    fixes: &mut Vec<Fix>,
    causes: &mut [RootCause],
    findings: &mut [Finding],
    region: &str,
) {
    let needed = needed_fixes(causes);
    if deploys_too_early(fixes, &needed) {
        let replacements = deploy_once(fixes, &needed, region);
        add_replacements(&replacements, causes, findings);
    }
    let rank = |fix: &Fix| needed.iter().position(|id| *id == fix.id);
    fixes.sort_by_cached_key(|fix| (fix.is_last, rank(fix).unwrap_or(usize::MAX)));
}

/// IDs of the fixes of all causes, in the order of the causes.
fn needed_fixes(causes: &[RootCause]) -> Vec<String> {
    let ids = causes.iter().flat_map(|cause| &cause.fixes);
    let ids = each_once(ids.map(String::as_str)).into_iter();
    ids.map(str::to_owned).collect()
}

/// The place of each needed fix in the list.
fn places(fixes: &[Fix], needed: &[String]) -> Vec<usize> {
    let place = |id: &String| fixes.binary_search_by(|fix| fix.id.cmp(id)).ok();
    needed.iter().filter_map(place).collect()
}

/// Whether tasks would be replaced before something else is changed, or more than once.
fn deploys_too_early(fixes: &[Fix], needed: &[String]) -> bool {
    let mut deployed = BTreeSet::new();
    for at in places(fixes, needed) {
        let steps: Vec<&Step> = fixes[at].steps.iter().flatten().collect();
        if steps.is_empty() && !deployed.is_empty() {
            return true;
        }
        for step in steps {
            match step.deployed_service() {
                Some(service) if deployed.insert(service) => {}
                None if deployed.is_empty() => {}
                Some(_) | None => return true,
            }
        }
    }
    false
}

/// By the ID of a fix that no longer replaces tasks: the fixes that do it instead.
type Replacements = BTreeMap<String, Vec<Fix>>;

fn deploy_once(fixes: &mut Vec<Fix>, needed: &[String], region: &str) -> Replacements {
    let mut replacements = Replacements::new();
    let mut added = Vec::new();
    for (service, deployments) in deployments(fixes, needed) {
        let mut update = deployments[0].1.clone();
        for (_, other) in &deployments {
            update.merge(other);
        }
        let (kept, moved): (Vec<usize>, Vec<usize>) = deployments
            .iter()
            .map(|(at, _)| *at)
            .partition(|at| deploys_what_it_creates(&fixes[*at], &service));
        for at in &kept {
            fixes[*at].is_last = true;
        }
        let only_deploys = |fix: &Fix| only_deploys(fix, &service);
        let mut candidates = moved.iter().copied();
        let last = kept
            .last()
            .copied()
            .or_else(|| candidates.find(|at| only_deploys(&fixes[*at])))
            // A symptom may have such a fix.
            .or_else(|| fixes.iter().position(only_deploys));
        let last = match last {
            Some(at) => {
                set_deployment(&mut fixes[at], &update, region);
                fixes[at].is_last = true;
                fixes[at].clone()
            }
            None => {
                let fix = replace_tasks(update, region);
                added.push(fix.clone());
                fix
            }
        };
        for at in moved {
            let fix = &mut fixes[at];
            if fix.id != last.id {
                remove_deployment(fix, &service);
                let instead = replacements.entry(fix.id.clone()).or_default();
                instead.push(last.clone());
            }
        }
    }
    fixes.extend(added);
    replacements
}

/// By service: the fixes that replace its tasks, each with the update that does so. Manual fixes are left alone.
fn deployments(fixes: &[Fix], needed: &[String]) -> BTreeMap<String, Vec<(usize, ServiceUpdate)>> {
    let mut by_service: BTreeMap<String, Vec<(usize, ServiceUpdate)>> = BTreeMap::new();
    for at in places(fixes, needed) {
        let fix = &fixes[at];
        if fix.disposition == Disposition::Manual {
            continue;
        }
        for step in fix.steps.iter().flatten() {
            if let Some(update) = step.service_update()
                && update.replaces_tasks()
            {
                let deployments = by_service.entry(update.service.clone()).or_default();
                deployments.push((at, update.clone()));
            }
        }
    }
    by_service
}

fn deploys(steps: &[Step], service: &str) -> bool {
    let mut steps = steps.iter();
    steps.any(|step| step.deployed_service() == Some(service))
}

/// Whether one command creates a revision and deploys it: without the former there is nothing to deploy.
fn deploys_what_it_creates(fix: &Fix, service: &str) -> bool {
    let mut commands = fix.steps.iter();
    commands.any(|steps| steps.len() > 1 && deploys(steps, service))
}

fn only_deploys(fix: &Fix, service: &str) -> bool {
    let mut steps = fix.steps.iter().flatten();
    fix.disposition != Disposition::Manual
        && fix.steps.len() == 1
        && steps.all(|step| step.deployed_service() == Some(service))
}

/// Replaces the update with which a fix deploys a service.
fn set_deployment(fix: &mut Fix, update: &ServiceUpdate, region: &str) {
    let text =
        |update: &ServiceUpdate| Command::call(AwsCall::UpdateService(update.clone()), region).text;
    for (command, steps) in fix.commands.iter_mut().zip(&mut fix.steps) {
        for step in steps {
            if let Step::Call(AwsCall::UpdateService(old)) = step
                && old.replaces_tasks()
                && old.service == update.service
            {
                *command = command.replace(&text(old), &text(update));
                *old = update.clone();
            }
        }
    }
}

fn remove_deployment(fix: &mut Fix, service: &str) {
    let all = fix.commands.drain(..).zip(fix.steps.drain(..));
    (fix.commands, fix.steps) = all.filter(|(_, steps)| !deploys(steps, service)).unzip();
    let note = format!(" The tasks of {service} are replaced at the end, after all other fixes.");
    fix.explain.push_str(&note);
}

fn replace_tasks(update: ServiceUpdate, region: &str) -> Fix {
    let service = &update.service;
    let mut fix = Fix::new(
        format!("replace-tasks:{service}"),
        Disposition::Disruptive,
        format!("Replace the tasks of {service}"),
        TASK_REPLACEMENT_EXPLANATION,
    )
    .call(AwsCall::UpdateService(update), region);
    fix.is_last = true;
    fix
}

/// Adds the fixes that replace tasks to the causes and findings whose own fixes no longer do.
fn add_replacements(
    replacements: &Replacements,
    causes: &mut [RootCause],
    findings: &mut [Finding],
) {
    for cause in causes {
        let own = cause.fixes.clone();
        for fix in own.iter().filter_map(|id| replacements.get(id)).flatten() {
            if !cause.fixes.contains(&fix.id) {
                cause.fixes.push(fix.id.clone());
            }
        }
    }
    for finding in findings {
        let own: Vec<String> = finding.fix_ids().map(str::to_owned).collect();
        for fix in own.iter().filter_map(|id| replacements.get(id)).flatten() {
            if !finding.fix_ids().any(|id| id == fix.id) {
                finding.fixes.push(fix.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
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
}
