use super::{judge_exec_log, judge_named};
use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "cluster.log-encryption",
    title: "Records of sessions are encrypted as the cluster requires",
    why: "If the exec configuration requires an encrypted log group or bucket, the agent verifies it before it starts the shell. It ends the session if the log group has no KMS key or the bucket no default encryption.",
    how: "kmsKeyId in logs:DescribeLogGroups, and s3:GetEncryptionConfiguration. For a bucket the agent accepts AES256 and aws:kms only.",
    actions: &[
        "ecs:DescribeClusters",
        "logs:DescribeLogGroups",
        "s3:GetEncryptionConfiguration",
    ],
    remedy: "Associate a KMS key with the log group, or set the bucket's default encryption to AES256 or aws:kms.",
    docs: &[aws_pages::LOG_CONFIGURATION],
    severity: Severity::High,
    ..super::DEFAULTS
};

const GROUP_TITLE: &str = "Records of sessions are not encrypted as the cluster requires";

pub fn run(index: &FactIndex) -> Vec<Finding> {
    let log = index.exec_log();
    let group = log.and_then(|log| judge_log_group(index, log));
    let bucket = log.and_then(|log| judge_bucket(index, log));
    let findings: Vec<Finding> = group.into_iter().chain(bucket).collect();
    if !findings.is_empty() {
        return findings;
    }
    judge_exec_log(index, &CHECK, |subject, _| {
        CHECK.skip(
            subject,
            "The cluster does not require records to be encrypted",
        )
    })
}

fn does_not_exist(subject: Subject) -> Finding {
    CHECK.skip(subject, "It does not exist")
}

fn judge_log_group(index: &FactIndex, log: &ExecLog) -> Option<Finding> {
    let name = log.log_group.as_ref().filter(|_| log.log_group_encrypted)?;
    let subject = Subject::new("log-group", name.as_str());
    let group = index.facts.log_groups.get(name);
    let judge = |subject, group: &LogGroup| {
        match &group.kms_key {
        Some(key) => CHECK
            .pass(subject, format!("Log group {name} is encrypted, as the cluster requires"))
            .evidence("kmsKeyId", key.as_str()),
        None => CHECK
            .fail(subject, format!("Log group {name} has no KMS key, but the cluster requires one"))
            .detail("cloudWatchEncryptionEnabled is set: the agent finds no key on the group and ends every session at its start.")
            .group_title(GROUP_TITLE)
            .fix(fixes::cluster::encrypt_log_group(index.facts, name)),
    }
    };
    Some(judge_named(&CHECK, subject, group, does_not_exist, judge))
}

fn judge_bucket(index: &FactIndex, log: &ExecLog) -> Option<Finding> {
    let name = log.bucket.as_ref().filter(|_| log.bucket_encrypted)?;
    let subject = Subject::new("bucket", name.as_str());
    let bucket = index.facts.buckets.get(name);
    let fail = |subject, title: String, fix| {
        CHECK
            .fail(subject, title)
            .detail("s3EncryptionEnabled is set: the agent reads the bucket's default encryption and ends every session at its start.")
            .group_title(GROUP_TITLE)
            .fix(fix)
    };
    let judge = |subject, bucket: &Bucket| match &bucket.encryption {
        Fact::Known(algorithm) if matches!(algorithm.as_str(), "AES256" | "aws:kms") => CHECK
            .pass(
                subject,
                format!("Bucket {name} is encrypted, as the cluster requires"),
            )
            .evidence("algorithm", algorithm.as_str()),
        Fact::Known(algorithm) => fail(
            subject,
            format!("Bucket {name} is encrypted with {algorithm}, which the agent does not accept"),
            fixes::cluster::choose_encryption(name, algorithm),
        ),
        Fact::Absent => fail(
            subject,
            format!("Bucket {name} has no default encryption, but the cluster requires one"),
            fixes::cluster::encrypt_bucket(index.facts, name),
        ),
        Fact::Unavailable(why) => CHECK.unknown(subject, why),
    };
    Some(judge_named(&CHECK, subject, bucket, does_not_exist, judge))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::{Fact, LogGroup};
    use model::finding::Status;

    fn without_key(facts: &mut model::Facts) {
        let group: &mut LogGroup = known(facts.log_groups.get_mut(LOG_GROUP).unwrap());
        group.kms_key = None;
    }

    #[test]
    fn a_log_group_needs_a_key_only_if_the_cluster_requires_it() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Skip]);
        let mut facts = with_log_group(true);
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        without_key(&mut facts);
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert!(finding.fixes[0].commands[0].contains("associate-kms-key"));
        let mut facts = with_log_group(false);
        without_key(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }

    #[test]
    fn a_bucket_needs_an_algorithm_that_the_agent_accepts() {
        let mut facts = with_bucket(true);
        for (encryption, status) in [
            (Fact::Known("AES256".to_owned()), Status::Pass),
            (Fact::Known("aws:kms".to_owned()), Status::Pass),
            (Fact::Known("aws:kms:dsse".to_owned()), Status::Fail),
            (Fact::Absent, Status::Fail),
            (denied("s3:GetEncryptionConfiguration"), Status::Unknown),
        ] {
            known(facts.buckets.get_mut(BUCKET).unwrap()).encryption = encryption;
            assert_eq!(statuses(&CHECK, &facts), [status]);
        }
        assert_eq!(statuses(&CHECK, &with_bucket(false)), [Status::Skip]);
    }

    #[test]
    fn denied_reads_are_unknown() {
        let mut facts = with_log_group(true);
        facts
            .log_groups
            .insert(LOG_GROUP.into(), denied("logs:DescribeLogGroups"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        facts.cluster = denied("ecs:DescribeClusters");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
