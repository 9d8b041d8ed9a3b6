use super::{judge_destination, judge_exec_log};
use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "cluster.log-bucket",
    title: "The bucket that records sessions exists",
    why: "The agent uploads the record of a session when the session ends. If the bucket is missing, sessions are not recorded; if the cluster also requires it to be encrypted, every session ends at its start.",
    how: "s3:GetEncryptionConfiguration on the bucket of the cluster's exec configuration: an answer proves that it exists.",
    actions: &["ecs:DescribeClusters", "s3:GetEncryptionConfiguration"],
    remedy: "Create the bucket, or set another one in the exec configuration.",
    docs: &[aws_pages::LOG_CONFIGURATION],
    symptoms: &["policy.logging-required"],
    masks: &["cluster.log-encryption"],
    severity: Severity::Medium,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    judge_exec_log(index, &CHECK, |subject, log| match &log.bucket {
        Some(name) => judge(index, log, name),
        None => CHECK.skip(subject, "The cluster's exec configuration sets no bucket"),
    })
}

fn judge(index: &FactIndex, log: &ExecLog, name: &str) -> Finding {
    let title = format!("There is no bucket {name}");
    let missing = CHECK
        .warn(Subject::new("bucket", name), title)
        .group_title("The bucket that records sessions does not exist")
        .fix(fixes::cluster::create_bucket(index.facts, name));
    let bucket = index.facts.buckets.get(name);
    judge_destination(bucket, log.bucket_encrypted, missing, |subject, _| {
        CHECK.pass(subject, format!("Bucket {name} exists"))
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::Fact;
    use model::finding::Status;

    #[test]
    fn a_missing_bucket_fails_only_if_it_must_be_encrypted() {
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
