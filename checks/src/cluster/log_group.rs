use super::{judge_destination, judge_exec_log};
use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "cluster.log-group",
    title: "The log group that records sessions exists",
    why: "The agent does not create the log group. If it is missing, sessions are not recorded; if the cluster also requires it to be encrypted, every session ends at its start.",
    how: "logs:DescribeLogGroups for the group of the cluster's exec configuration, in the cluster's region.",
    actions: &["ecs:DescribeClusters", "logs:DescribeLogGroups"],
    remedy: "Create the log group, or set another one in the exec configuration.",
    docs: &[aws_pages::LOG_CONFIGURATION],
    symptoms: &["policy.logging-required"],
    masks: &["cluster.log-encryption"],
    severity: Severity::Medium,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    judge_exec_log(index, &CHECK, |subject, log| match &log.log_group {
        Some(name) => judge(index, log, name),
        None => CHECK.skip(
            subject,
            "The cluster's exec configuration sets no log group",
        ),
    })
}

fn judge(index: &FactIndex, log: &ExecLog, name: &str) -> Finding {
    let facts = index.facts;
    let must_be_encrypted = log.log_group_encrypted;
    let title = format!("There is no log group {name} in {}", facts.region);
    let missing = CHECK
        .warn(Subject::new("log-group", name), title)
        .group_title("The log group that records sessions does not exist")
        .fix(fixes::cluster::create_log_group(
            facts,
            name,
            must_be_encrypted,
        ));
    let group = facts.log_groups.get(name);
    judge_destination(group, must_be_encrypted, missing, |subject, group| {
        CHECK
            .pass(subject, format!("Log group {name} exists"))
            .evidence("arn", group.arn.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::Fact;
    use model::finding::Status;

    #[test]
    fn a_missing_group_fails_only_if_it_must_be_encrypted() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Skip]);
        for (encrypted, missing) in [(true, Status::Fail), (false, Status::Warn)] {
            let mut facts = with_log_group(encrypted);
            assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
            facts.log_groups.insert(LOG_GROUP.into(), Fact::Absent);
            let finding = &run(&CHECK, &facts)[0];
            assert_eq!(finding.status, missing);
            assert!(finding.fixes[0].commands[0].contains("create-log-group"));
        }
    }

    #[test]
    fn a_denied_read_leaves_the_verdict_open() {
        let mut facts = with_log_group(true);
        facts
            .log_groups
            .insert(LOG_GROUP.into(), denied("logs:DescribeLogGroups"));
        let finding = &run(&CHECK, &facts)[0];
        assert!(finding.leaves_open());
        facts.cluster = denied("ecs:DescribeClusters");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
