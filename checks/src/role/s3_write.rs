use super::each_role_alone;
use super::recording::{self, Recording};
use crate::fact_index::FactIndex;
use aws_rules::required_permissions;
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::facts::Fact;
use model::finding::{Finding, Severity};

pub const CHECK: Check = Check {
    id: "role.s3-write",
    area: Area::Role,
    title: "The task role may record sessions in S3",
    why: "The agent uploads a session's record with the task role's credentials. Where the cluster demands an encrypted bucket, it looks at the bucket's encryption first, and may it not, every session ends at its start.",
    how: "The policy simulator, for s3:PutObject below the prefix and s3:GetEncryptionConfiguration on the bucket. The bucket's own policy is not looked at.",
    actions: &["ecs:DescribeClusters", "iam:SimulatePrincipalPolicy"],
    remedy: "Allow s3:PutObject below the prefix, and s3:GetEncryptionConfiguration on the bucket, in a policy of the task role.",
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
    each_role_alone(index, &CHECK, |subject, role| {
        if let Fact::Unavailable(why) = &index.facts.cluster {
            return CHECK.unknown(subject, why);
        }
        let log = index.exec_log().filter(|log| log.bucket.is_some());
        let needs = log.map_or(Vec::new(), |log| {
            required_permissions::write_bucket(&index.facts.partition, log)
        });
        let recording = Recording {
            check: &CHECK,
            place: "S3",
            service: "s3",
            needs: &needs,
            fatal: Some(BLIND),
            otherwise: "Sessions open all the same, but their records are not uploaded.",
            cause: "Task roles may not record sessions in S3",
        };
        recording::judge(index, role, subject, &recording)
    })
}

/// It is needed only where the cluster demands an encrypted bucket.
const BLIND: (&str, &str) = (
    "s3:GetEncryptionConfiguration",
    "The cluster demands an encrypted bucket, and the agent may not look at the bucket's encryption: every session \
     ends at its start.",
);

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
    fn only_where_a_bucket_records() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Skip]);
        assert_eq!(statuses(&CHECK, &with_bucket(true)), [Status::Pass]);
    }

    #[test]
    fn not_uploaded_or_not_even_opened() {
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
    fn unreadable() {
        let mut facts = with_bucket(true);
        for simulation in &mut facts.simulations {
            simulation.decisions = denied("iam:SimulatePrincipalPolicy");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
