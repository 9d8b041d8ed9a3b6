use super::each_role;
use crate::kms_access::{self, KeyUse, judge};
use crate::prelude::*;
use aws_rules::required_permissions::RequiredPermission;

pub const CHECK: Check = Check {
    id: "role.kms-decrypt",
    title: "The task role can decrypt with the cluster's KMS key",
    why: "If the cluster has a KMS key for ECS Exec, the agent decrypts each session's data key with the task role's credentials. If it cannot, every session ends at its start.",
    how: "kms:Decrypt on the key: the role's policies through the policy simulator, the key's policy evaluated here, and the key's grants.",
    actions: &kms_access::ACTIONS,
    remedy: "Allow kms:Decrypt on the key, in the task role's policies and in the key's.",
    docs: &[aws_pages::BEST_PRACTICES],
    severity: Severity::High,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    each_role(index, &CHECK, |index, subject, role, _| {
        let decrypt = KeyUse {
            who: format!("Task role {}", arn::name(role)),
            action: "kms:Decrypt",
            verb: "decrypt",
            consequence: "The agent cannot decrypt the session's data key, and every session ends at its start.",
            group_title: "Task roles cannot decrypt with the cluster's KMS key",
            principal: role,
            session: None,
        };
        judge(index, &CHECK, subject, decrypt, |key, blocker| {
            let needs = [RequiredPermission {
                policy_resource: fixes::arn_in_words(&key.arn),
                ..required_permissions::decrypt_key(&key.arn)
            }];
            match blocker {
                Some(blocker) => fixes::role::unblock_for(role, blocker, &needs),
                None => fixes::role::allow(index.facts, role, "decrypt", &needs),
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::CHECK;
    use crate::testing::*;
    use model::facts::{Fact, Grant, Outcome};
    use model::finding::Status;

    #[test]
    fn without_a_key_nothing_is_needed() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Skip]);
    }

    #[test]
    fn the_role_s_policies_decide_if_the_key_delegates_to_iam() {
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
    fn the_key_s_policy_and_grants_decide_too() {
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
            is_constrained: false,
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
    fn the_fix_changes_the_policy_that_denies() {
        let mut facts = with_key();
        let policy = |statements: serde_json::Value| Fact::Known(json!({"Statement": statements}));
        let root = json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*", "Resource": "*"});
        let admin = json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/admin"}, "Action": "kms:*", "Resource": "*"});
        key(&mut facts).policy = policy(json!([admin]));
        let fix = run(&CHECK, &facts)[0].fixes[0].clone();
        assert!(
            fix.commands[0].contains("aws kms put-key-policy"),
            "{fix:?}"
        );
        assert!(fix.commands[0].contains(CODER_ROLE) && fix.commands[0].contains("get-key-policy"));
        let deny = json!({"Effect": "Deny", "Principal": {"AWS": CODER_ROLE}, "Action": "kms:Decrypt", "Resource": "*"});
        key(&mut facts).policy = policy(json!([root, deny]));
        key(&mut facts).grants = Fact::Known(vec![Grant {
            grantee: CODER_ROLE.into(),
            operations: vec!["Decrypt".into()],
            is_constrained: false,
        }]);
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail, "a Deny outweighs a grant");
        assert!(finding.fixes[0].commands.is_empty());
    }

    #[test]
    fn a_key_of_another_account_needs_both_policies() {
        let mut facts = with_key();
        let foreign = "arn:aws:kms:us-west-2:999999999999:key/0a1b";
        key(&mut facts).arn = foreign.into();
        key(&mut facts).policy = Fact::Known(
            json!({"Statement": [{"Effect": "Allow", "Principal": {"AWS": CODER_ROLE}, "Action": "kms:*", "Resource": "*"}]}),
        );
        for simulation in &mut facts.simulations {
            for decision in known(&mut simulation.decisions) {
                let elsewhere = decision.resource.replace(
                    "arn:aws:kms:us-west-2:123456789012",
                    "arn:aws:kms:us-west-2:999999999999",
                );
                decision.resource = elsewhere;
            }
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        decide(&mut facts, "kms:Decrypt", "key/", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
        });
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        for simulation in &mut facts.simulations {
            simulation.decisions = denied("iam:SimulatePrincipalPolicy");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        key(&mut facts).policy = Fact::Known(json!({"Statement": []}));
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail], "the key denies");
    }

    #[test]
    fn a_permissions_boundary_limits_a_key_policy_that_names_the_role() {
        let mut facts = with_key();
        let allow = |principal: serde_json::Value| {
            Fact::Known(
                json!({"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"}]}),
            )
        };
        key(&mut facts).policy = allow(json!({"AWS": CODER_ROLE}));
        decide(&mut facts, "kms:Decrypt", "key/", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
            decision.allowed_by_boundary = Some(false);
        });
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        key(&mut facts).policy = allow(json!("*"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        let account = key(&mut facts).arn.split(':').nth(4).unwrap().to_owned();
        let session = format!(
            "arn:aws:sts::{account}:assumed-role/{}/jane",
            model::arn::name(CODER_ROLE)
        );
        key(&mut facts).policy = allow(json!({"AWS": session}));
        assert_eq!(
            statuses(&CHECK, &facts),
            [Status::Unknown],
            "the session names of tasks are unknown"
        );
    }

    #[test]
    fn a_constrained_grant_is_unknown() {
        let mut facts = with_key();
        key(&mut facts).policy = Fact::Known(
            json!({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/admin"}, "Action": "kms:*", "Resource": "*"}]}),
        );
        key(&mut facts).grants = Fact::Known(vec![Grant {
            grantee: CODER_ROLE.into(),
            operations: vec!["Decrypt".into()],
            is_constrained: true,
        }]);
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }

    #[test]
    fn denied_reads_are_unknown() {
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
