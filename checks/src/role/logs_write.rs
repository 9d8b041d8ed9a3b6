use super::{each_role, role_subject};
use crate::arn;
use crate::check::Check;
use crate::distinct::distinct;
use crate::facts::{Fact, Task};
use crate::finding::{Finding, Severity, Subject};
use crate::fixes;
use crate::iam::{self, Silence};
use crate::needs::{self, Need};
use crate::text;
use crate::world::World;

pub const CHECK: Check = Check {
    id: "role.logs-write",
    title: "The task role may record sessions in CloudWatch Logs",
    why: "The agent writes a session's record with the task role's credentials. Without the rights nothing is recorded; where the cluster demands an encrypted log group, and the agent may not look at it, every session ends at its start.",
    how: "The policy simulator, for the four actions on the log group: the cluster's own, or with DEFAULT logging the one of the container's awslogs driver.",
    actions: &["ecs:DescribeClusters", "iam:SimulatePrincipalPolicy"],
    remedy: "Allow the four actions on the log group in a policy of the task role.",
    docs: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec-best-practices.html",
    ],
    explains: &["policy.logging-required"],
    masks: &[],
    severity: Severity::Medium,
    run,
};

fn run(world: &World) -> Vec<Finding> {
    each_role(world, &CHECK, |group, role, tasks| {
        let subject = role_subject(group, role);
        if let Fact::Unavailable(why) = &world.facts.cluster {
            return CHECK.unknown(subject, why);
        }
        let needs = log_needs(world, tasks);
        if needs.is_empty() {
            return CHECK.skip(subject, "Sessions are not recorded in CloudWatch Logs");
        }
        judge(world, role, subject, &needs)
    })
}

/// What the agents of these tasks need, for each log group that records their sessions.
pub fn log_needs(world: &World, tasks: &[&Task]) -> Vec<Need> {
    let Some(place) = world.place() else {
        return Vec::new();
    };
    let mut needs: Vec<Need> = Vec::new();
    for group in world.recording_groups(tasks) {
        for need in needs::logs(place, group) {
            if !needs.contains(&need) {
                needs.push(need);
            }
        }
    }
    needs
}

fn judge(world: &World, role: &str, subject: Subject, needs: &[Need]) -> Finding {
    let name = arn::name(role);
    match iam::silence(world, role, "logs:PutLogEvents") {
        None => {}
        Some(Silence::Unavailable(why)) => return CHECK.unknown(subject, why),
        Some(_) => {
            return CHECK.unsure(
                subject,
                "The policy simulator was not asked about this role and CloudWatch Logs",
            );
        }
    }
    let asked: Vec<(&str, &str)> = needs
        .iter()
        .map(|need| (need.action, need.resource.as_str()))
        .collect();
    let verdict = iam::verdict(world, role, &asked, |_| true);
    if verdict.denied.is_empty() {
        if !verdict.undecided.is_empty() {
            let keys = verdict.missing_keys();
            return CHECK
                .unsure(
                    subject,
                    format!(
                        "Whether {name} may record sessions hangs on {}",
                        text::list(&keys)
                    ),
                )
                .evidence("missingContextKeys", keys);
        }
        if !verdict.unanswered.is_empty() {
            return CHECK.unsure(
                subject,
                "The policy simulator did not answer for every action",
            );
        }
        return CHECK.pass(
            subject,
            format!("Task role {name} may record sessions in CloudWatch Logs"),
        );
    }
    let missing: Vec<Need> = needs
        .iter()
        .filter(|need| {
            verdict.denied.iter().any(|decision| {
                decision.action == need.action && decision.resource == need.resource
            })
        })
        .cloned()
        .collect();
    let actions = distinct(missing.iter().map(|need| need.action.to_owned()));
    let title = format!("Task role {name} may not call {}", text::list(&actions));
    let blind = actions
        .iter()
        .any(|action| action == "logs:DescribeLogGroups");
    let finding = if blind && world.demands_encrypted_group() {
        CHECK.fail(subject, title).detail(
            "The cluster demands an encrypted log group, and the agent may not look at the group: it says that encryption \
             is not set up on it, and every session ends at its start.",
        )
    } else {
        CHECK
            .warn(subject, title)
            .detail("Sessions open all the same, but what is done in them is not recorded.")
    };
    finding
        .cause("Task roles may not record sessions in CloudWatch Logs")
        .evidence("denied", actions)
        .fix(fixes::role::allow(world.facts, role, "logs", &missing))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::facts::Outcome;
    use crate::finding::Status;
    use crate::testing::*;

    fn deny(facts: &mut crate::Facts, action: &str) {
        decide(facts, action, "", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
        });
    }

    #[test]
    fn with_default_logging_a_lack_costs_only_the_record() {
        let mut facts = healthy_coder();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        deny(&mut facts, "logs:");
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Warn);
        assert!(finding.fixes[0].commands[0].contains("logs:PutLogEvents"));
        definition(&mut facts).containers[0].log = None;
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }

    #[test]
    fn an_encrypted_group_that_the_agent_may_not_look_at_ends_sessions() {
        let mut facts = with_log_group(true);
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        deny(&mut facts, "logs:PutLogEvents");
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
        deny(&mut facts, "logs:DescribeLogGroups");
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        let mut facts = with_log_group(false);
        deny(&mut facts, "logs:DescribeLogGroups");
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
    }

    #[test]
    fn unreadable() {
        let mut facts = healthy_coder();
        for simulation in &mut facts.simulations {
            simulation.decisions = denied("iam:SimulatePrincipalPolicy");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        facts.cluster = denied("ecs:DescribeClusters");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
