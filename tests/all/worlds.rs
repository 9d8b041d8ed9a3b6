//! One thing broken at a time: the report names it, and blames nothing that is healthy.

use serde_json::Value;

use crate::support::doctor::Run;
use crate::support::proxy::Agent;
use crate::support::world::{Caller, Plan, SSMMESSAGES, World, allow, statement};

/// The report names exactly these causes, and fails nothing but them and their symptoms.
fn assert_causes(run: &Run, causes: &[&str], symptoms: &[&str]) {
    assert_eq!(run.causes(), causes, "{}", run.stdout);
    let mut failing: Vec<&str> = causes.iter().chain(symptoms).copied().collect();
    failing.sort_unstable();
    assert_eq!(run.with_status("fail"), failing, "{}", run.stdout);
    assert_eq!(run.status, 1);
    assert_eq!(run.json()["verdict"], "fail");
}

fn assert_healthy(run: &Run) {
    assert_eq!(run.causes(), [""; 0], "{}", run.stdout);
    assert_eq!(run.with_status("fail"), [""; 0], "{}", run.stdout);
    assert_eq!(run.with_status("unknown"), [""; 0], "{}", run.stdout);
    assert_eq!(run.status, 0);
    assert_eq!(run.json()["verdict"], "pass");
}

fn services_of(cause: &Value) -> Vec<&str> {
    let subjects = cause["subjects"].as_array().unwrap();
    subjects
        .iter()
        .filter_map(|subject| subject["service"].as_str())
        .collect()
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn healthy() {
    assert_healthy(&World::healthy().doctor(&["coder"]));
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn healthy_by_full_name_by_task_and_as_a_whole_cluster() {
    let world = World::healthy();
    assert_healthy(&world.doctor(&["coder-production-coder"]));
    assert_healthy(&world.doctor(&["--all"]));
    assert_healthy(&world.doctor(&["coder", "--container", "coder"]));
    let arn = world.tasks("coder").remove(0);
    let id = arn.rsplit('/').next().unwrap();
    for task in [arn.as_str(), id, &id[..8]] {
        let run = world.doctor(&["--task", task]);
        assert_healthy(&run);
        assert!(run.with_status("pass").contains(&"task.exists".to_owned()));
    }
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn plugin_absent() {
    let world = World::new(Plan {
        plugin: false,
        ..Plan::default()
    });
    let run = world.doctor(&["coder"]);
    assert_healthy(&run);
    assert!(
        run.with_status("warn")
            .contains(&"local.plugin-installed".to_owned())
    );
    assert_healthy(&world.doctor(&["coder", "--skip", "local"]));
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn callers() {
    for (cluster, tasks, title) in [
        (false, false, "The caller may not call ecs:ExecuteCommand"),
        (
            false,
            true,
            "The caller may call ecs:ExecuteCommand on the tasks, but not on the cluster",
        ),
        (
            true,
            false,
            "The caller may call ecs:ExecuteCommand on the cluster, but not on the tasks",
        ),
    ] {
        let caller = Caller::User { cluster, tasks };
        let world = World::new(Plan {
            caller,
            ..Plan::default()
        });
        let run = world.doctor(&["coder"]);
        assert_causes(&run, &["caller.execute-command"], &[]);
        assert_eq!(run.json()["root_causes"][0]["title"], title);
    }
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn callers_that_are_allowed() {
    for caller in [Caller::Role, Caller::Root] {
        assert_healthy(
            &World::new(Plan {
                caller,
                ..Plan::default()
            })
            .doctor(&["coder"]),
        );
    }
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_caller_s_conditions_are_met_unmet_or_open() {
    let with_condition = |condition: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"ecs:ExecuteCommand","Resource":"*","Condition":{condition}}}]}}"#
        )
    };
    let world = World::healthy();
    let user = format!("{}-caller", world.cluster);
    let put = |document: &str| {
        world
            .sdk
            .wait(world.sdk.put_user_policy(&user, "ops", document));
        world.doctor(&["coder"])
    };
    assert_healthy(&put(&with_condition(
        r#"{"StringEquals":{"ecs:container-name":"coder"}}"#,
    )));
    assert_healthy(&put(&with_condition(
        r#"{"StringEquals":{"aws:RequestedRegion":"us-west-2"}}"#,
    )));
    let cluster = format!(
        "arn:aws:ecs:us-west-2:123456789012:cluster/{}",
        world.cluster
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
    assert_eq!(world.doctor(&["coder", "--allow-unknown"]).status, 0);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn service_never_enabled() {
    let world = World::new(Plan {
        exec: false,
        ..Plan::default()
    });
    let run = world.doctor(&["coder"]);
    assert_causes(
        &run,
        &["service.exec-enabled"],
        &["task.exec-enabled", "container.agent-running"],
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn task_older_than_the_flag() {
    let world = World::new(Plan {
        exec: false,
        ..Plan::default()
    });
    world.set_exec("coder", true);
    let run = world.doctor(&["coder"]);
    assert_causes(&run, &["task.exec-enabled"], &["container.agent-running"]);
    let report = run.json();
    let command = report["fixes"][0]["commands"][0].as_str().unwrap();
    assert!(
        command.ends_with("--force-new-deployment --region us-west-2"),
        "{command}"
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn agents_that_are_not_running() {
    let world = World::healthy();
    for agent in [Agent::Absent, Agent::Stopped, Agent::Pending] {
        world.proxy.agent(agent);
        assert_causes(&world.doctor(&["coder"]), &["container.agent-running"], &[]);
    }
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn roles_that_lack_actions() {
    let none = World::new(Plan {
        role_actions: Some(Vec::new()),
        ..Plan::default()
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
        let world = World::new(Plan {
            role_actions: Some(three),
            ..Plan::default()
        });
        let run = world.doctor(&["coder"]);
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
fn roles_that_are_held_back() {
    let world = World::healthy();
    let role = world.role("coder");
    world.sdk.wait(async {
        let iam = &world.sdk.iam;
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
    let run = world.doctor(&["coder"]);
    assert_causes(&run, &["role.ssmmessages"], &[]);
    assert!(run.stdout.contains("boundary"));

    let world = World::healthy();
    let role = world.role("coder");
    let deny = statement("Deny", &["ssmmessages:OpenDataChannel"], &["*"]);
    world
        .sdk
        .wait(world.sdk.put_role_policy(&role, "lockdown", &deny));
    let run = world.doctor(&["coder"]);
    assert_causes(&run, &["role.ssmmessages"], &[]);
    assert!(run.stdout.contains("explicit Deny"));
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn conditions_in_other_statements_do_not_hide_a_missing_action() {
    let world = World::new(Plan {
        role_actions: Some(Vec::new()),
        ..Plan::default()
    });
    let role = world.role("coder");
    let bucket = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Condition":{"StringLike":{"s3:prefix":"a/*"}}}]}"#;
    world
        .sdk
        .wait(world.sdk.put_role_policy(&role, "bucket", bucket));
    assert_causes(&world.doctor(&["coder"]), &["role.ssmmessages"], &[]);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn roles_that_are_not_there() {
    let world = World::new(Plan {
        role_actions: None,
        ..Plan::default()
    });
    assert_causes(&world.doctor(&["coder"]), &["role.present"], &[]);

    let world = World::healthy();
    let role = world.role("coder");
    world.sdk.wait(async {
        let iam = &world.sdk.iam;
        iam.delete_role_policy()
            .role_name(&role)
            .policy_name("ecs-exec")
            .send()
            .await
            .unwrap();
        iam.delete_role().role_name(&role).send().await.unwrap();
    });
    assert_causes(&world.doctor(&["coder"]), &["role.present"], &[]);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn endpoint_missing_with_and_without_a_way_out() {
    let closed = World::new(Plan {
        endpoint: false,
        ..Plan::default()
    });
    assert_causes(
        &closed.doctor(&["coder"]),
        &["network.endpoint-present"],
        &["network.internet-route", "network.path"],
    );
    let open = World::new(Plan {
        endpoint: false,
        nat: true,
        ..Plan::default()
    });
    let run = open.doctor(&["coder"]);
    assert_healthy(&run);
    assert!(
        run.stdout
            .contains("has no ssmmessages endpoint, and sessions leave through")
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn no_running_task() {
    let world = World::new(Plan {
        tasks: 0,
        ..Plan::default()
    });
    let run = world.doctor(&["coder"]);
    assert_causes(&run, &["service.running-tasks"], &[]);
    assert!(
        run.stdout
            .contains("No running tasks found for service: coder-production-coder")
    );
}

const SIX: [&str; 6] = [
    "coder",
    "litellm",
    "key-provisioner",
    "clickhouse",
    "langfuse-web",
    "langfuse-worker",
];

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn six_services_with_one_broken() {
    let world = World::new(Plan {
        services: SIX.to_vec(),
        tasks: 2,
        ..Plan::default()
    });
    let role = world.role("litellm");
    let three = allow(&SSMMESSAGES[..3], &["*"]);
    world
        .sdk
        .wait(world.sdk.put_role_policy(&role, "ecs-exec", &three));
    let run = world.doctor(&["--all"]);
    assert_causes(&run, &["role.ssmmessages"], &[]);
    let report = run.json();
    assert_eq!(
        services_of(&report["root_causes"][0]),
        ["coder-production-litellm"]
    );
    for service in SIX.into_iter().filter(|service| *service != "litellm") {
        assert_healthy(&world.doctor(&[service]));
    }
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_shared_cause_is_one() {
    let world = World::new(Plan {
        services: SIX.to_vec(),
        endpoint: false,
        ..Plan::default()
    });
    let run = world.doctor(&["--all"]);
    assert_causes(
        &run,
        &["network.endpoint-present"],
        &["network.internet-route", "network.path"],
    );
    assert_eq!(services_of(&run.json()["root_causes"][0]).len(), 6);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn two_faults_are_two_causes() {
    let world = World::new(Plan {
        exec: false,
        endpoint: false,
        role_actions: Some(Vec::new()),
        ..Plan::default()
    });
    assert_causes(
        &world.doctor(&["coder"]),
        &[
            "service.exec-enabled",
            "role.ssmmessages",
            "network.endpoint-present",
        ],
        &[
            "task.exec-enabled",
            "container.agent-running",
            "network.internet-route",
            "network.path",
        ],
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn policies_that_tell_containers_apart() {
    let world = World::new(Plan {
        sidecars: vec!["envoy"],
        ..Plan::default()
    });
    let configuration = "[services.coder]\ncontainer = \"coder\"\n";
    std::fs::write(world.home.path().join("ecs-exec.toml"), configuration).unwrap();
    let user = format!("{}-caller", world.cluster);
    let only = |container: &str| {
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"ecs:ExecuteCommand","Resource":"*","Condition":{{"StringEquals":{{"ecs:container-name":"{container}"}}}}}}]}}"#
        );
        world
            .sdk
            .wait(world.sdk.put_user_policy(&user, "ops", &policy));
    };
    only("envoy");
    assert_causes(&world.doctor(&["coder"]), &["caller.execute-command"], &[]);
    assert_healthy(&world.doctor(&["coder", "--container", "envoy"]));
    only("coder");
    assert_healthy(&world.doctor(&["coder"]));
    assert_causes(
        &world.doctor(&["coder", "--container", "envoy"]),
        &["caller.execute-command"],
        &[],
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_configured_container_that_no_task_has() {
    let world = World::healthy();
    std::fs::write(
        world.home.path().join("ecs-exec.toml"),
        "[services.coder]\ncontainer = \"zz\"\n",
    )
    .unwrap();
    let run = world.doctor(&["coder"]);
    assert_healthy(&run);
    assert!(
        run.with_status("warn")
            .contains(&"container.exists".to_owned())
    );
}
