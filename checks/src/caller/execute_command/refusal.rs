//! Why the caller may not open sessions, and what mends it.

use std::collections::HashSet;

use super::{ACTION, CHECK};
use crate::fact_index::FactIndex;
use crate::fixes;
use crate::iam_answers::{Blocker, PermissionAnswer};
use aws_rules::iam;
use model::facts::{Caller, Decision, Outcome, Task};
use model::finding::{Finding, Subject};
use model::text;

pub(super) fn refused(
    index: &FactIndex,
    caller: &Caller,
    cluster: &str,
    subject: Subject,
    running: &[&Task],
    answer: &PermissionAnswer,
) -> Finding {
    let denied = answer.denied.iter().map(|decision| &*decision.resource);
    let denied: HashSet<&str> = denied.collect();
    let on_cluster = denied.contains(cluster);
    let tasks: Vec<&str> = running
        .iter()
        .map(|task| &*task.arn)
        .filter(|arn| denied.contains(arn))
        .collect();
    let may_on_tasks = tasks.is_empty()
        && !running.is_empty()
        && answer.undecided.is_empty()
        && answer.unanswered.is_empty();
    let (title, cause) = match (on_cluster, may_on_tasks) {
        (true, true) => (
            format!("The caller may call {ACTION} on the tasks, but not on the cluster"),
            "The caller may call ecs:ExecuteCommand on the tasks, but not on the cluster",
        ),
        (true, _) => (
            format!("The caller may not call {ACTION}"),
            "The caller may not call ecs:ExecuteCommand",
        ),
        (false, _) => (
            format!("The caller may call {ACTION} on the cluster, but not on the tasks"),
            "The caller may call ecs:ExecuteCommand on the cluster, but not on the tasks",
        ),
    };
    let mut resources: Vec<&str> = tasks;
    if on_cluster {
        resources.insert(0, cluster);
    }
    let decisions: Vec<&str> = answer
        .denied
        .iter()
        .map(|decision| word(decision))
        .collect();
    let finding = CHECK
        .fail(subject, title)
        .detail(reason(index, caller, answer))
        .group_title(cause)
        .evidence("denied", resources)
        .evidence("decision", decisions.first().copied().unwrap_or_default());
    match answer.blocker() {
        None => {
            let fix = fixes::caller::allow_exec(index.facts, caller, cluster);
            finding.fix(match answer.has_conditions {
                true => fixes::caller::despite_conditions(fix),
                false => fix,
            })
        }
        Some(Blocker::Deny) => {
            finding.fix(fixes::caller::lift_deny(caller, &answer.denying_policies()))
        }
        Some(limit) => finding.fix(fixes::caller::widen_limit(
            index.facts,
            caller,
            limit,
            cluster,
        )),
    }
}

fn reason(index: &FactIndex, caller: &Caller, answer: &PermissionAnswer) -> String {
    let literal = || {
        let arn = caller.policy_arn();
        iam::literal::in_policies_of(index.facts, arn.known()?, &[ACTION])
    };
    let why = match answer.blocker() {
        Some(Blocker::Deny) => match answer.denying_policies().as_slice() {
            [] => "A policy denies it explicitly.".to_owned(),
            policies => format!("A policy denies it explicitly: {}.", text::list(policies)),
        },
        Some(limit) => format!("The caller's {limit} does not allow it."),
        None if answer.has_conditions => {
            "No policy of the caller allows it: either no statement names the target, or one has conditions that the target does not meet.".to_owned()
        }
        None => "No policy of the caller allows it.".to_owned(),
    };
    let why = match literal().filter(|_| answer.blocker().is_none()) {
        Some(literal) => format!("{why} {literal}"),
        None => why,
    };
    format!(
        "{why} ECS authorises the call twice, on the cluster's ARN and on the task's, and both have to be allowed."
    )
}

fn word(decision: &Decision) -> &'static str {
    match decision.outcome {
        Outcome::Allowed => "allowed",
        Outcome::ExplicitDeny => "explicitDeny",
        Outcome::ImplicitDeny => "implicitDeny",
    }
}
