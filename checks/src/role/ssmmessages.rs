use std::collections::BTreeSet;

use super::each_role;
use crate::iam_answers::{Blocker, PermissionAnswer};
use crate::prelude::*;
use aws_rules::iam;
use aws_rules::iam::document::TASK_ROLE_ACTIONS;
use model::fix::Disposition;

pub const CHECK: Check = Check {
    id: "role.ssmmessages",
    title: "The task role can use ssmmessages",
    why: "The agent opens a control channel and a data channel with the task role's credentials. If one of the four actions is missing, it does not connect: TargetNotConnectedException.",
    how: "IAM's policy simulator, asked about the task role for all four actions: boundaries and explicit denies count.",
    actions: &["iam:SimulatePrincipalPolicy"],
    remedy: "Allow the four actions on * in a policy of the task role. If a Deny or a permissions boundary blocks them, change that.",
    docs: &[
        aws_pages::TASK_ROLES,
        "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonmessagegatewayservice.html",
    ],
    symptoms: &["container.agent-running"],
    severity: Severity::Critical,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    each_role(index, &CHECK, judge)
}

fn judge<'a>(
    index: &FactIndex<'a>,
    subject: Subject,
    role: &'a str,
    tasks: &[&'a Task],
) -> Finding {
    let no_answer =
        iam_answers::no_answer_finding(index, &CHECK, &subject, role, TASK_ROLE_ACTIONS[0]);
    if let Some(finding) = no_answer {
        return finding;
    }
    let needs = TASK_ROLE_ACTIONS.map(|action| (action, "*"));
    let answer = iam_answers::permission_answer(index, role, &needs, |_| true);
    if !answer.denied.is_empty() {
        return denied_finding(index, subject, role, tasks, &answer);
    }
    let question = format!("{} is allowed to use ssmmessages", arn::name(role));
    let undecided = answer.undecided_finding(&CHECK, &subject, &question);
    undecided.unwrap_or_else(|| {
        CHECK
            .pass(subject, format!("Task role {question}"))
            .evidence("actions", TASK_ROLE_ACTIONS.to_vec())
            .evidence("engine", answer.engine.name())
    })
}

fn denied_finding<'a>(
    index: &FactIndex<'a>,
    subject: Subject,
    role: &'a str,
    tasks: &[&'a Task],
    answer: &PermissionAnswer,
) -> Finding {
    let name = arn::name(role);
    let denied = answer.denied.iter();
    let denied: Vec<&str> = denied.map(|decision| decision.action.as_str()).collect();
    let title = match denied.len() {
        4 => format!("Task role {name} is not allowed to use ssmmessages"),
        _ => format!(
            "Task role {name} is not allowed to call {}",
            text::list(&denied)
        ),
    };
    let finding = CHECK
        .fail(subject, title)
        .group_title("Task roles lack ssmmessages actions")
        .evidence("denied", denied)
        .evidence("engine", answer.engine.name())
        .evidence("role", role);
    let execution = execution_role_with_actions(index, tasks);
    let finding = match answer.blocker() {
        None => missing_permission(finding, index, role, execution),
        Some(blocker) => {
            let policies = answer.denying_policies();
            let named = match policies.as_slice() {
                [] => String::new(),
                some => format!(" ({})", text::list(some)),
            };
            finding
                .detail(format!(
                    "Blocked by: {blocker}{named}. Adding permissions does not help."
                ))
                .fix(fixes::role::unblock(role, blocker, &policies))
        }
    };
    match execution {
        Some(execution) => finding.evidence("executionRoleHasThem", execution),
        None => finding,
    }
}

/// Completes the finding if no limit blocks the actions, as far as IAM says.
fn missing_permission(
    finding: Finding,
    index: &FactIndex,
    role: &str,
    execution: Option<&str>,
) -> Finding {
    let known = index.facts.roles.get(role).and_then(|role| role.known());
    let boundary = known.and_then(|role| role.boundary.as_deref());
    let mut detail = match boundary {
        Some(boundary) => format!(
            "The role has a permissions boundary ({boundary}). IAM does not say whether the boundary or the role's own \
             policies do not allow the actions: the agent connects only if both do."
        ),
        None => "No policy of the role allows it, so the agent cannot connect.".to_owned(),
    };
    if let Some(why) =
        iam::literal_wildcard::find_in_policies(index.facts, role, &TASK_ROLE_ACTIONS)
    {
        detail = format!("{detail} {why}");
    }
    if let Some(execution) = execution {
        detail.push_str(&format!(
            " The execution role {} has them, but containers never get its credentials: allow them in the task role.",
            arn::name(execution)
        ));
    }
    let finding = finding.detail(detail);
    let mut allow = allow(index, role);
    let Some(boundary) = boundary else {
        return finding.fix(allow);
    };
    // Which of the two lacks the actions is unknown, so nobody should change one blindly.
    allow.disposition = Disposition::Manual;
    let unblock = fixes::role::unblock(role, Blocker::Boundary, &[boundary.to_owned()]);
    finding
        .evidence("boundary", boundary)
        .fix(unblock)
        .fix(allow)
}

/// Allows the actions, and restarts the services whose agents have stopped.
fn allow(index: &FactIndex, role: &str) -> Fix {
    let is_agent_down = |task: &&Task| {
        let mut containers = task.own_containers();
        containers.any(|container| !container.has_running_agent())
    };
    let restart = affected_services(index, |group| {
        let set = group.roles.by_role.get(role);
        set.is_some_and(|set| set.tasks.iter().any(is_agent_down))
    });
    fixes::role::allow_ssmmessages(index.facts, role, &restart)
}

/// The execution role, if the actions were granted to it by mistake. Tasks of two revisions can have two.
fn execution_role_with_actions<'a>(index: &FactIndex<'a>, tasks: &[&'a Task]) -> Option<&'a str> {
    let roles = tasks.iter().filter_map(|task| index.execution_role(task));
    let roles: BTreeSet<&str> = roles.collect();
    let needs = TASK_ROLE_ACTIONS.map(|action| (action, "*"));
    roles
        .into_iter()
        .find(|role| iam_answers::permission_answer(index, role, &needs, |_| true).is_allowed())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::CHECK;
    use crate::testing::{
        CODER, CODER_ROLE, decide, definition, denied, healthy_coder, known, run, simulate_allowed,
        statuses, task,
    };
    use aws_rules::iam::document::TASK_ROLE_ACTIONS;
    use model::facts::{Fact, Identity, Outcome, Policy};
    use model::finding::Status;

    #[test]
    fn string_equals_with_a_star_is_named() {
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
    fn all_four_actions_allowed_passes() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Pass]);
    }

    #[test]
    fn each_of_the_four_actions_is_needed() {
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
    fn the_fix_restarts_services_with_stopped_agents() {
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
    fn a_boundary_or_an_explicit_deny_has_no_command_as_fix() {
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
    fn actions_on_the_execution_role_are_named() {
        let mut facts = healthy_coder();
        decide(&mut facts, "ssmmessages:", "*", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
        });
        let execution = definition(&mut facts).execution_role.clone().unwrap();
        simulate_allowed(&mut facts, &execution, &TASK_ROLE_ACTIONS);
        assert!(run(&CHECK, &facts)[0].detail.contains("execution role"));
        // The order of the tasks does not matter.
        let mut other = task(&mut facts).clone();
        other.arn = format!("{}0", other.arn);
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
    fn a_deleted_role_is_skipped() {
        let mut facts = healthy_coder();
        facts.roles.insert(CODER_ROLE.into(), Fact::Absent);
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }
}
