use super::each_role;
use super::record_permission::RecordPermission;
use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "role.s3-write",
    title: "The task role can record sessions in S3",
    why: "The agent uploads the record of a session with the task role's credentials. If the cluster requires an encrypted bucket, the agent reads the bucket's encryption first. If it cannot, every session ends at its start.",
    how: "IAM's policy simulator, asked about s3:PutObject below the prefix and s3:GetEncryptionConfiguration on the bucket. The bucket's own policy is not evaluated.",
    actions: &["ecs:DescribeClusters", "iam:SimulatePrincipalPolicy"],
    remedy: "Allow s3:PutObject below the prefix, and s3:GetEncryptionConfiguration on the bucket, in a policy of the task role.",
    docs: &[aws_pages::BEST_PRACTICES],
    symptoms: &["policy.logging-required"],
    severity: Severity::Medium,
    ..super::DEFAULTS
};

/// A need only if the cluster requires an encrypted bucket.
const READ_ENCRYPTION: (&str, &str) = (
    "s3:GetEncryptionConfiguration",
    "The cluster requires an encrypted bucket, and the agent is not allowed to read the bucket's encryption: every \
     session ends at its start.",
);

pub fn run(index: &FactIndex) -> Vec<Finding> {
    let log = index.exec_log().filter(|log| log.bucket.is_some());
    let needs = log.map_or(Vec::new(), |log| {
        required_permissions::write_bucket(&index.facts.partition, log)
    });
    let permission = RecordPermission {
        check: &CHECK,
        destination: "S3",
        service: "s3",
        needs,
        required: Some(READ_ENCRYPTION),
        consequence: "Sessions open, but their records are not uploaded.",
        group_title: "Task roles are not allowed to record sessions in S3",
    };
    each_role(index, &CHECK, |index, subject, role, _| {
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
    fn without_a_bucket_it_is_skipped() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Skip]);
        assert_eq!(statuses(&CHECK, &with_bucket(true)), [Status::Pass]);
    }

    #[test]
    fn only_an_encrypted_bucket_needs_its_encryption_read() {
        let mut facts = with_bucket(true);
        deny(&mut facts, "s3:PutObject");
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
        deny(&mut facts, "s3:GetEncryptionConfiguration");
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        let mut facts = with_bucket(false);
        deny(&mut facts, "s3:GetEncryptionConfiguration");
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    }

    #[test]
    fn a_denied_simulation_is_unknown() {
        let mut facts = with_bucket(true);
        for simulation in &mut facts.simulations {
            simulation.decisions = denied("iam:SimulatePrincipalPolicy");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
