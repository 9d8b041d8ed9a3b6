use super::judge_exec_log;
use crate::fact_index::FactIndex;
use crate::fixes;
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::facts::{Bucket, ExecLog, Fact, LogGroup, Unavailable};
use model::finding::{Finding, Severity, Subject};

pub const CHECK: Check = Check {
    id: "cluster.log-encryption",
    area: Area::Cluster,
    title: "Records are encrypted as the cluster demands",
    why: "Where the exec configuration demands an encrypted log group or bucket, the agent looks before it starts the shell, and ends the session when the group has no KMS key, or the bucket no default encryption.",
    how: "kmsKeyId in logs:DescribeLogGroups, and s3:GetEncryptionConfiguration. The agent knows AES256 and aws:kms on a bucket, no other algorithm.",
    actions: &[
        "ecs:DescribeClusters",
        "logs:DescribeLogGroups",
        "s3:GetEncryptionConfiguration",
    ],
    remedy: "Give the log group a KMS key, or the bucket a default encryption by AES256 or aws:kms.",
    docs: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ExecuteCommandLogConfiguration.html",
    ],
    explains: &[],
    masks: &[],
    severity: Severity::High,
    on_plan: OnPlan::Judges,
    inference: Inference::Direct,
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    let subject = Subject::new("cluster", index.facts.cluster_name.as_str());
    let mut findings = Vec::new();
    if let Some(log) = index.exec_log() {
        findings.extend(of_group(index, log));
        findings.extend(of_bucket(index, log));
    }
    if findings.is_empty() {
        return judge_exec_log(index, &CHECK, |_, _| {
            CHECK.skip(subject, "The cluster demands no encryption of records")
        });
    }
    findings
}

fn of_group(index: &FactIndex, log: &ExecLog) -> Option<Finding> {
    let name = log.log_group.as_ref().filter(|_| log.log_group_encrypted)?;
    let subject = Subject::new("log-group", name.as_str());
    Some(look(
        subject,
        index.facts.log_groups.get(name),
        |subject, group: &LogGroup| {
            match &group.kms_key {
            Some(key) => CHECK
                .pass(subject, format!("Log group {name} is encrypted, as the cluster demands"))
                .evidence("kmsKeyId", key.as_str()),
            None => CHECK
                .fail(subject, format!("Log group {name} has no KMS key, and the cluster demands one"))
                .detail("cloudWatchEncryptionEnabled is set: the agent finds the group without a key and ends every session at its start.")
                .group_title("Records are not encrypted as the cluster demands")
                .fix(fixes::cluster::encrypt_log_group(index.facts, name)),
        }
        },
    ))
}

fn of_bucket(index: &FactIndex, log: &ExecLog) -> Option<Finding> {
    let name = log.bucket.as_ref().filter(|_| log.bucket_encrypted)?;
    let subject = Subject::new("bucket", name.as_str());
    Some(look(
        subject,
        index.facts.buckets.get(name),
        |subject, bucket: &Bucket| {
            let refused = |title: String| {
                CHECK
                .fail(subject.clone(), title)
                .detail("s3EncryptionEnabled is set: the agent looks at the bucket's default encryption and ends every session at its start.")
                .group_title("Records are not encrypted as the cluster demands")
            };
            match &bucket.encryption {
                Fact::Known(algorithm) if matches!(algorithm.as_str(), "AES256" | "aws:kms") => {
                    CHECK
                        .pass(
                            subject,
                            format!("Bucket {name} is encrypted, as the cluster demands"),
                        )
                        .evidence("algorithm", algorithm.as_str())
                }
                Fact::Known(algorithm) => refused(format!(
                    "Bucket {name} is encrypted by {algorithm}, which the agent does not know"
                ))
                .fix(fixes::cluster::choose_encryption(name, algorithm)),
                Fact::Absent => refused(format!(
                    "Bucket {name} has no default encryption, and the cluster demands one"
                ))
                .fix(fixes::cluster::encrypt_bucket(index.facts, name)),
                Fact::Unavailable(why) => CHECK.unknown(subject, why),
            }
        },
    ))
}

fn look<T>(
    subject: Subject,
    fact: Option<&Fact<T>>,
    judge: impl FnOnce(Subject, &T) -> Finding,
) -> Finding {
    match fact {
        Some(Fact::Known(there)) => judge(subject, there),
        Some(Fact::Absent) => CHECK.skip(
            subject,
            "It does not exist, so that nothing is to be encrypted",
        ),
        Some(Fact::Unavailable(why)) => CHECK.unknown(subject, why),
        None => {
            let why = Unavailable::not_asked("logs:DescribeLogGroups", "nobody asked about it");
            CHECK.unknown(subject, &why)
        }
    }
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
    fn a_group_without_a_key_only_where_one_is_demanded() {
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
    fn buckets() {
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
    fn unreadable() {
        let mut facts = with_log_group(true);
        facts
            .log_groups
            .insert(LOG_GROUP.into(), denied("logs:DescribeLogGroups"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        facts.cluster = denied("ecs:DescribeClusters");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
