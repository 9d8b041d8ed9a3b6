use std::collections::BTreeSet;

use super::{each_role, has_agent_down, role_subject, services_with};
use crate::fact_index::{FactIndex, Group};
use crate::fixes;
use crate::iam_answers::{self, Blocker, NoAnswer, PermissionAnswer};
use aws_rules::iam;
use aws_rules::policy_document::TASK_ROLE_ACTIONS;
use model::area::Area;
use model::arn;
use model::check::{Check, Inference, OnPlan};
use model::facts::{Decision, Role, Task};
use model::finding::{Finding, Severity, Subject};
use model::fix::{Disposition, Fix};
use model::text;

pub const CHECK: Check = Check {
    id: "role.ssmmessages",
    area: Area::Role,
    title: "The task role may use ssmmessages",
    why: "The agent opens a control channel and a data channel with the task role's credentials. One of the four actions missing, and it does not connect: TargetNotConnectedException.",
    how: "IAM's policy simulator, asked about the task role for all four actions: boundaries and explicit denies count.",
    actions: &["iam:SimulatePrincipalPolicy"],
    remedy: "Allow the four actions on * in a policy of the task role; lift a Deny or widen the boundary where that is what refuses.",
    docs: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html",
        "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonmessagegatewayservice.html",
    ],
    explains: &["container.agent-running"],
    masks: &[],
    severity: Severity::Critical,
    on_plan: OnPlan::Judges,
    inference: Inference::Inferred,
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    each_role(index, &CHECK, |group, role, tasks| {
        judge(index, group, role, tasks)
    })
}

fn judge<'a>(
    index: &FactIndex<'a>,
    group: &Group<'a>,
    role: &'a str,
    tasks: &[&'a Task],
) -> Finding {
    let subject = role_subject(group, role);
    let name = arn::name(role);
    match iam_answers::no_answer(index, role, TASK_ROLE_ACTIONS[0]) {
        None => {}
        Some(NoAnswer::Unavailable(why)) => return CHECK.unknown(subject, why),
        Some(NoAnswer::NoSuchPrincipal) => {
            return CHECK.unknown_because(subject, format!("IAM does not know {role}"));
        }
        Some(NoAnswer::NotAsked) => {
            return CHECK.unknown_because(
                subject,
                "The policy simulator was not asked about this role",
            );
        }
    }
    let needs = TASK_ROLE_ACTIONS.map(|action| (action, "*"));
    let answer = iam_answers::permission_answer(index, role, &needs, |_| true);
    if !answer.denied.is_empty() {
        return refused(index, subject, role, tasks, &answer);
    }
    if !answer.undecided.is_empty() {
        let keys = answer.missing_keys();
        return CHECK
            .unknown_because(
                subject,
                text::depends_on(&format!("{name} is allowed to use ssmmessages"), &keys),
            )
            .detail("What the role's policies decide depends on them, and their values in the agent's calls are not known here.")
            .evidence("missingContextKeys", keys);
    }
    if !answer.unanswered.is_empty() {
        return CHECK
            .unknown_because(
                subject,
                "The policy simulator did not answer for every action",
            )
            .evidence("unanswered", answer.left_open());
    }
    CHECK
        .pass(subject, format!("Task role {name} may use ssmmessages"))
        .evidence("actions", TASK_ROLE_ACTIONS.to_vec())
        .evidence("engine", answer.engine.name())
}

fn refused<'a>(
    index: &FactIndex<'a>,
    subject: Subject,
    role: &'a str,
    tasks: &[&'a Task],
    answer: &PermissionAnswer,
) -> Finding {
    let name = arn::name(role);
    let denied: Vec<&str> = answer
        .denied
        .iter()
        .map(|decision| decision.action.as_str())
        .collect();
    let title = match denied.len() {
        4 => format!("Task role {name} may not use ssmmessages"),
        _ => format!("Task role {name} may not call {}", text::list(&denied)),
    };
    let finding = CHECK
        .fail(subject, title)
        .group_title("Task roles lack ssmmessages actions")
        .evidence("denied", denied)
        .evidence("engine", answer.engine.name())
        .evidence("role", role);
    let finding = match answer.blocker() {
        None => {
            let finding = finding.detail(missing_detail(index, role, tasks));
            let finding = match boundary(index, role) {
                Some(arn) => {
                    let policies = [arn.to_owned()];
                    let unblock = fixes::role::unblock(role, Blocker::Boundary, &policies);
                    finding.evidence("boundary", arn).fix(unblock)
                }
                None => finding,
            };
            finding.fix(allow(index, role))
        }
        Some(blocker) => {
            let policies = answer.denying_policies();
            let named = match policies.as_slice() {
                [] => String::new(),
                some => format!(" ({})", text::list(some)),
            };
            finding
                .detail(format!(
                    "What blocks them: {blocker}{named}. Adding permissions does not help."
                ))
                .fix(fixes::role::unblock(role, blocker, &policies))
        }
    };
    match execution_role_that_may(index, tasks) {
        Some(execution) => finding.evidence("executionRoleHasThem", execution),
        None => finding,
    }
}

