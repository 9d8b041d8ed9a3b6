use super::{each_role, role_subject};
use crate::arn;
use crate::check::Check;
use crate::facts::Fact;
use crate::finding::{Finding, Severity, Subject};
use crate::fixes;
use crate::iam::{self, Silence};
use crate::needs::{self, Need};
use crate::text;
use crate::world::World;

pub const CHECK: Check = Check {
    id: "role.s3-write",
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
    run,
};

fn run(world: &World) -> Vec<Finding> {
    each_role(world, &CHECK, |group, role, _| {
        let subject = role_subject(group, role);
        if let Fact::Unavailable(why) = &world.facts.cluster {
            return CHECK.unknown(subject, why);
        }
        match world.exec_log().filter(|log| log.bucket.is_some()) {
            Some(log) => judge(
                world,
                role,
                subject,
                &needs::s3(&world.facts.partition, log),
            ),
            None => CHECK.skip(subject, "Sessions are not recorded in S3"),
        }
    })
}

fn judge(world: &World, role: &str, subject: Subject, needs: &[Need]) -> Finding {
    let name = arn::name(role);
    match iam::silence(world, role, "s3:PutObject") {
        None => {}
        Some(Silence::Unavailable(why)) => return CHECK.unknown(subject, why),
        Some(_) => {
            return CHECK.unsure(
                subject,
                "The policy simulator was not asked about this role and S3",
            );
        }
    }
    let asked: Vec<(&str, &str)> = needs
        .iter()
        .map(|need| (need.action, need.resource.as_str()))
        .collect();
    let verdict = iam::verdict(world, role, &asked, |_| true);
    let missing: Vec<Need> = needs
        .iter()
        .filter(|need| {
            verdict
                .denied
                .iter()
                .any(|decision| decision.action == need.action)
        })
        .cloned()
        .collect();
    let actions: Vec<&str> = missing.iter().map(|need| need.action).collect();
    if missing.is_empty() {
        if verdict.is_clean() {
            return CHECK.pass(
                subject,
                format!("Task role {name} may record sessions in S3"),
            );
        }
        let keys = verdict.missing_keys();
        return CHECK
            .unsure(
                subject,
                format!(
                    "Whether {name} may record sessions in S3 hangs on {}",
                    text::list(&keys)
                ),
            )
            .evidence("missingContextKeys", keys);
    }
    let title = format!("Task role {name} may not call {}", text::list(&actions));
    let finding = if actions.contains(&"s3:GetEncryptionConfiguration") {
        CHECK.fail(subject, title).detail(
            "The cluster demands an encrypted bucket, and the agent may not look at the bucket's encryption: every session \
             ends at its start.",
        )
    } else {
        CHECK
            .warn(subject, title)
            .detail("Sessions open all the same, but their records are not uploaded.")
    };
    finding
        .cause("Task roles may not record sessions in S3")
        .evidence("denied", actions)
        .fix(fixes::role::allow(world.facts, role, "s3", &missing))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::facts::Outcome;
    use crate::finding::Status;
    use crate::testing::*;

    fn deny(facts: &mut crate::Facts, action: &str) {
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
