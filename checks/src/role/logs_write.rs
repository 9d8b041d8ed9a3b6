use super::recording::{self, Recording};
use super::{each_role, role_subject};
use crate::fact_index::FactIndex;
use aws_rules::required_permissions::{self, RequiredPermission};
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::facts::{Fact, Task};
use model::finding::{Finding, Severity};

pub const CHECK: Check = Check {
    id: "role.logs-write",
    area: Area::Role,
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
    on_plan: OnPlan::Judges,
    inference: Inference::Inferred,
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    each_role(index, &CHECK, |group, role, tasks| {
        let subject = role_subject(group, role);
        if let Fact::Unavailable(why) = &index.facts.cluster {
            return CHECK.unknown(subject, why);
        }
        let recording = Recording {
            check: &CHECK,
            place: "CloudWatch Logs",
            service: "logs",
            needs: &log_needs(index, tasks),
            fatal: index.demands_encrypted_group().then_some(BLIND),
            otherwise: "Sessions open all the same, but what is done in them is not recorded.",
            cause: "Task roles may not record sessions in CloudWatch Logs",
        };
        recording::judge(index, role, subject, &recording)
    })
}

/// Without it the agent takes an encrypted group for one that is not.
const BLIND: (&str, &str) = (
    "logs:DescribeLogGroups",
    "The cluster demands an encrypted log group, and the agent may not look at the group: it says that encryption \
     is not set up on it, and every session ends at its start.",
);

/// What the agents of these tasks need, for each log group that records their sessions.
pub fn log_needs(index: &FactIndex, tasks: &[&Task]) -> Vec<RequiredPermission> {
    let Some(place) = index.place() else {
        return Vec::new();
    };
    let mut needs: Vec<RequiredPermission> = Vec::new();
    for group in index.recording_groups(tasks) {
        for need in required_permissions::write_log_group(place, group) {
            if !needs.contains(&need) {
                needs.push(need);
            }
        }
    }
    needs
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::Outcome;
    use model::finding::Status;

    fn deny(facts: &mut model::Facts, action: &str) {
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

    #[test]
    fn an_organization_that_denies_is_not_mended_by_an_allow() {
        let mut facts = with_log_group(false);
        decide(&mut facts, "logs:PutLogEvents", "", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
            decision.allowed_by_organization = Some(false);
        });
        let finding = &run(&CHECK, &facts)[0];
        assert!(finding.fixes[0].commands.is_empty());
    }
}
