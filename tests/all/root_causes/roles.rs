//! The task role: missing, without required actions, or restricted by a boundary or a deny.

use super::assert_causes;
use crate::support::managed_agents::Agent;
use crate::support::platform::{Platform, PlatformSpec, SSMMESSAGES, allow, statement};

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_role_that_lacks_an_action_is_the_cause() {
    let none = Platform::new(PlatformSpec {
        role_actions: Some(Vec::new()),
        ..PlatformSpec::default()
    });
    assert_causes(&none.doctor(&["coder"]), &["role.ssmmessages"], &[]);
    none.proxy.agent(Agent::Stopped);
    assert_causes(
        &none.doctor(&["coder"]),
        &["role.ssmmessages"],
        &["container.agent-running"],
    );
    for missing in SSMMESSAGES {
        let three = SSMMESSAGES
            .into_iter()
            .filter(|action| *action != missing)
            .collect();
        let platform = Platform::new(PlatformSpec {
            role_actions: Some(three),
            ..PlatformSpec::default()
        });
        let run = platform.doctor(&["coder"]);
        assert_causes(&run, &["role.ssmmessages"], &[]);
        assert!(
            run.json()["root_causes"][0]["title"]
                .as_str()
                .unwrap()
                .contains(missing)
        );
    }
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn boundaries_and_explicit_denies_of_the_role_are_named() {
    let platform = Platform::healthy();
    let role = platform.role("coder");
    platform.sdk.wait(async {
        let iam = &platform.sdk.iam;
        let boundary = iam
            .create_policy()
            .policy_name(format!("{role}-boundary"))
            .policy_document(allow(&["s3:*"], &["*"]))
            .send()
            .await
            .unwrap();
        let arn = boundary.policy.unwrap().arn.unwrap();
        iam.put_role_permissions_boundary()
            .role_name(&role)
            .permissions_boundary(&arn)
            .send()
            .await
            .unwrap();
    });
    let run = platform.doctor(&["coder"]);
    assert_causes(&run, &["role.ssmmessages"], &[]);
    assert!(run.stdout.contains("boundary"));

    let platform = Platform::healthy();
    let role = platform.role("coder");
    let deny = statement("Deny", &["ssmmessages:OpenDataChannel"], &["*"]);
    platform
        .sdk
        .wait(platform.sdk.put_role_policy(&role, "lockdown", &deny));
    let run = platform.doctor(&["coder"]);
    assert_causes(&run, &["role.ssmmessages"], &[]);
    assert!(run.stdout.contains("explicit Deny"));
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn conditions_in_other_statements_do_not_hide_a_missing_action() {
    let platform = Platform::new(PlatformSpec {
        role_actions: Some(Vec::new()),
        ..PlatformSpec::default()
    });
    let role = platform.role("coder");
    let bucket = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Condition":{"StringLike":{"s3:prefix":"a/*"}}}]}"#;
    platform
        .sdk
        .wait(platform.sdk.put_role_policy(&role, "bucket", bucket));
    assert_causes(&platform.doctor(&["coder"]), &["role.ssmmessages"], &[]);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_missing_role_is_the_cause() {
    let platform = Platform::new(PlatformSpec {
        role_actions: None,
        ..PlatformSpec::default()
    });
    assert_causes(&platform.doctor(&["coder"]), &["role.present"], &[]);

    let platform = Platform::healthy();
    let role = platform.role("coder");
    platform.sdk.wait(async {
        let iam = &platform.sdk.iam;
        iam.delete_role_policy()
            .role_name(&role)
            .policy_name("ecs-exec")
            .send()
            .await
            .unwrap();
        iam.delete_role().role_name(&role).send().await.unwrap();
    });
    assert_causes(&platform.doctor(&["coder"]), &["role.present"], &[]);
}