/// What mends a role for all services that have it.
fn allow(index: &FactIndex, role: &str) -> Fix {
    let restart = services_with(index, |group| {
        let alike = group.roles.by_role.get(role);
        alike.is_some_and(|alike| alike.tasks.iter().any(|task| has_agent_down(task)))
    });
    let mut fix = fixes::role::allow_ssmmessages(index.facts, role, &restart);
    if boundary(index, role).is_some() {
        // Which of the two is missing cannot be told, so nobody should grant one blindly.
        fix.disposition = Disposition::Manual;
    }
    fix
}

fn missing_detail(index: &FactIndex, role: &str, tasks: &[&Task]) -> String {
    let mut detail = match boundary(index, role) {
        Some(boundary) => format!(
            "The role has a permissions boundary ({boundary}), and IAM does not say whether it is the boundary or the \
             role's own policies that do not allow them: both must, or the agent cannot connect."
        ),
        None => "No policy of the role allows it, so the agent cannot connect.".to_owned(),
    };
    if let Some(why) = iam::literal::in_policies_of(index.facts, role, &TASK_ROLE_ACTIONS) {
        detail = format!("{detail} {why}");
    }
    if let Some(execution) = execution_role_that_may(index, tasks) {
        detail.push_str(&format!(
            " The execution role {} has them, but the containers never get that role's credentials: \
             they belong on the task role.",
            arn::name(execution)
        ));
    }
    detail
}

fn boundary<'a>(index: &FactIndex<'a>, role: &str) -> Option<&'a str> {
    let known: &Role = index.facts.roles.get(role)?.known()?;
    known.boundary.as_deref()
}

