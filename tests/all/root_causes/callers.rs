//! The caller: missing, denied, conditional and sufficient permissions.

use super::{assert_causes, assert_healthy};
use crate::support::platform::{Caller, Platform, PlatformSpec};

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_caller_needs_permission_on_the_cluster_and_the_tasks() {
    for (cluster, tasks, title) in [
        (
            false,
            false,
            "The caller is not allowed to call ecs:ExecuteCommand",
        ),
        (
            false,
            true,
            "The caller is allowed to call ecs:ExecuteCommand on the tasks, but not on the cluster",
        ),
        (
            true,
            false,
            "The caller is allowed to call ecs:ExecuteCommand on the cluster, but not on the tasks",
        ),
    ] {
        let caller = Caller::User { cluster, tasks };
        let platform = Platform::new(PlatformSpec {
            caller,
            ..PlatformSpec::default()
        });
        let run = platform.doctor(&["coder"]);
        assert_causes(&run, &["caller.execute-command"], &[]);
        assert_eq!(run.json()["root_causes"][0]["title"], title);
    }
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn assumed_roles_and_root_are_allowed() {
    for caller in [Caller::Role, Caller::Root] {
        assert_healthy(
            &Platform::new(PlatformSpec {
                caller,
                ..PlatformSpec::default()
            })
            .doctor(&["coder"]),
        );
    }
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn conditions_of_the_caller_policy_are_evaluated() {
    let with_condition = |condition: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"ecs:ExecuteCommand","Resource":"*","Condition":{condition}}}]}}"#
        )
    };
    let platform = Platform::healthy();
    let user = format!("{}-caller", platform.cluster);
    let put = |document: &str| {
        platform
            .sdk
            .wait(platform.sdk.put_user_policy(&user, "ops", document));
        platform.doctor(&["coder"])
    };
    assert_healthy(&put(&with_condition(
        r#"{"StringEquals":{"ecs:container-name":"coder"}}"#,
    )));
    assert_healthy(&put(&with_condition(
        r#"{"StringEquals":{"aws:RequestedRegion":"us-west-2"}}"#,
    )));
    let cluster = format!(
        "arn:aws:ecs:us-west-2:123456789012:cluster/{}",
        platform.cluster
    );
    assert_healthy(&put(&with_condition(&format!(
        r#"{{"ArnEquals":{{"ecs:cluster":"{cluster}"}}}}"#
    ))));
    assert_causes(
        &put(&with_condition(
            r#"{"StringEquals":{"ecs:container-name":"other"}}"#,
        )),
        &["caller.execute-command"],
        &[],
    );
    assert_causes(
        &put(&with_condition(
            r#"{"StringEquals":{"aws:ResourceTag/team":"ops"}}"#,
        )),
        &["caller.execute-command"],
        &[],
    );
    let open = put(&with_condition(
        r#"{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#,
    ));
    assert_eq!(open.causes(), [""; 0]);
    assert_eq!(open.with_status("unknown"), ["caller.execute-command"]);
    assert!(open.stdout.contains("aws:MultiFactorAuthPresent"));
    assert_eq!(open.status, 3);
    assert_eq!(platform.doctor(&["coder", "--allow-unknown"]).status, 0);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_container_condition_applies_to_the_target_container() {
    let platform = Platform::new(PlatformSpec {
        sidecars: vec!["envoy"],
        ..PlatformSpec::default()
    });
    let configuration = "[services.coder]\ncontainer = \"coder\"\n";
    std::fs::write(platform.home.path().join("ecs-exec.toml"), configuration).unwrap();
    let user = format!("{}-caller", platform.cluster);
    let only = |container: &str| {
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"ecs:ExecuteCommand","Resource":"*","Condition":{{"StringEquals":{{"ecs:container-name":"{container}"}}}}}}]}}"#
        );
        platform
            .sdk
            .wait(platform.sdk.put_user_policy(&user, "ops", &policy));
    };
    only("envoy");
    assert_causes(
        &platform.doctor(&["coder"]),
        &["caller.execute-command"],
        &[],
    );
    assert_healthy(&platform.doctor(&["coder", "--container", "envoy"]));
    only("coder");
    assert_healthy(&platform.doctor(&["coder"]));
    assert_causes(
        &platform.doctor(&["coder", "--container", "envoy"]),
        &["caller.execute-command"],
        &[],
    );
}
