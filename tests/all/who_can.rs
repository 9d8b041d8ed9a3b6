//! `who-can`, and the check of `may_exec`: who of an account can open sessions.

use std::fs;

use serde_json::{Value, json};

use crate::environment_errors::assert_refused;
use crate::support::account::{Principal, allow, answer_account, denied, principal};
use crate::support::fake_service::{KEY, Service};
use crate::support::platform::{Caller, Platform, PlatformSpec};

fn mfa() -> Value {
    json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}})
}

fn principals() -> Vec<Principal> {
    vec![
        principal("user/jane", vec![allow("ecs:*", "*", mfa())]),
        principal("user/past", vec![allow("ssm:StartSession", "*", json!({}))]),
        principal(
            "user/tasks-only",
            vec![allow(
                "ecs:ExecuteCommand",
                "arn:aws:ecs:us-west-2:123456789012:task/production/*",
                json!({}),
            )],
        ),
        principal(
            "user/assumes",
            vec![allow("sts:AssumeRole", "*", json!({}))],
        ),
        principal("role/ops", vec![allow("*", "*", json!({}))]),
        principal("role/other", vec![allow("s3:*", "*", json!({}))]),
    ]
}

fn service() -> Service {
    let service = Service::start();
    answer_account(&service, principals());
    service
}

#[test]
fn principals_are_listed_with_their_ways_and_conditions() {
    let service = service();
    let run = service.run(&["who-can", "web"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let first = run.stdout.lines().next().unwrap();
    assert_eq!(
        first,
        "4 of 6 principals can open sessions into web (production, us-west-2, 123456789012): 3 always, 1 under conditions"
    );
    let line = |start: &str| {
        let mut lines = run.stdout.lines();
        let line = lines.find(|line| line.starts_with(start)).unwrap();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        line("role ops"),
        "role ops yes ecs:ExecuteCommand and ssm:StartSession -"
    );
    assert_eq!(
        line("user jane"),
        "user jane conditional ecs:ExecuteCommand only with MFA"
    );
    assert_eq!(line("user past"), "user past yes ssm:StartSession -");
    assert_eq!(line("user assumes"), "user assumes yes assuming ops -");
    assert!(!run.stdout.contains("tasks-only") && !run.stdout.contains("role other"));
    for note in ["root user", "session policies", "deny-start-session"] {
        assert!(run.stdout.contains(note), "{note}: {}", run.stdout);
    }
    assert_eq!(
        service.calls("iam:GetAccountAuthorizationDetails"),
        6,
        "every page"
    );
}

#[test]
fn the_other_formats_have_every_principal() {
    let service = service();
    let json = service.run(&["who-can", "web", "--format", "json"]).json();
    assert_eq!(json["schema_version"], "1");
    assert_eq!(json["target"]["service"], "web");
    let jane = json["principals"].as_array().unwrap().iter();
    let jane = jane.filter(|one| one["arn"] == "arn:aws:iam::123456789012:user/jane");
    let jane: Vec<&Value> = jane.collect();
    assert_eq!(jane[0]["access"], "conditional");
    assert_eq!(jane[0]["routes"][0]["conditions"], json!(["only with MFA"]));
    assert_eq!(jane[0]["routes"][0]["policies"], json!(["inline-0"]));
    let csv = service.run(&["who-can", "web", "--format", "csv"]);
    assert_eq!(csv.stdout.lines().count(), 5, "{}", csv.stdout);
    assert!(
        csv.stdout.starts_with("principal,access,action,assumes,"),
        "{}",
        csv.stdout
    );
    assert!(csv.stderr.contains("note: "), "{}", csv.stderr);
    let markdown = service
        .run(&["who-can", "web", "--format", "markdown"])
        .stdout;
    assert!(markdown.contains("| Principal | Access |"), "{markdown}");
}

#[test]
fn a_policy_that_cannot_be_read_leaves_its_principals_undecided() {
    let service = Service::start();
    let mut unread = principal("role/unread", Vec::new());
    unread.attached = Some("arn:aws:iam::aws:policy/Some");
    answer_account(&service, vec![unread]);
    service.answer("iam:GetPolicy", |_| denied());
    let run = service.run(&["who-can", "web"]);
    assert!(
        run.stdout.starts_with("0 of 1 principal can"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("1 undecided"), "{}", run.stdout);
    assert!(
        run.stdout
            .contains("The policy Some could not be read: missing permission iam:GetPolicy"),
        "{}",
        run.stdout
    );
}

#[test]
fn encrypted_sessions_are_for_those_who_can_use_the_key() {
    let service = service();
    service.account.lock().unwrap().kms_key = Some(KEY);
    let metadata = json!({"KeyMetadata": {"KeyId": "k", "Arn": KEY, "KeyState": "Enabled"}});
    service.answer("kms:DescribeKey", move |_| (200, metadata.to_string()));
    let account = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "kms:*", "Resource": "*",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
    }]});
    let policy = json!({"Policy": account.to_string()});
    service.answer("kms:GetKeyPolicy", move |_| (200, policy.to_string()));
    service.answer("kms:ListGrants", |_| {
        (200, json!({"Grants": [], "Truncated": false}).to_string())
    });
    let run = service.run(&["who-can", "web"]);
    assert!(
        run.stdout.contains("3 of 6 principals can open"),
        "{}",
        run.stdout
    );
    let words: Vec<&str> = run.stdout.split_whitespace().collect();
    let note = "Not counted for ecs:ExecuteCommand, which they are allowed: jane.";
    assert!(words.join(" ").contains(note), "{}", run.stdout);
    let json = service.run(&["who-can", "web", "--format", "json"]).json();
    assert_eq!(
        json["lacking_key"],
        json!(["arn:aws:iam::123456789012:user/jane"])
    );
    service.answer("kms:GetKeyPolicy", |_| {
        let error = r#"{"__type": "AccessDeniedException", "message": "no"}"#;
        (400, error.to_owned())
    });
    let unread = service.run(&["who-can", "web"]).stdout;
    // By ssm:StartSession alone.
    assert!(unread.contains("user past"), "{unread}");
    assert!(
        unread.contains("missing permission kms:GetKeyPolicy"),
        "{unread}"
    );
    assert!(unread.contains("undecided"), "{unread}");
}

