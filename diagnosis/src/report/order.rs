//! The order in which fixes are applied. An agent that comes up before everything else is right gives up again, so
//! that tasks are replaced once, after all other fixes.

use std::collections::{BTreeMap, BTreeSet};

use super::RootCause;
use checks::fixes::service::REPLACES;
use model::aws_call::{AwsCall, ServiceUpdate};
use model::finding::Finding;
use model::fix::{Disposition, Fix};
use model::step::{Command, Step};

/// Brings the fixes of a report into the order in which they are applied, and takes replacements of tasks together
/// where others come after them. `fixes` are in the order of their IDs.
pub fn order(
    fixes: &mut Vec<Fix>,
    causes: &mut [RootCause],
    findings: &mut [Finding],
    region: &str,
) {
    let listed = listed(causes);
    if is_out_of_order(fixes, &listed) {
        let hosts = replace_once(fixes, &listed, region);
        refer(&hosts, causes, findings);
    }
    let rank: BTreeMap<&str, usize> = listed
        .iter()
        .enumerate()
        .map(|(at, id)| (id.as_str(), at))
        .collect();
    let rank = |fix: &Fix| rank.get(fix.id.as_str()).copied().unwrap_or(usize::MAX);
    fixes.sort_by_key(|fix| (fix.is_last, rank(fix)));
}

/// IDs of the fixes of all causes, each once, in the order of the causes.
fn listed(causes: &[RootCause]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let ids = causes.iter().flat_map(|cause| &cause.fixes);
    ids.filter(|id| seen.insert(id.as_str())).cloned().collect()
}

fn place(fixes: &[Fix], id: &str) -> Option<usize> {
    fixes.binary_search_by(|fix| fix.id.as_str().cmp(id)).ok()
}

/// Whether tasks would be replaced before something else is changed, or more than once.
fn is_out_of_order(fixes: &[Fix], listed: &[String]) -> bool {
    let mut replaced = BTreeSet::new();
    for at in listed.iter().filter_map(|id| place(fixes, id)) {
        let steps: Vec<&Step> = fixes[at].steps.iter().flatten().collect();
        if steps.is_empty() && !replaced.is_empty() {
            return true;
        }
        for step in steps {
            match step.deployed_service() {
                Some(service) if replaced.insert(service) => {}
                None if replaced.is_empty() => {}
                Some(_) | None => return true,
            }
        }
    }
    false
}

/// For each fix that does not replace tasks itself any more the fixes that do it for it.
type Hosts = BTreeMap<String, Vec<Fix>>;

fn replace_once(fixes: &mut Vec<Fix>, listed: &[String], region: &str) -> Hosts {
    let mut hosts = Hosts::new();
    let mut added = Vec::new();
    for (service, deployers) in deployers(fixes, listed) {
        let mut update = deployers[0].1.clone();
        for (_, other) in &deployers {
            update.merge(other);
        }
        let (kept, moved): (Vec<usize>, Vec<usize>) = deployers
            .iter()
            .map(|(at, _)| *at)
            .partition(|at| chains(&fixes[*at], &service));
        let only = moved
            .iter()
            .copied()
            .find(|at| only_deploys(&fixes[*at], &service))
            // That of a symptom.
            .or_else(|| fixes.iter().position(|fix| only_deploys(fix, &service)));
        for at in &kept {
            fixes[*at].is_last = true;
        }
        let host = match kept.last().copied().or(only) {
            Some(host) => {
                replace_update(&mut fixes[host], &update, region);
                fixes[host].is_last = true;
                fixes[host].clone()
            }
            None => {
                added.push(replace_tasks(update, region));
                added[added.len() - 1].clone()
            }
        };
        for at in moved {
            let fix = &mut fixes[at];
            if fix.id == host.id {
                continue;
            }
            drop_deployment(fix, &service);
            hosts.entry(fix.id.clone()).or_default().push(host.clone());
        }
    }
    fixes.extend(added);
    hosts
}

