//! One fault at a time: the report names it as the only root cause.

mod callers;
mod roles;

use serde_json::Value;

use crate::support::doctor::Run;
use crate::support::managed_agents::Agent;
use crate::support::platform::{Platform, PlatformSpec, SSMMESSAGES, allow};

/// The report has exactly these causes, and only they and these symptoms fail.
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
fn a_healthy_service_passes() {
    assert_healthy(&Platform::healthy().doctor(&["coder"]));
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_target_can_be_a_service_a_task_or_the_cluster() {
    let platform = Platform::healthy();
    assert_healthy(&platform.doctor(&["coder-production-coder"]));
    assert_healthy(&platform.doctor(&["--all"]));
    assert_healthy(&platform.doctor(&["coder", "--container", "coder"]));
    let arn = platform.tasks("coder").remove(0);
    let id = arn.rsplit('/').next().unwrap();
    for task in [arn.as_str(), id, &id[..8]] {
        let run = platform.doctor(&["--task", task]);
        assert_healthy(&run);
        assert!(run.with_status("pass").contains(&"task.exists".to_owned()));
    }
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_service_without_exec_is_the_cause() {
    let platform = Platform::new(PlatformSpec {
        exec: false,
        ..PlatformSpec::default()
    });
    let run = platform.doctor(&["coder"]);
    assert_causes(
        &run,
        &["service.exec-enabled"],
        &["task.exec-enabled", "container.agent-running"],
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_task_older_than_the_exec_flag_is_the_cause() {
    let platform = Platform::new(PlatformSpec {
        exec: false,
        ..PlatformSpec::default()
    });
    platform.set_exec("coder", true);
    let run = platform.doctor(&["coder"]);
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
fn an_agent_that_is_not_running_is_the_cause() {
    let platform = Platform::healthy();
    for agent in [Agent::Absent, Agent::Stopped, Agent::Pending] {
        platform.proxy.agent(agent);
        assert_causes(
            &platform.doctor(&["coder"]),
            &["container.agent-running"],
            &[],
        );
    }
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_missing_endpoint_is_the_cause_only_without_internet_access() {
    let closed = Platform::new(PlatformSpec {
        endpoint: false,
        ..PlatformSpec::default()
    });
    assert_causes(
        &closed.doctor(&["coder"]),
        &["network.endpoint-present"],
        &["network.internet-route", "network.path"],
    );
    let open = Platform::new(PlatformSpec {
        endpoint: false,
        nat: true,
        ..PlatformSpec::default()
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
fn a_service_without_tasks_is_the_cause() {
    let platform = Platform::new(PlatformSpec {
        tasks: 0,
        ..PlatformSpec::default()
    });
    let run = platform.doctor(&["coder"]);
    assert_causes(&run, &["service.running-tasks"], &[]);
    assert!(
        run.stdout
            .contains("No running tasks found for service: coder-production-coder")
    );
}

const SERVICES: [&str; 6] = [
    "coder",
    "litellm",
    "key-provisioner",
    "clickhouse",
    "langfuse-web",
    "langfuse-worker",
];

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn only_the_broken_one_of_six_services_is_reported() {
    let platform = Platform::new(PlatformSpec {
        services: SERVICES.to_vec(),
        tasks: 2,
        ..PlatformSpec::default()
    });
    let role = platform.role("litellm");
    let three = allow(&SSMMESSAGES[..3], &["*"]);
    platform
        .sdk
        .wait(platform.sdk.put_role_policy(&role, "ecs-exec", &three));
    let run = platform.doctor(&["--all"]);
    assert_causes(&run, &["role.ssmmessages"], &[]);
    let report = run.json();
    assert_eq!(
        services_of(&report["root_causes"][0]),
        ["coder-production-litellm"]
    );
    for service in SERVICES.into_iter().filter(|service| *service != "litellm") {
        assert_healthy(&platform.doctor(&[service]));
    }
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_cause_shared_by_services_is_reported_once() {
    let platform = Platform::new(PlatformSpec {
        services: SERVICES.to_vec(),
        endpoint: false,
        ..PlatformSpec::default()
    });
    let run = platform.doctor(&["--all"]);
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
    let platform = Platform::new(PlatformSpec {
        exec: false,
        endpoint: false,
        role_actions: Some(Vec::new()),
        ..PlatformSpec::default()
    });
    assert_causes(
        &platform.doctor(&["coder"]),
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
    let report_text = platform.run(&["doctor", "coder"]).stdout;
    // The tasks are replaced once, after all other changes.
    let position = |command: &str| {
        assert_eq!(
            report_text.matches(command).count(),
            1,
            "{command}: {report_text}"
        );
        report_text.find(command).unwrap()
    };
    let last = position("aws ecs update-service");
    assert!(position("aws iam put-role-policy") < last, "{report_text}");
    assert!(
        position("aws ec2 create-vpc-endpoint") < last,
        "{report_text}"
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_configured_container_that_does_not_exist_warns() {
    let platform = Platform::healthy();
    std::fs::write(
        platform.home.path().join("ecs-exec.toml"),
        "[services.coder]\ncontainer = \"zz\"\n",
    )
    .unwrap();
    let run = platform.doctor(&["coder"]);
    assert_healthy(&run);
    assert!(
        run.with_status("warn")
            .contains(&"container.exists".to_owned())
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_missing_plugin_only_warns() {
    let platform = Platform::new(PlatformSpec {
        plugin: false,
        ..PlatformSpec::default()
    });
    let run = platform.doctor(&["coder"]);
    assert_healthy(&run);
    assert!(
        run.with_status("skip")
            .contains(&"local.plugin-installed".to_owned())
    );
    assert_healthy(&platform.doctor(&["coder", "--skip", "local"]));
}
