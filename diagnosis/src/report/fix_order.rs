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
    let note = " Tasks are replaced at the end, after all other fixes.";
    // A role that many services share would say it for each.
    if !fix.explain.ends_with(note) {
        fix.explain.push_str(note);
    }
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
mod tests;