/// By service the fixes that replace its tasks, with the calls that do so. What a person has to do stays as it is.
fn deployers(fixes: &[Fix], listed: &[String]) -> BTreeMap<String, Vec<(usize, ServiceUpdate)>> {
    let mut deployers: BTreeMap<String, Vec<(usize, ServiceUpdate)>> = BTreeMap::new();
    for at in listed.iter().filter_map(|id| place(fixes, id)) {
        let fix = &fixes[at];
        if fix.disposition == Disposition::Manual {
            continue;
        }
        for step in fix.steps.iter().flatten() {
            if let Some(update) = step.service_update()
                && update.replaces_tasks()
            {
                let of_service = deployers.entry(update.service.clone()).or_default();
                of_service.push((at, update.clone()));
            }
        }
    }
    deployers
}

/// Whether the tasks are replaced in one command with what has to come before: a service must not get a revision that
/// was not made.
fn chains(fix: &Fix, service: &str) -> bool {
    let mut chains = fix.steps.iter().filter(|steps| steps.len() > 1);
    chains.any(|steps| {
        steps
            .iter()
            .any(|step| step.deployed_service() == Some(service))
    })
}

fn only_deploys(fix: &Fix, service: &str) -> bool {
    let mut steps = fix.steps.iter().flatten();
    fix.disposition != Disposition::Manual
        && fix.steps.len() == 1
        && steps.all(|step| step.deployed_service() == Some(service))
}

fn replace_update(fix: &mut Fix, update: &ServiceUpdate, region: &str) {
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

fn drop_deployment(fix: &mut Fix, service: &str) {
    let is_kept: Vec<bool> = fix
        .steps
        .iter()
        .map(|steps| {
            !steps
                .iter()
                .any(|step| step.deployed_service() == Some(service))
        })
        .collect();
    let mut kept = is_kept.iter().copied();
    fix.commands.retain(|_| kept.next().unwrap_or(true));
    let mut kept = is_kept.into_iter();
    fix.steps.retain(|_| kept.next().unwrap_or(true));
    let told = format!(" The tasks of {service} are replaced at the end, after all other fixes.");
    fix.explain.push_str(&told);
}

fn replace_tasks(update: ServiceUpdate, region: &str) -> Fix {
    let service = &update.service;
    let mut fix = Fix::new(
        format!("replace-tasks:{service}"),
        Disposition::Disruptive,
        format!("Replace the tasks of {service}"),
        REPLACES,
    )
    .call(AwsCall::UpdateService(update), region);
    fix.is_last = true;
    fix
}

fn refer(hosts: &Hosts, causes: &mut [RootCause], findings: &mut [Finding]) {
    for cause in causes {
        let of_cause: Vec<&Fix> = cause
            .fixes
            .iter()
            .filter_map(|id| hosts.get(id))
            .flatten()
            .collect();
        for host in of_cause
            .into_iter()
            .map(|host| host.id.clone())
            .collect::<Vec<_>>()
        {
            if !cause.fixes.contains(&host) {
                cause.fixes.push(host);
            }
        }
    }
    for finding in findings {
        let of_finding: Vec<Fix> = finding
            .fix_ids()
            .filter_map(|id| hosts.get(id))
            .flatten()
            .cloned()
            .collect();
        for host in of_finding {
            if !finding.fix_ids().any(|id| id == host.id) {
                finding.fixes.push(host);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::report::Report;
    use crate::{Selection, examine};
    use model::facts::{Facts, Outcome};
    use test_facts::*;

    fn commands(report: &Report) -> Vec<&str> {
        let commands = report.fixes.iter().flat_map(|fix| &fix.commands);
        commands.map(String::as_str).collect()
    }

    /// The role lacks its actions, and the agent has given up.
    fn without_role_actions() -> Facts {
        let mut facts = healthy_coder();
        decide(&mut facts, "ssmmessages:", "*", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
        });
        task(&mut facts).containers[0].managed_agents[0].last_status = "STOPPED".into();
        facts
    }

    #[test]
    fn the_fix_of_a_single_cause_stays_whole() {
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

    /// A fix that only replaces tasks does so for the others too, with what they change of the service.
    #[test]
    fn one_deployment_does_what_all_of_them_do() {
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
