use super::judge_any_caller;
use crate::kms_access::{self, KeyUse, judge};
use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "caller.kms-generate-data-key",
    title: "The caller can generate data keys with the cluster's KMS key",
    why: "If the cluster has a KMS key for ECS Exec, the client generates each session's data key with the caller's credentials. If it cannot, the session ends during the handshake.",
    how: "kms:GenerateDataKey on the key: the caller's policies through the policy simulator, the key's policy evaluated here, and the key's grants.",
    actions: &kms_access::ACTIONS,
    remedy: "Allow kms:GenerateDataKey on the key, in the caller's policies and in the key's.",
    docs: &[aws_pages::BEST_PRACTICES],
    severity: Severity::High,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    let judge_key = |subject, caller: &Caller, arn: &str| {
        let data_key = KeyUse {
            who: "The caller".to_owned(),
            action: "kms:GenerateDataKey",
            verb: "generate data keys",
            consequence: "The client cannot set up the session's encryption.",
            group_title: "The caller cannot generate data keys with the cluster's KMS key",
            principal: arn,
            session: matches!(caller.principal, Principal::AssumedRole { .. })
                .then_some(caller.arn.as_str())
                .filter(|arn| arn.contains(":assumed-role/")),
        };
        judge(index, &CHECK, subject, data_key, |key, blocker| {
            let needs = [required_permissions::generate_data_key(&key.arn)];
            match blocker {
                Some(blocker) => fixes::caller::unblock(caller, blocker, &needs),
                None => fixes::caller::allow(index.facts, caller, "data-key", &needs),
            }
        })
    };
    vec![judge_any_caller(index, &CHECK, None, judge_key)]
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use serde_json::json;

    use crate::testing::*;
    use model::facts::{Decision, Fact, Facts, Outcome, Principal, Role};
    use model::finding::{Finding, Status};

    #[test]
    fn a_denied_key_fails_with_the_permission_as_fix() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Skip]);
        let mut facts = with_key();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        decide(&mut facts, "kms:GenerateDataKey", "key/", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
        });
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert!(finding.fixes[0].commands[0].contains("kms:GenerateDataKey"));
    }

    /// NotPrincipal lists the account, the role and its session; `with` adds facts about a boundary.
    fn not_principal_finding(with: impl Fn(&mut Facts, &str)) -> Finding {
        let mut facts = with_key();
        let session = caller(&mut facts).arn.clone();
        let role = caller(&mut facts).policy_arn().known().unwrap().clone();
        let account = "arn:aws:iam::123456789012:root";
        key(&mut facts).policy = Fact::Known(json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "kms:*", "Resource": "*"},
            {"Effect": "Deny", "NotPrincipal": {"AWS": [account, role, session]}, "Action": "kms:*", "Resource": "*"},
        ]}));
        with(&mut facts, &role);
        run(&CHECK, &facts).remove(0)
    }

    #[test]
    fn a_not_principal_deny_applies_to_bounded_roles() {
        let plain = not_principal_finding(|_, _| {});
        assert_eq!(
            plain.status,
            Status::Pass,
            "the simulator reports no boundary"
        );
        let bounded = not_principal_finding(|facts, _| {
            decide(facts, "kms:GenerateDataKey", "key/", |decision| {
                decision.allowed_by_boundary = Some(true);
            });
        });
        assert_eq!(bounded.status, Status::Fail);
        assert!(
            bounded.detail.contains("ArnNotEquals"),
            "{}",
            bounded.detail
        );
        let of_role = not_principal_finding(|facts, role| {
            let own = facts.roles[CODER_ROLE].known().unwrap();
            let own = Role {
                boundary: Some("arn:aws:iam::123456789012:policy/limit".into()),
                ..own.clone()
            };
            facts.roles.insert(role.to_owned(), Fact::Known(own));
        });
        assert_eq!(of_role.status, Status::Fail);
    }

    #[test]
    fn string_equals_in_a_key_policy_takes_a_star_literally() {
        let mut facts = with_key();
        let of = |operator: &str| {
            json!({"Statement": {
                "Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*",
                "Condition": {operator: {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/*"}},
            }})
        };
        key(&mut facts).policy = Fact::Known(of("StringEquals"));
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert!(
            finding.detail.contains("takes the * literally"),
            "{}",
            finding.detail
        );
        key(&mut facts).policy = Fact::Known(of("ArnLike"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    }

    #[test]
    fn missing_context_and_denied_reads_are_unknown() {
        let mut facts = with_key();
        decide(&mut facts, "kms:GenerateDataKey", "key/", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
            decision.missing_context = vec!["aws:SourceIp".into()];
        });
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        key(&mut facts).policy = denied("kms:GetKeyPolicy");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }

    #[test]
    fn the_key_s_policy_restricts_the_root_user() {
        let mut facts = with_key();
        caller(&mut facts).principal = Principal::Root;
        caller(&mut facts).arn = "arn:aws:iam::123456789012:root".into();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        let admin = json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/admin"}, "Action": "kms:*", "Resource": "*"});
        key(&mut facts).policy = Fact::Known(json!({"Statement": admin}));
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        key(&mut facts).policy = denied("kms:GetKeyPolicy");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }

    #[test]
    fn a_key_policy_that_names_the_caller_is_enough() {
        let mut facts = with_key();
        let user = "arn:aws:iam::123456789012:user/jane";
        let old = caller(&mut facts).policy_arn().known().unwrap().clone();
        caller(&mut facts).arn = user.into();
        caller(&mut facts).principal = Principal::User {
            name: "jane".into(),
        };
        for simulation in &mut facts.simulations {
            if simulation.principal == old {
                simulation.principal = user.into();
            }
        }
        let named = |principal: &str| json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "kms:*", "Resource": "*"});
        key(&mut facts).policy = Fact::Known(json!({"Statement": named(user)}));
        let mut ask = |change: fn(&mut Decision)| {
            decide(&mut facts, "kms:GenerateDataKey", "key/", change);
            statuses(&CHECK, &facts)
        };
        let bounded = ask(|decision| {
            decision.outcome = Outcome::ImplicitDeny;
            decision.allowed_by_boundary = Some(false);
        });
        assert_eq!(
            bounded,
            [Status::Pass],
            "a boundary does not limit what names a user"
        );
        let open = ask(|decision| {
            decision.outcome = Outcome::ImplicitDeny;
            decision.missing_context = vec!["aws:MultiFactorAuthPresent".into()];
        });
        assert_eq!(open, [Status::Unknown], "a Deny may override it");
        let harmless = ask(|decision| decision.deny_depends_on = Some(Vec::new()));
        assert_eq!(harmless, [Status::Pass], "only an Allow depends on it");
    }
}
