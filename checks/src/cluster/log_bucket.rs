use super::judge_exec_log;
use crate::fact_index::FactIndex;
use crate::fixes;
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::facts::{ExecLog, Fact};
use model::finding::{Finding, Severity, Subject};

pub const CHECK: Check = Check {
    id: "cluster.log-bucket",
    area: Area::Cluster,
    title: "The bucket that records sessions exists",
    why: "Records of sessions are uploaded to it when they end. Where it is missing nothing is recorded, and where the cluster demands that it be encrypted, every session ends at its start.",
    how: "s3:GetEncryptionConfiguration on the bucket of the cluster's exec configuration, which says too that it exists.",
    actions: &["ecs:DescribeClusters", "s3:GetEncryptionConfiguration"],
    remedy: "Make the bucket, or name another one in the exec configuration.",
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
    judge_exec_log(index, &CHECK, |subject, log| match &log.bucket {
        Some(name) => judge(index, log, name),
        None => CHECK.skip(subject, "The cluster records sessions in no bucket"),
    })
}

fn judge(index: &FactIndex, log: &ExecLog, name: &str) -> Finding {
    let subject = Subject::new("bucket", name);
    match index.facts.buckets.get(name) {
        Some(Fact::Known(_)) => CHECK.pass(subject, format!("Bucket {name} exists")),
        Some(Fact::Absent) => {
            let title = format!("There is no bucket {name}");
            let finding = match log.bucket_encrypted {
                true => CHECK.fail(subject, title).detail(
                    "The exec configuration demands that it be encrypted, and the agent cannot see that: every session ends \
                     at its start.",
                ),
                false => CHECK
                    .warn(subject, title)
                    .detail("Sessions open all the same, but nothing is recorded."),
            };
            finding
                .group_title("The bucket that records sessions does not exist")
                .fix(fixes::cluster::make_bucket(index.facts, name))
        }
        Some(Fact::Unavailable(why)) => {
            let finding = CHECK.unknown(subject, why);
            match log.bucket_encrypted {
                true => finding.severity(Severity::High),
                false => finding,
            }
        }
        None => CHECK.unknown_because(subject, "Nobody asked S3 about the bucket"),
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::Fact;
    use model::finding::Status;

    #[test]
    fn there_missing_and_unreadable() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Skip]);
        for (encrypted, missing) in [(true, Status::Fail), (false, Status::Warn)] {
            let mut facts = with_bucket(encrypted);
            assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
            facts.buckets.insert(BUCKET.into(), Fact::Absent);
            assert_eq!(statuses(&CHECK, &facts), [missing]);
            facts
                .buckets
                .insert(BUCKET.into(), denied("s3:GetEncryptionConfiguration"));
            assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        }
    }
}
