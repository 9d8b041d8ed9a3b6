//! Selecting clusters, services and tasks in snapshots, demos and plans.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::environment_errors::assert_refused;
use crate::support::doctor::{Run, command, run};
use crate::support::platform::home;

const FACTS: &str = include_str!("../../fixtures/healthy.json");

fn doctor(home: &Path, arguments: &[&str]) -> Run {
    fs::write(home.join("facts.json"), FACTS).unwrap();
    run(command(home)
        .args(["doctor", "--snapshot", "facts.json"])
        .args(arguments))
}

fn task_ids() -> Vec<String> {
    let facts: Value = serde_json::from_str(FACTS).unwrap();
    let tasks = facts["tasks"].as_object().unwrap();
    let ids = tasks.keys().map(|arn| arn.rsplit('/').next().unwrap());
    ids.map(str::to_owned).collect()
}

#[test]
fn a_task_id_prefix_selects_one_task() {
    let home = home(true);
    let ids = task_ids();
    let run = doctor(home.path(), &["--task", &ids[0][..8], "--format", "json"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let report = run.json();
    assert_eq!(report["target"]["services"], Value::Array(Vec::new()));
    let tasks = report["findings"].as_array().unwrap().iter();
    let tasks: Vec<&str> = tasks
        .filter(|finding| finding["subject"]["kind"] == "task")
        .map(|finding| finding["subject"]["id"].as_str().unwrap())
        .collect();
    assert!(
        !tasks.is_empty() && tasks.iter().all(|id| id.ends_with(&ids[0])),
        "{tasks:?}"
    );
}

#[test]
fn targets_that_are_not_in_the_file_are_refused() {
    let home = home(true);
    let doctor = |arguments: &[&str]| doctor(home.path(), arguments);
    assert_refused(
        &doctor(&["nothing"]),
        "there is no service nothing",
        "Its services",
    );
    assert_refused(
        &doctor(&["--task", "zzz"]),
        "there is no task zzz",
        "Its tasks",
    );
    let ids = task_ids();
    let shared = ids.iter().find_map(|id| {
        let begin = &id[..1];
        let fits = ids.iter().filter(|id| id.starts_with(begin));
        (fits.count() > 1).then_some(begin)
    });
    assert_refused(
        &doctor(&["--task", shared.unwrap()]),
        "tasks start with",
        "They are",
    );
    assert_refused(
        &doctor(&["-c", "nothing"]),
        "there is no container nothing",
        "Their containers",
    );
    assert_refused(
        &doctor(&["--cluster", "other"]),
        "from cluster coder-production-cluster",
        "",
    );
    assert_refused(
        &doctor(&["--region", "eu-west-1"]),
        "are from region us-west-2",
        "",
    );
    for (place, refusal) in [
        ("eu-west-1:123456789012", "are from region us-west-2"),
        ("us-west-2:999999999999", "are from account 123456789012"),
    ] {
        let arn = format!("arn:aws:ecs:{place}:cluster/coder-production-cluster");
        assert_refused(&doctor(&["--cluster", &arn]), refusal, "Remove --cluster");
    }
    assert_refused(
        &doctor(&["--profile", "me"]),
        "--profile",
        "Remove --profile",
    );
}

#[test]
fn a_plan_for_another_region_or_account_is_refused() {
    let home = home(true);
    let doctor = |more: &[&str]| {
        let plan = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/terraform-plan/fixtures/create.json"
        );
        run(command(home.path())
            .args(["doctor", "--plan", plan])
            .args(more))
    };
    let arn = |place: &str| format!("arn:aws:ecs:{place}:cluster/coder-production-cluster");
    let same = doctor(&["--cluster", &arn("us-west-2:123456789012")]);
    assert_eq!(same.status, 0, "{}", same.stderr);
    for (flags, refusal) in [
        (
            ["--region", "eu-west-1"],
            "the plan is for region us-west-2",
        ),
        (
            ["--cluster", &arn("eu-west-1:123456789012")],
            "the plan is for region us-west-2",
        ),
        (
            ["--cluster", &arn("us-west-2:999999999999")],
            "the plan is for account 123456789012",
        ),
    ] {
        assert_refused(&doctor(&flags), refusal, "the plan sets it");
    }
    let elsewhere = run(command(home.path())
        .args(["doctor", "--plan"])
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/terraform-plan/fixtures/create.json"
        ))
        .env("ECS_EXEC_REGION", "eu-west-1"));
    assert_eq!(
        elsewhere.status, 0,
        "the environment's is not meant: {}",
        elsewhere.stderr
    );
}

/// Environment variables are meant for live runs.
#[test]
fn the_environment_does_not_affect_files() {
    let home = home(true);
    let demo = run(command(home.path())
        .args(["doctor", "--demo=healthy"])
        .env("ECS_EXEC_CLUSTER", "one,other")
        .env("ECS_EXEC_REGION", "eu-west-1")
        .env("ECS_EXEC_PROFILE", "me"));
    assert_eq!(demo.status, 0, "{}", demo.stderr);
    let same = doctor(home.path(), &["--cluster", "coder-production-cluster"]);
    assert_eq!(same.status, 0, "{}", same.stderr);
}

#[test]
fn a_demo_can_be_limited_to_services() {
    let home = home(true);
    let demo = |arguments: &[&str]| {
        run(command(home.path())
            .args(["doctor", "--demo", "--format", "json"])
            .args(arguments))
    };
    assert_eq!(
        demo(&["coder"]).json()["target"]["services"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_refused(
        &demo(&["no-endpoint"]),
        "no service no-endpoint",
        "--demo=no-endpoint",
    );
}

/// `[expect]` applies to snapshots too.
#[test]
fn project_expectations_apply_to_files() {
    let home = home(true);
    let expect = "[expect]\nexec_forbidden = [\"coder-production-coder\"]\n";
    fs::write(home.path().join("ecs-exec.toml"), expect).unwrap();
    let run = doctor(home.path(), &["--format", "json"]);
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert_eq!(run.causes(), ["policy.exec-forbidden"]);
}

#[test]
fn quiet_prints_the_report() {
    let home = home(true);
    assert!(
        doctor(home.path(), &["-q"])
            .stdout
            .contains("Sessions would work")
    );
}
