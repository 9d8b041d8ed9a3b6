//! `doctor --as`: whether somebody else could open sessions.

use serde_json::{Value, json};

use crate::environment_errors::assert_refused;
use crate::support::account::{
    allow, answer_account, decoded, denied, field, no_such_entity, response,
};
use crate::support::doctor::Run;
use crate::support::fake_service::Service;
use crate::support::platform::{Caller, Platform, PlatformSpec};

const ROLE: &str = "arn:aws:iam::123456789012:role/team/ops";
const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/ops/jane@example.com";
const USER: &str = "arn:aws:iam::123456789012:user/jane";

/// An account with the role `ops`, of which the simulator allows everything to `allowed`.
fn service(allowed: &'static str) -> Service {
    let service = Service::start();
    answer_account(&service, Vec::new());
    service.answer("iam:GetRole", |body| match field(body, "RoleName") {
        Some("ops") => {
            let role = format!(
                "<Role><Path>/team/</Path><RoleName>ops</RoleName><RoleId>AROA1</RoleId><Arn>{ROLE}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate></Role>"
            );
            (200, response("GetRole", &role))
        }
        _ => no_such_entity(),
    });
    service.answer("iam:GetUser", |_| no_such_entity());
    service.answer("iam:SimulatePrincipalPolicy", move |body| {
        let source = decoded(field(body, "PolicySourceArn").unwrap());
        let decision = match source == allowed {
            true => "allowed",
            false => "implicitDeny",
        };
        let named = |list: &str| -> Vec<String> {
            let pairs = body.split('&').filter(|pair| pair.starts_with(list));
            let values = pairs.filter_map(|pair| pair.split_once('='));
            values.map(|(_, value)| decoded(value)).collect()
        };
        let resources = named("ResourceArns.member");
        let results: String = named("ActionNames.member")
            .iter()
            .flat_map(|action| resources.iter().map(move |resource| (action, resource)))
            .map(|(action, resource)| {
                format!(
                    "<member><EvalActionName>{action}</EvalActionName><EvalResourceName>{resource}</EvalResourceName><EvalDecision>{decision}</EvalDecision></member>"
                )
            })
            .collect();
        let results = format!("<EvaluationResults>{results}</EvaluationResults><IsTruncated>false</IsTruncated>");
        (200, response("SimulatePrincipalPolicy", &results))
    });
    service
}

fn judge(service: &Service, principal: &str) -> Run {
    service.run(&[
        "doctor",
        "web",
        "--as",
        principal,
        "--only",
        "caller,local",
        "--format",
        "json",
    ])
}

fn finding(run: &Run, check: &str) -> Value {
    let report = run.json();
    let findings = report["findings"].as_array().unwrap();
    let mut of_check = findings.iter().filter(|finding| finding["check"] == check);
    of_check.next().cloned().unwrap_or_default()
}

#[test]
fn another_principal_is_judged_and_this_machine_is_not() {
    let service = service(ROLE);
    for principal in [ROLE, SESSION] {
        let run = judge(&service, principal);
        let report = run.json();
        assert_eq!(report["caller"]["arn"], principal);
        assert_eq!(
            report["caller"]["asked_by"],
            "arn:aws:iam::123456789012:user/auditor"
        );
        assert_eq!(finding(&run, "caller.execute-command")["status"], "pass");
        let findings = report["findings"].as_array().unwrap();
        assert!(findings.iter().all(|finding| finding["area"] == "caller"));
    }
    let human = service.run(&["doctor", "web", "--as", ROLE, "--only", "caller"]);
    assert!(
        human.stdout.contains(&format!("as {ROLE}\n")),
        "{}",
        human.stdout
    );
    assert!(
        human
            .stdout
            .contains("asked by arn:aws:iam::123456789012:user/auditor with --as"),
        "{}",
        human.stdout
    );
    let own = service.run(&["doctor", "web", "--only", "caller", "--format", "json"]);
    assert!(own.json()["caller"].get("asked_by").is_none());
}

#[test]
fn what_the_principal_lacks_fails_with_a_fix_for_it() {
    let run = judge(&service("nobody"), SESSION);
    assert_eq!(run.status, 1);
    assert_eq!(finding(&run, "caller.execute-command")["status"], "fail");
    assert_eq!(finding(&run, "caller.describe-tasks")["status"], "fail");
    let commands = run.json()["fixes"].to_string();
    assert!(commands.contains("ecs:ListTasks"), "{commands}");
    assert!(
        commands.contains("put-role-policy --role-name ops"),
        "{commands}"
    );
}

