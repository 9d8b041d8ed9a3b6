use super::{each_role, role_subject};
use crate::check::Check;
use crate::facts::{Fact, role_name};
use crate::finding::{Finding, Severity};
use crate::fixes;
use crate::kms::{Access, access};
use crate::needs;
use crate::text;
use crate::world::World;

pub const CHECK: Check = Check {
    id: "role.kms-decrypt",
    title: "The task role may decrypt with the cluster's KMS key",
    why: "Where the cluster has a KMS key for ECS Exec, the agent decrypts each session's data key with the task role's credentials; otherwise every session ends at its start.",
    how: "kms:Decrypt on the key: the role's policies through the policy simulator, the key's policy evaluated here, and the key's grants.",
    actions: &[
        "ecs:DescribeClusters",
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        "kms:ListGrants",
        "iam:SimulatePrincipalPolicy",
    ],
    remedy: "Allow kms:Decrypt on the key, in the task role's policies and in the key's.",
    docs: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec-best-practices.html",
    ],
    explains: &[],
    masks: &[],
    severity: Severity::High,
    run,
};

fn run(world: &World) -> Vec<Finding> {
    each_role(world, &CHECK, |group, role, _| {
        let subject = role_subject(group, role);
        let name = role_name(role);
        let key = match world.key() {
            Fact::Known(key) => key,
            Fact::Absent => {
                return CHECK.skip(
                    subject,
                    "The cluster encrypts sessions with no KMS key that could be used",
                );
            }
            Fact::Unavailable(why) => return CHECK.unknown(subject, &why),
        };
        match access(world, role, "kms:Decrypt", key) {
            Access::Allowed(how) => CHECK
                .pass(subject, format!("Task role {name} may decrypt with the cluster's key"))
                .detail(format!("It may, because {how}.")),
            Access::Refused(why) => CHECK
                .fail(subject, format!("Task role {name} may not decrypt with the cluster's key"))
                .detail(format!("{why} The agent then cannot read the session's data key, and every session ends at its start."))
                .cause("Task roles may not decrypt with the cluster's KMS key")
                .evidence("key", key.arn.as_str())
                .fix(fixes::role::allow(world.facts, role, "decrypt", &[needs::decrypt(&key.arn)])),
            Access::Depends(keys) => {
                let keys: Vec<String> = keys.into_iter().collect();
                CHECK
                    .unsure(subject, format!("Whether {name} may decrypt with the cluster's key hangs on {}", text::list(&keys)))
                    .evidence("missingContextKeys", keys)
            }
            Access::Unknown(why) => CHECK.unknown(subject, &why),
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::CHECK;
    use crate::facts::{Fact, Grant, Outcome};
    use crate::finding::Status;
    use crate::testing::*;

    #[test]
    fn no_key_no_need() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Skip]);
    }

    #[test]
    fn by_its_own_policies_where_the_key_leaves_it_to_them() {
        let mut facts = with_key();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        decide(&mut facts, "kms:Decrypt", "key/", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
        });
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert!(finding.fixes[0].commands[0].contains("kms:Decrypt"));
    }

    #[test]
    fn the_key_s_policy_decides_too() {
        let mut facts = with_key();
        let only = |principal: &str| {
            Fact::Known(
                json!({"Statement": [{"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "kms:*", "Resource": "*"}]}),
            )
        };
        key(&mut facts).policy = only("arn:aws:iam::123456789012:role/admin");
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        key(&mut facts).grants = Fact::Known(vec![Grant {
            grantee: CODER_ROLE.into(),
            operations: vec!["Decrypt".into()],
        }]);
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        key(&mut facts).grants = denied("kms:ListGrants");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        key(&mut facts).policy = only(CODER_ROLE);
        decide(&mut facts, "kms:Decrypt", "key/", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
        });
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    }

    #[test]
    fn unreadable() {
        let mut facts = with_key();
        key(&mut facts).policy = denied("kms:GetKeyPolicy");
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(
            finding.missing_permission.as_deref(),
            Some("kms:GetKeyPolicy")
        );
        for fact in facts.kms_keys.values_mut() {
            *fact = denied("kms:DescribeKey");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
