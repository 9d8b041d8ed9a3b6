//! Task roles whose ARNs are known only after apply: with a generated name, or in an account that the plan does not show.

use diagnosis::Report;
use model::Status;
use serde_json::{Value, json};

use crate::plan_builder::{PlanBuilder, references};
use crate::support::*;

const ACCOUNT: Option<&str> = Some("123456789012");

/// A plan with a key of this policy, and a role with a generated name that is allowed to decrypt.
fn with_key(policy: Option<Value>) -> PlanBuilder {
    let policy = policy.map_or_else(
        || references(&[]),
        |statement| Value::String(json!({"Statement": statement}).to_string()),
    );
    let exec = json!({
        "logging": "NONE", "kms_key_id": references(&["aws_kms_key.k.arn", "aws_kms_key.k"]),
    });
    let permissions = json!({"Statement": {
        "Effect": "Allow", "Action": ["ssmmessages:*", "kms:Decrypt"], "Resource": "*",
    }});
    let trust = json!({"Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"},
    }]});
    PlanBuilder::new()
        .exec_configuration(exec, json!({"policy": policy}))
        .with(
            "aws_iam_role.r",
            json!({
                "name": references(&[]), "name_prefix": "r", "arn": references(&[]),
                "assume_role_policy": trust.to_string(),
            }),
        )
        .with(
            "aws_iam_role_policy.r",
            json!({
                "name": "exec", "role": references(&["aws_iam_role.r.name", "aws_iam_role.r"]),
                "policy": permissions.to_string(),
            }),
        )
        .service(json!([]))
        .endpoint(None)
}

fn allow(principal: &str) -> Option<Value> {
    Some(
        json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "kms:*", "Resource": "*"}),
    )
}

fn report_in(account: Option<&str>, small: PlanBuilder) -> Report {
    let mut request = request_anywhere("c");
    request.account = account.map(str::to_owned);
    report(&plan(&small.document()).facts(&request))
}

fn decrypt_in(account: Option<&str>, small: PlanBuilder) -> (Status, String) {
    let report = report_in(account, small);
    let mut findings = report.findings.iter();
    let finding = findings.find(|one| one.check.id == "role.kms-decrypt");
    let finding = finding.unwrap();
    (finding.status, finding.title.clone())
}

#[test]
fn a_key_without_a_policy_leaves_the_decision_to_its_account() {
    for account in [ACCOUNT, None] {
        let (status, title) = decrypt_in(account, with_key(None));
        assert_eq!(status, Status::Pass, "{account:?}: {title}");
    }
}

#[test]
fn a_key_s_policy_that_names_the_account_allows_a_role_with_a_generated_name() {
    let root = "arn:aws:iam::123456789012:root";
    assert_eq!(decrypt_in(ACCOUNT, with_key(allow(root))).0, Status::Pass);
    let (status, title) = decrypt_in(None, with_key(allow(root)));
    assert_eq!(status, Status::Unknown);
    assert!(
        title.ends_with("depends on the ID of the account"),
        "{title}"
    );
    let elsewhere = allow("arn:aws:iam::999999999999:root");
    assert_eq!(decrypt_in(ACCOUNT, with_key(elsewhere)).0, Status::Fail);
}

#[test]
fn a_condition_on_the_account_of_the_caller_is_decided_if_the_account_is_known() {
    let on = |key: &str, id: &str| {
        let condition = json!({"StringEquals": {key: id}});
        Some(json!({
            "Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": condition,
        }))
    };
    for key in ["kms:CallerAccount", "aws:PrincipalAccount"] {
        let status = |account, id: &str| decrypt_in(account, with_key(on(key, id))).0;
        assert_eq!(status(ACCOUNT, "123456789012"), Status::Pass, "{key}");
        assert_eq!(status(ACCOUNT, "999999999999"), Status::Fail, "{key}");
        assert_eq!(status(None, "123456789012"), Status::Unknown, "{key}");
    }
}

#[test]
fn a_grant_by_arn_may_be_for_a_role_without_one() {
    let other = allow("arn:aws:iam::123456789012:user/admin");
    let grant = |grantee: &str| {
        json!({
            "key_id": references(&["aws_kms_key.k.key_id", "aws_kms_key.k"]),
            "grantee_principal": grantee, "operations": ["Decrypt"],
        })
    };
    let with_grant = |grantee: &str| {
        let small = with_key(other.clone()).with("aws_kms_grant.g", grant(grantee));
        decrypt_in(ACCOUNT, small).0
    };
    assert_eq!(
        with_grant("arn:aws:iam::123456789012:role/web"),
        Status::Unknown
    );
    assert_eq!(
        with_grant("arn:aws:iam::999999999999:role/web"),
        Status::Fail
    );
}

#[test]
fn the_fix_of_a_key_s_policy_names_the_role_by_an_expression() {
    let report = report_in(
        ACCOUNT,
        with_key(allow("arn:aws:iam::123456789012:user/admin")),
    );
    let mut fixes = report.fixes.iter();
    let fix = fixes.find(|fix| fix.id.starts_with("key-policy:"));
    let terraform = fix.unwrap().terraform.clone().unwrap();
    assert!(
        terraform.contains("resource \"aws_kms_key\" \"k\" {"),
        "{terraform}"
    );
    assert!(
        terraform.contains("\"Principal\":{\"AWS\":\"${aws_iam_role.r.arn}\"}"),
        "{terraform}"
    );
}

/// The condition key of the role's own account, in its own policy.
#[test]
fn a_role_s_policy_can_depend_on_its_own_account() {
    let permissions = |id: &str| {
        json!({"Statement": {
            "Effect": "Allow", "Action": ["ssmmessages:*", "kms:Decrypt"], "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalAccount": id}},
        }})
    };
    let with = |account, id: &str| {
        let policy = json!({
            "name": "exec", "role": references(&["aws_iam_role.r.name", "aws_iam_role.r"]),
            "policy": permissions(id).to_string(),
        });
        decrypt_in(
            account,
            with_key(None).with("aws_iam_role_policy.r", policy),
        )
        .0
    };
    assert_eq!(with(ACCOUNT, "123456789012"), Status::Pass);
    assert_eq!(with(ACCOUNT, "999999999999"), Status::Fail);
    assert_eq!(with(None, "123456789012"), Status::Unknown);
}