/// The frequent mix-up: the actions were given to the execution role.
fn execution_role_that_may<'a>(index: &FactIndex<'a>, tasks: &[&'a Task]) -> Option<&'a str> {
    let is_allowed = |execution: &str, action: &str| {
        let answers = index.decisions(execution, action).on("*");
        let mut decisions = answers.iter().map(|answer| answer.decision);
        !answers.is_empty() && decisions.all(Decision::is_allowed)
    };
    let roles = tasks.iter().filter_map(|task| index.execution_role(task));
    // Tasks of two revisions may have two.
    let roles: BTreeSet<&str> = roles.collect();
    let may = |execution: &&str| {
        TASK_ROLE_ACTIONS
            .iter()
            .all(|action| is_allowed(execution, action))
    };
    roles.into_iter().find(may)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::CHECK;
    use crate::testing::{
        CODER, CODER_ROLE, decide, definition, denied, healthy_coder, known, run, simulate_allowed,
        statuses, task,
    };
    use aws_rules::policy_document::TASK_ROLE_ACTIONS;
    use model::facts::{Fact, Identity, Outcome, Policy};
    use model::finding::Status;

    #[test]
    fn a_star_that_a_condition_takes_literally_is_named() {
        let finding = |condition: serde_json::Value| {
            let mut facts = healthy_coder();
            for simulation in &mut facts.simulations {
                simulation.decisions = denied("iam:SimulatePrincipalPolicy");
            }
            let policy = Policy {
                name: "messages".into(),
                arn: None,
                document: json!({"Version": "2012-10-17", "Statement": {
                    "Effect": "Allow", "Action": "ssmmessages:*", "Resource": "*", "Condition": condition,
                }}),
            };
            let identity = Identity {
                policies: vec![policy],
                boundary: None,
            };
            facts
                .identities
                .insert(CODER_ROLE.into(), Fact::Known(identity));
            run(&CHECK, &facts).remove(0)
        };
        let roles = "arn:aws:iam::123456789012:role/*";
        let literal = finding(json!({"StringEquals": {"aws:PrincipalArn": roles}}));
        assert_eq!(literal.status, Status::Fail);
        assert!(
            literal.detail.contains("takes the * literally"),
            "{}",
            literal.detail
        );
        assert!(literal.detail.contains("messages"), "{}", literal.detail);
        let pattern = finding(json!({"ArnLike": {"aws:PrincipalArn": roles}}));
        assert_eq!(pattern.status, Status::Pass);
        let tag = finding(json!({"StringEquals": {"aws:PrincipalTag/team": "a"}}));
        assert_eq!(tag.status, Status::Unknown);
        assert!(
            tag.title
                .contains("depends on condition key aws:PrincipalTag/team")
        );
    }

    #[test]
    fn all_four_allowed() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Pass]);
    }

    #[test]
    fn each_of_the_four_is_needed() {
        for action in TASK_ROLE_ACTIONS {
            let mut facts = healthy_coder();
            decide(&mut facts, action, "*", |decision| {
                decision.outcome = Outcome::ImplicitDeny;
            });
            let finding = &run(&CHECK, &facts)[0];
            assert_eq!(finding.status, Status::Fail);
            assert!(finding.title.contains(action), "{}", finding.title);
        }
    }

    #[test]
    fn a_stopped_agent_needs_new_tasks_too() {
        let mut facts = healthy_coder();
        decide(&mut facts, "ssmmessages:", "*", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
        });
        let commands = run(&CHECK, &facts)[0].fixes[0].commands.clone();
        assert_eq!(commands.len(), 1, "{commands:?}");
        task(&mut facts).containers[0].managed_agents[0].last_status = "STOPPED".into();
        let commands = run(&CHECK, &facts)[0].fixes[0].commands.clone();
        assert!(
            commands[1].contains("--force-new-deployment"),
            "{commands:?}"
        );
    }

    #[test]
    fn a_boundary_or_an_explicit_deny_is_not_mended_by_an_allow() {
        let mut facts = healthy_coder();
        decide(&mut facts, "ssmmessages:", "*", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
            decision.allowed_by_boundary = Some(false);
        });
        let finding = &run(&CHECK, &facts)[0];
        assert!(finding.detail.contains("permissions boundary"));
        assert!(finding.fixes[0].commands.is_empty());
        decide(&mut facts, "ssmmessages:", "*", |decision| {
            decision.outcome = Outcome::ExplicitDeny;
            decision.matched_policies = vec!["lockdown".into()];
        });
        assert!(run(&CHECK, &facts)[0].detail.contains("lockdown"));
    }

    #[test]
    fn given_to_the_execution_role_by_mistake() {
        let mut facts = healthy_coder();
        decide(&mut facts, "ssmmessages:", "*", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
        });
        let execution = definition(&mut facts).execution_role.clone().unwrap();
        simulate_allowed(&mut facts, &execution, &TASK_ROLE_ACTIONS);
        assert!(run(&CHECK, &facts)[0].detail.contains("execution role"));
        // Whichever task is listed first.
        let mut other = task(&mut facts).clone();
        other.arn = format!("{}0", other.arn).into();
        other.execution_role_override = Some("arn:aws:iam::123456789012:role/other".into());
        let arn = other.arn.to_string();
        known(facts.service_tasks.get_mut(CODER).unwrap()).insert(0, arn.clone());
        facts.tasks.insert(arn, Fact::Known(other));
        assert!(run(&CHECK, &facts)[0].detail.contains("execution role"));
    }

    #[test]
    fn missing_context_and_denied_simulation_are_unknown() {
        let mut facts = healthy_coder();
        decide(&mut facts, "ssmmessages:", "*", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
            decision.missing_context = vec!["aws:SourceVpc".into()];
        });
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Unknown);
        assert!(finding.title.contains("aws:SourceVpc"));
        for simulation in &mut facts.simulations {
            simulation.decisions = denied("iam:SimulatePrincipalPolicy");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }

    #[test]
    fn a_deleted_role_is_anothers_business() {
        let mut facts = healthy_coder();
        facts.roles.insert(CODER_ROLE.into(), Fact::Absent);
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }
}
