use super::each_role;
use super::record_permission::RecordPermission;
use crate::log_needs::log_needs;
use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "role.logs-write",
    title: "The task role can record sessions in CloudWatch Logs",
    why: "The agent records a session with the task role's credentials. Without the permissions nothing is recorded. If the cluster requires an encrypted log group and the agent cannot describe it, every session ends at its start.",
    how: "IAM's policy simulator, asked about the four actions on the log group: the cluster's own, or with DEFAULT logging that of the container's awslogs driver.",
    actions: &["ecs:DescribeClusters", "iam:SimulatePrincipalPolicy"],
    remedy: "Allow the four actions on the log group in a policy of the task role.",
    docs: &[aws_pages::BEST_PRACTICES],
    symptoms: &["policy.logging-required"],
    severity: Severity::Medium,
    ..super::DEFAULTS
};

/// Without it the agent takes an encrypted group for an unencrypted one.
const DESCRIBE: (&str, &str) = (
    "logs:DescribeLogGroups",
    "The cluster requires an encrypted log group, and the agent is not allowed to describe the group: it reports that \
     encryption is not set up, and every session ends at its start.",
);

pub fn run(index: &FactIndex) -> Vec<Finding> {
    each_role(index, &CHECK, |index, subject, role, tasks| {
        let permission = RecordPermission {
            check: &CHECK,
            destination: "CloudWatch Logs",
            service: "logs",
            needs: log_needs(index, tasks),
            required: index.demands_encrypted_group().then_some(DESCRIBE),
            consequence: "Sessions open, but they are not recorded.",
            group_title: "Task roles are not allowed to record sessions in CloudWatch Logs",
        };
        permission.judge(index, subject, role)
    })
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
    fn with_default_logging_a_missing_action_is_a_warning() {
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
    fn an_encrypted_group_that_the_agent_cannot_describe_fails() {
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
    fn denied_reads_are_unknown() {
        let mut facts = healthy_coder();
        for simulation in &mut facts.simulations {
            simulation.decisions = denied("iam:SimulatePrincipalPolicy");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        facts.cluster = denied("ecs:DescribeClusters");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }

    #[test]
    fn a_service_control_policy_has_no_command_as_fix() {
        let mut facts = with_log_group(false);
        decide(&mut facts, "logs:PutLogEvents", "", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
            decision.allowed_by_organization = Some(false);
        });
        let finding = &run(&CHECK, &facts)[0];
        assert!(finding.fixes[0].commands.is_empty());
    }
}
