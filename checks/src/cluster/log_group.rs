use super::judge_exec_log;
use crate::fact_index::FactIndex;
use crate::fixes;
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::facts::{ExecLog, Fact};
use model::finding::{Finding, Severity, Subject};

pub const CHECK: Check = Check {
    id: "cluster.log-group",
    area: Area::Cluster,
    title: "The log group that records sessions exists",
    why: "The agent does not make the group. Where it is missing nothing is recorded, and where the cluster demands that it be encrypted, every session ends at its start.",
    how: "logs:DescribeLogGroups for the group of the cluster's exec configuration, in the cluster's region.",
    actions: &["ecs:DescribeClusters", "logs:DescribeLogGroups"],
    remedy: "Make the log group, or name another one in the exec configuration.",
    docs: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ExecuteCommandLogConfiguration.html",
    ],
    explains: &["policy.logging-required"],
    masks: &["cluster.log-encryption"],
    severity: Severity::Medium,
    on_plan: OnPlan::Judges,
    inference: Inference::Direct,
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    judge_exec_log(index, &CHECK, |subject, log| match &log.log_group {
        Some(name) => judge(index, log, name),
        None => CHECK.skip(
            subject,
            "The cluster records sessions in no log group of its own",
        ),
    })
}

fn judge(index: &FactIndex, log: &ExecLog, name: &str) -> Finding {
    let subject = Subject::new("log-group", name);
    match index.facts.log_groups.get(name) {
        Some(Fact::Known(group)) => CHECK
            .pass(subject, format!("Log group {name} exists"))
            .evidence("arn", group.arn.as_str()),
        Some(Fact::Absent) => {
            let title = format!("There is no log group {name} in {}", index.facts.region);
            let finding = match log.log_group_encrypted {
                true => CHECK.fail(subject, title).detail(
                    "The exec configuration demands that it be encrypted, which a group that does not exist is not: every \
                     session ends at its start.",
                ),
                false => CHECK
                    .warn(subject, title)
                    .detail("Sessions open all the same, but nothing is recorded."),
            };
            finding
                .group_title("The log group that records sessions does not exist")
                .fix(fixes::cluster::make_log_group(
                    index.facts,
                    name,
                    log.log_group_encrypted,
                ))
        }
        Some(Fact::Unavailable(why)) => {
            let finding = CHECK.unknown(subject, why);
            match log.log_group_encrypted {
                true => finding.severity(Severity::High),
                false => finding,
            }
        }
        None => CHECK.unknown_because(subject, "Nobody asked CloudWatch Logs about the group"),
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::Fact;
    use model::finding::Status;

    #[test]
    fn there_and_missing() {
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
    fn unreadable() {
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
