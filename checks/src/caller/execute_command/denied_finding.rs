//! The finding if IAM denies the caller ecs:ExecuteCommand.

use super::{ACTION, CHECK};
use crate::iam_answers::{Blocker, PermissionAnswer};
use crate::prelude::*;
use aws_rules::iam;

pub(super) fn denied_finding(
    index: &FactIndex,
    caller: &Caller,
    cluster: &str,
    subject: Subject,
    running: &[&Task],
    answer: &PermissionAnswer,
) -> Finding {
    let is_denied = |arn: &str| answer.denied.iter().any(|one| *one.resource == *arn);
    let tasks = running.iter().map(|task| &*task.arn);
    let mut resources: Vec<&str> = tasks.filter(|arn| is_denied(arn)).collect();
    let are_tasks_allowed = resources.is_empty()
        && !running.is_empty()
        && answer.undecided.is_empty()
        && answer.unanswered.is_empty();
    let is_cluster_denied = is_denied(cluster);
    let title = match (is_cluster_denied, are_tasks_allowed) {
        (true, true) => {
            "The caller is allowed to call ecs:ExecuteCommand on the tasks, but not on the cluster"
        }
        (true, false) => "The caller is not allowed to call ecs:ExecuteCommand",
        (false, _) => {
            "The caller is allowed to call ecs:ExecuteCommand on the cluster, but not on the tasks"
        }
    };
    if is_cluster_denied {
        resources.insert(0, cluster);
    }
    let decision = match answer.denied.first().map(|decision| decision.outcome) {
        Some(Outcome::ExplicitDeny) => "explicitDeny",
        Some(Outcome::Allowed) => "allowed",
        Some(Outcome::ImplicitDeny) | None => "implicitDeny",
    };
    let facts = index.facts;
    let fix = match answer.blocker() {
        Some(Blocker::Deny) => fixes::caller::remove_deny(caller, &answer.denying_policies()),
        Some(limit) => fixes::caller::widen_limit(facts, caller, limit, cluster),
        None if answer.has_conditions => {
            fixes::caller::mark_conditional(fixes::caller::allow_exec(facts, caller, cluster))
        }
        None => fixes::caller::allow_exec(facts, caller, cluster),
    };
    CHECK
        .fail(subject, title)
        .detail(format!(
            "{} ECS authorizes the call on the cluster's ARN and on the task's, and both have to be allowed.",
            reason(index, caller, answer)
        ))
        .group_title(title)
        .evidence("denied", resources)
        .evidence("decision", decision)
        .fix(fix)
}

fn reason(index: &FactIndex, caller: &Caller, answer: &PermissionAnswer) -> String {
    let policies = answer.denying_policies();
    let reason = match answer.blocker() {
        Some(Blocker::Deny) if policies.is_empty() => {
            return "A policy denies it explicitly.".to_owned();
        }
        Some(Blocker::Deny) => {
            return format!("A policy denies it explicitly: {}.", text::list(&policies));
        }
        Some(limit) => return format!("The caller's {limit} does not allow it."),
        None if answer.has_conditions => {
            "No policy of the caller allows it: either no statement names the target, or one has conditions that the target does not meet."
        }
        None => "No policy of the caller allows it.",
    };
    let arn = caller.policy_arn();
    let literal = arn
        .known()
        .and_then(|arn| iam::literal_wildcard::find_in_policies(index.facts, arn, &[ACTION]));
    match literal {
        Some(literal) => format!("{reason} {literal}"),
        None => reason.to_owned(),
    }
}