#[test]
fn wrong_principals_are_refused() {
    let service = service(ROLE);
    let doctor = |principal: &str| judge(&service, principal);
    assert_refused(&doctor("ops"), "expected the ARN of a role", "");
    assert_refused(&doctor("arn:aws:iam::123456789012:root"), "root user", "");
    assert_refused(
        &doctor("arn:aws:iam::123456789012:role/nobody"),
        "there is no role arn:aws:iam::123456789012:role/nobody",
        "",
    );
    assert_refused(
        &doctor("arn:aws:iam::123456789012:role/ops"),
        "there is no role arn:aws:iam::123456789012:role/ops",
        ROLE,
    );
    assert_refused(&doctor(USER), "there is no user", "");
    assert_refused(
        &doctor("arn:aws:iam::999999999999:role/ops"),
        "is in account 999999999999, but the credentials are of account 123456789012",
        "--profile",
    );
    assert_refused(
        &service.run(&["doctor", "web", "--as", ROLE, "--only", "local"]),
        "no checks are selected",
        "--as skips every check of the area local",
    );
    assert_refused(
        &service.run(&["fix", "web", "--as", ROLE]),
        "fix does not take --as",
        "doctor --as",
    );
    for flag in ["--live", "--demo", "--fix"] {
        let run = service.run(&["doctor", "web", "--as", ROLE, flag]);
        assert_refused(&run, "cannot be used with", flag);
    }
}

/// Without the simulator the principal's policies decide; without them, nothing does.
#[test]
fn without_the_simulator_the_policies_of_the_principal_are_read() {
    let service = service(ROLE);
    service.answer("iam:SimulatePrincipalPolicy", |_| denied());
    let unknown = judge(&service, ROLE);
    assert_eq!(unknown.status, 3, "{}", unknown.stderr);
    let execute = finding(&unknown, "caller.execute-command");
    assert_eq!(execute["status"], "unknown");
    assert_eq!(execute["missing_permission"], "iam:SimulatePrincipalPolicy");

    let list = "<PolicyNames><member>exec</member></PolicyNames><IsTruncated>false</IsTruncated>";
    service.answer("iam:ListRolePolicies", move |_| {
        (200, response("ListRolePolicies", list))
    });
    service.answer("iam:ListAttachedRolePolicies", |_| {
        let none = "<AttachedPolicies/><IsTruncated>false</IsTruncated>";
        (200, response("ListAttachedRolePolicies", none))
    });
    service.answer("iam:GetRolePolicy", |_| {
        let document = allow("ecs:*", "*", json!({})).to_string();
        let document = document.replace('%', "%25").replace('"', "%22");
        let policy = format!("<RoleName>ops</RoleName><PolicyName>exec</PolicyName><PolicyDocument>{document}</PolicyDocument>");
        (200, response("GetRolePolicy", &policy))
    });
    let offline = judge(&service, ROLE);
    assert_eq!(
        finding(&offline, "caller.execute-command")["status"],
        "pass",
        "{}",
        offline.stdout
    );
}

/// A role that nobody may look up is still judged by its ARN; for a session its path stays unknown.
#[test]
fn a_role_that_cannot_be_looked_up() {
    let service = service(ROLE);
    service.answer("iam:GetRole", |_| denied());
    assert_eq!(
        finding(&judge(&service, ROLE), "caller.execute-command")["status"],
        "pass"
    );
    let session = finding(&judge(&service, SESSION), "caller.execute-command");
    assert_eq!(session["status"], "unknown");
    assert_eq!(session["missing_permission"], "iam:GetRole");
}

/// An emulator's own simulator, asked about a role that is not the caller.
#[test]
#[ignore = "needs the emulator: scripts/test"]
fn another_role_is_judged_by_the_simulator() {
    let platform = Platform::new(PlatformSpec {
        caller: Caller::Root,
        ..PlatformSpec::default()
    });
    platform.sh(r#"
        trust='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}'
        exec='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecs:ExecuteCommand","ecs:DescribeTasks","ecs:ListTasks"],"Resource":"*"}]}'
        for role in can cannot; do
            aws iam create-role --role-name "$CLUSTER-$role" --path /team/ --assume-role-policy-document "$trust"
        done
        aws iam put-role-policy --role-name "$CLUSTER-can" --policy-name exec --policy-document "$exec"
    "#);
    for (role, status) in [("can", "pass"), ("cannot", "fail")] {
        let name = format!("{}-{role}", platform.cluster);
        for principal in [
            format!("arn:aws:iam::123456789012:role/team/{name}"),
            format!("arn:aws:sts::123456789012:assumed-role/{name}/jane"),
        ] {
            let run = platform.doctor(&["coder", "--as", &principal]);
            assert_eq!(run.json()["verdict"], status, "{principal}");
            assert_eq!(finding(&run, "caller.execute-command")["status"], status);
        }
    }
    let nobody = platform.run(&[
        "doctor",
        "coder",
        "--as",
        "arn:aws:iam::123456789012:user/nobody-here",
    ]);
    assert_refused(&nobody, "there is no user", "");
}