#[test]
fn bad_targets_and_missing_rights_are_refused() {
    let service = service();
    let run = service.run(&["who-can", "web", "--container", "nope"]);
    assert_refused(&run, "these tasks have no container nope", "web");
    let elsewhere = "arn:aws:ecs:us-west-2:123456789012:service/other/web";
    assert_refused(
        &service.run(&["who-can", elsewhere]),
        "is in cluster other",
        "--cluster",
    );
    assert_eq!(service.run(&["who-can"]).status, 2);
    service.answer("iam:GetAccountAuthorizationDetails", |_| denied());
    assert_refused(
        &service.run(&["who-can", "web"]),
        "missing permission iam:GetAccountAuthorizationDetails",
        "SecurityAudit",
    );
}

#[test]
fn may_exec_is_checked_and_asks_iam_only_then() {
    let service = service();
    let check = [
        "doctor",
        "web",
        "--only",
        "policy.may-exec",
        "--format",
        "json",
    ];
    let config = service.home.path().join("ecs-exec.toml");
    let expect = |patterns: &str| {
        fs::write(&config, format!("[expect]\nmay_exec = [{patterns}]\n")).unwrap();
        service.run(&check)
    };
    let failed = expect("\"arn:aws:iam::*:role/ops*\"");
    assert_eq!(failed.status, 1, "{}", failed.stderr);
    let finding = &failed.json()["findings"][0];
    assert_eq!(finding["status"], "fail");
    assert_eq!(
        finding["detail"],
        "user jane (only under conditions) and user past (by ssm:StartSession)."
    );
    let passed = expect("\"arn:aws:iam::*:role/ops*\", \"*:user/*\"");
    assert_eq!(passed.status, 0, "{}{}", passed.stdout, passed.stderr);
    let wrong = expect("\"ops-*\"");
    assert_refused(
        &wrong,
        "\"ops-*\" in expect.may_exec is not a pattern of ARNs",
        "role/ops-*",
    );
    let session = expect("\"arn:aws:sts::123456789012:assumed-role/ops/*\"");
    assert_refused(&session, "is not a pattern of ARNs", "count as the role");
    let nobody = expect("");
    assert_eq!(nobody.status, 1, "{}", nobody.stderr);
    assert_eq!(nobody.json()["findings"][0]["status"], "fail");
    service.answer("iam:GetAccountAuthorizationDetails", |_| denied());
    let unknown = expect("\"arn:aws:iam::*:role/ops*\"");
    assert_eq!(unknown.status, 3, "{}", unknown.stderr);
    let missing = &unknown.json()["findings"][0]["missing_permission"];
    assert_eq!(missing, "iam:GetAccountAuthorizationDetails");
    let before = service.calls("iam:GetAccountAuthorizationDetails");
    fs::write(&config, "").unwrap();
    service.run(&["doctor", "web", "--format", "json"]);
    assert_eq!(service.calls("iam:GetAccountAuthorizationDetails"), before);
}

/// The emulator's own account, in which other tests make principals at the same time.
#[test]
#[ignore = "needs the emulator: scripts/test"]
fn principals_of_the_emulator_are_found() {
    let platform = Platform::new(PlatformSpec {
        caller: Caller::Root,
        ..PlatformSpec::default()
    });
    platform.sh(r#"
        exec='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecs:ExecuteCommand","Resource":"*"}]}'
        assume='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}'
        trust='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}'
        aws iam create-role --role-name "$CLUSTER-ops" --assume-role-policy-document "$trust"
        policy=$(aws iam create-policy --policy-name "$CLUSTER-exec" --policy-document "$exec" --query Policy.Arn --output text)
        aws iam attach-role-policy --role-name "$CLUSTER-ops" --policy-arn "$policy"
        aws iam create-group --group-name "$CLUSTER-group"
        aws iam put-group-policy --group-name "$CLUSTER-group" --policy-name exec --policy-document "$exec"
        for user in member assumer nobody; do aws iam create-user --user-name "$CLUSTER-$user"; done
        aws iam add-user-to-group --group-name "$CLUSTER-group" --user-name "$CLUSTER-member"
        aws iam put-user-policy --user-name "$CLUSTER-assumer" --policy-name assume --policy-document "$assume"
    "#);
    let json = platform
        .run(&["who-can", "coder", "--format", "json"])
        .json();
    let principals = json["principals"].as_array().unwrap();
    let routes = |name: &str| {
        let arn = format!(
            "arn:aws:iam::123456789012:{}",
            name.replace('/', &format!("/{}-", platform.cluster))
        );
        let one = principals.iter().find(|one| one["arn"] == arn.as_str());
        one.map(|one| one["routes"].clone())
    };
    let ops = routes("role/ops").unwrap();
    assert_eq!(
        ops[0]["policies"],
        json!([format!("{}-exec", platform.cluster)])
    );
    assert!(routes("user/member").is_some(), "by its group");
    assert!(
        !routes("user/assumer").unwrap()[0]["assumes"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert!(routes("user/nobody").is_none());
}
