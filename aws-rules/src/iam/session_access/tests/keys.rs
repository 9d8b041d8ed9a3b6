//! Clusters that encrypt sessions with a KMS key.

use std::slice::from_ref;

use model::facts::{Grant, Unavailable};

use super::*;

const KEY: &str = "arn:aws:kms:us-west-2:123456789012:key/0a1b";

fn key(statements: Value) -> KmsKey {
    KmsKey {
        arn: KEY.into(),
        policy: Fact::Known(json!({"Version": "2012-10-17", "Statement": statements})),
        grants: Fact::Known(Vec::new()),
        state: "Enabled".into(),
        usage: "ENCRYPT_DECRYPT".into(),
        spec: "SYMMETRIC_DEFAULT".into(),
    }
}

/// The statement of most keys: the account's policies decide.
fn leaves_it_to_policies() -> Value {
    json!({"Effect": "Allow", "Principal": root(), "Action": "kms:*", "Resource": "*"})
}

fn named(principal: &str, action: &str) -> Value {
    let principal = json!({"AWS": format!("{ACCOUNT}:{principal}")});
    json!({"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"})
}

type Outcome = (Option<(Access, String)>, bool);

/// The access of one user to sessions that need the key, and whether it is the key that they lack.
fn with_key(documents: &[Value], key: KmsKey) -> Outcome {
    with_fact(documents, Fact::Known(key))
}

fn with_fact(documents: &[Value], key: Fact<KmsKey>) -> Outcome {
    let mut builder = Builder::default();
    builder.add("user/jane", documents);
    outcome(&builder, key)
}

fn outcome(builder: &Builder, key: Fact<KmsKey>) -> Outcome {
    let target = SessionTarget { key, ..target() };
    let access = session_access(&builder.0, &target);
    let first = access.principals.first().map(|principal| {
        let permission = &principal.routes[0].permission;
        let words = [permission.conditions.clone(), permission.undecided.clone()].concat();
        (principal.access, words.join("; "))
    });
    (first, !access.lacking_key.is_empty())
}

fn yes() -> Outcome {
    (Some((Access::Allowed, String::new())), false)
}

const LACKING: Outcome = (None, true);

#[test]
fn an_encrypted_session_needs_the_key() {
    let (execute, data_key) = (allow("ecs:ExecuteCommand"), allow("kms:GenerateDataKey*"));
    let by_policies = || key(json!([leaves_it_to_policies()]));
    assert_eq!(
        with_key(&[execute.clone(), data_key.clone()], by_policies()),
        yes()
    );
    assert_eq!(with_key(from_ref(&execute), by_policies()), LACKING);
    let elsewhere = KEY.replace("0a1b", "other");
    let other = statement("Allow", json!("kms:*"), json!(elsewhere), json!({}));
    assert_eq!(with_key(&[execute.clone(), other], by_policies()), LACKING);
    let deny = statement("Deny", json!("kms:*"), json!(KEY), json!({}));
    assert_eq!(
        with_key(&[execute.clone(), data_key.clone(), deny], by_policies()),
        LACKING
    );
    // Without a key, or without the permission to execute, the key does not matter.
    assert_eq!(with_fact(&[execute], Fact::Absent), yes());
    assert_eq!(with_key(&[data_key], by_policies()), (None, false));
}

#[test]
fn the_policy_of_the_key_decides_too() {
    let execute = allow("ecs:ExecuteCommand");
    let both = [execute.clone(), allow("kms:*")];
    let of_admin = || json!([named("role/admin", "kms:*")]);
    assert_eq!(with_key(&both, key(of_admin())), LACKING);
    let own = key(json!([named("user/jane", "kms:GenerateDataKey")]));
    assert_eq!(with_key(from_ref(&execute), own), yes());
    let mut denies = named("user/jane", "kms:GenerateDataKey");
    denies["Effect"] = "Deny".into();
    let denies = key(json!([leaves_it_to_policies(), denies]));
    assert_eq!(with_key(&both, denies), LACKING);
    let mut with_mfa = named("user/jane", "kms:*");
    with_mfa["Condition"] = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let with_mfa = with_key(&[execute], key(json!([with_mfa])));
    assert_eq!(
        with_mfa.0,
        Some((Access::Conditional, "only with MFA".to_owned()))
    );
}

#[test]
fn a_key_of_another_account_needs_both_policies() {
    let in_other = |statements| KmsKey {
        arn: KEY.replace("123456789012", "999999999999"),
        ..key(statements)
    };
    let execute = allow("ecs:ExecuteCommand");
    let names_user = || json!([named("user/jane", "kms:*")]);
    assert_eq!(
        with_key(from_ref(&execute), in_other(names_user())),
        LACKING
    );
    let both = [execute, allow("kms:*")];
    assert_eq!(with_key(&both, in_other(names_user())), yes());
    assert_eq!(with_key(&both, in_other(json!([]))), LACKING);
}

#[test]
fn grants_count() {
    let granted = |operation: &str, is_constrained| KmsKey {
        grants: Fact::Known(vec![Grant {
            grantee: format!("{ACCOUNT}:user/jane"),
            operations: vec![operation.into()],
            is_constrained,
        }]),
        ..key(json!([]))
    };
    let execute = [allow("ecs:ExecuteCommand")];
    assert_eq!(with_key(&execute, granted("GenerateDataKey", false)), yes());
    assert_eq!(with_key(&execute, granted("Decrypt", false)), LACKING);
    let constrained = with_key(&execute, granted("GenerateDataKey", true))
        .0
        .unwrap();
    assert_eq!(constrained.0, Access::Undecided);
}

#[test]
fn what_cannot_be_read_is_undecided() {
    let why = || Unavailable::not_asked("kms:GetKeyPolicy", "the caller is not allowed to");
    let execute = [allow("ecs:ExecuteCommand")];
    let unread = KmsKey {
        policy: Fact::Unavailable(why()),
        ..key(json!([]))
    };
    for unread in [Fact::Known(unread), Fact::Unavailable(why())] {
        let (access, words) = with_fact(&execute, unread).0.unwrap();
        assert_eq!(access, Access::Undecided);
        assert!(words.contains("the key of the cluster"), "{words}");
    }
    let without_grants = KmsKey {
        grants: Fact::Unavailable(why()),
        ..key(json!([]))
    };
    assert_eq!(
        with_key(&execute, without_grants).0.unwrap().0,
        Access::Undecided
    );
    // The grants do not matter to whom the policies allow it.
    let both = [execute[0].clone(), allow("kms:*")];
    let without_grants = KmsKey {
        grants: Fact::Unavailable(why()),
        ..key(json!([leaves_it_to_policies()]))
    };
    assert_eq!(with_key(&both, without_grants), yes());
}

#[test]
fn sessions_past_ecs_need_no_key() {
    let (access, lacks_key) = with_key(&[allow("ssm:StartSession")], key(json!([])));
    assert_eq!((access, lacks_key), yes());
}

#[test]
fn a_boundary_limits_the_key_too() {
    let mut builder = Builder::default();
    let boundary = builder.policy("boundary", allow("ecs:*"));
    let role = builder.add("role/ops", &[allow("*")]);
    role.boundary = Some(boundary);
    assert_eq!(
        outcome(&builder, Fact::Known(key(json!([leaves_it_to_policies()])))),
        LACKING
    );
    assert_eq!(outcome(&builder, Fact::Absent), yes());
}
