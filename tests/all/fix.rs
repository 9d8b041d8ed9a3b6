//! `fix`: confirmation, drift, existing policies, failed steps and rollouts.

use serde_json::json;

use crate::faults::catalogue::KEY;
use crate::support::doctor::Run;
use crate::support::fault::Fault;
use crate::support::managed_agents::Agent;
use crate::support::platform::{Platform, PlatformSpec};
use crate::support::pty::Terminal;

/// A service whose task was started before the flag was set.
pub fn stale_platform() -> Platform {
    let platform = Platform::new(PlatformSpec {
        exec: false,
        ..PlatformSpec::default()
    });
    platform.set_exec("coder", true);
    platform.proxy.rules.lock().unwrap().agent_of_new_tasks = Some(Agent::Running);
    platform.sh(r#"aws iam put-user-policy --user-name $CALLER --policy-name fixer --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*","Action":["ecs:UpdateService","iam:PutRolePolicy","iam:GetRolePolicy"]}]}'"#);
    platform
}

fn update_calls(platform: &Platform) -> u64 {
    platform
        .proxy
        .calls()
        .get("ecs:UpdateService")
        .copied()
        .unwrap_or(0)
}

/// Pastes the commands of every fix, one after the other.
pub fn paste_all(platform: &Platform, run: &Run) {
    for fix in run.json()["fixes"].as_array().unwrap() {
        for command in fix["commands"].as_array().unwrap() {
            platform.paste(command.as_str().unwrap()).unwrap();
        }
    }
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn fix_changes_nothing_without_confirmation() {
    let platform = stale_platform();
    let run = platform.run(&["fix", "coder"]);
    assert_eq!(run.status, 2, "{}", run.stderr);
    assert!(
        run.stderr
            .contains("Plan (disruptive, replaces 1 running task): Force a new deployment"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("--force-new-deployment"));
    assert!(
        run.stderr.ends_with("Pass --yes to apply this plan.\n"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("no changes made"));
    assert_eq!(run.stdout, "", "the plan goes to standard error");
    assert_eq!(update_calls(&platform), 0);

    let dry = platform.run(&["fix", "coder", "--dry-run"]);
    assert_eq!((dry.status, dry.stdout.as_str()), (1, ""), "{}", dry.stderr);
    assert!(
        dry.stderr.contains("--force-new-deployment"),
        "{}",
        dry.stderr
    );
    assert!(dry.stderr.ends_with("No changes made.\n"), "{}", dry.stderr);
    let report = platform.run(&["fix", "coder", "--dry-run", "--format", "json"]);
    assert_eq!(report.causes(), ["task.exec-enabled"]);
    assert_eq!(update_calls(&platform), 0);

    let mut terminal = Terminal::start(platform.command().args(["fix", "coder"]));
    terminal.expect("Apply 1 change? [y/N]");
    terminal.type_keys("n\r");
    assert_eq!(terminal.wait(), 1);
    let screen = terminal.screen();
    assert!(screen.trim_end().ends_with("No changes made."), "{screen}");
    assert_eq!(update_calls(&platform), 0);

    // Keys that are typed before the prompt do not answer it.
    let mut terminal = Terminal::start(platform.command().args(["fix", "coder"]));
    terminal.type_keys("y\r");
    terminal.expect("Apply 1 change? [y/N]");
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(!terminal.screen().contains("Done"), "{}", terminal.screen());
    terminal.type_keys("\r");
    assert_eq!(terminal.wait(), 1);
    assert_eq!(update_calls(&platform), 0);

    let mut terminal = Terminal::start(platform.command().args(["fix", "coder"]));
    terminal.expect("[y/N]");
    terminal.type_keys("\u{3}");
    assert_eq!(terminal.wait(), 130);
    assert_eq!(update_calls(&platform), 0);

    let mut terminal = Terminal::start(platform.command().args(["doctor", "coder", "--fix"]));
    terminal.expect("[y/N]");
    terminal.type_keys("y\r");
    assert_eq!(terminal.wait(), 0, "{}", terminal.screen());
    let screen = terminal.screen();
    assert!(screen.contains("Before: task.exec-enabled"), "{screen}");
    assert!(
        screen.contains("After: no root cause (0 failed)."),
        "{screen}"
    );
    assert_eq!(update_calls(&platform), 1);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn infrastructure_fixes_need_allow_drift() {
    let platform = stale_platform();
    platform.sh("aws iam delete-role-policy --role-name $ROLE --policy-name ecs-exec");
    let run = platform.run(&["fix", "coder", "--yes"]);
    assert_eq!(run.status, 1);
    assert!(
        run.stderr
            .contains("Skipped (needs --allow-drift): Allow the task role"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("resource \"aws_iam_role_policy\""));
    assert_eq!(platform.proxy.calls().get("iam:PutRolePolicy"), None);
    // New tasks would fail in the same way.
    assert!(
        run.stderr
            .contains("Skipped (held back): Force a new deployment"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("role.ssmmessages would stay broken"),
        "{}",
        run.stderr
    );
    assert_eq!(update_calls(&platform), 0);
    // The same holds if only some checks run.
    let run = platform.run(&["fix", "coder", "--yes", "--only", "task"]);
    assert_eq!(update_calls(&platform), 0, "{}", run.stderr);
    let run = platform.run(&["fix", "coder", "--yes", "--allow-drift"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn an_existing_policy_with_the_same_name_is_not_replaced() {
    let platform = stale_platform();
    let put = |name: &str| {
        platform.sh(&format!(r#"aws iam put-role-policy --role-name $ROLE --policy-name {name} --policy-document '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}}]}}'"#))
    };
    put("ecs-exec");
    // The same holds for the name that the fix itself would use.
    let shown = platform.doctor(&["coder"]).stdout;
    let (_, rest) = shown.split_once("--policy-name ").unwrap();
    let name = rest.split(' ').next().unwrap();
    put(name);
    let run = platform.run(&["fix", "coder", "--yes", "--allow-drift"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let get = |name: &str| {
        platform.sh(&format!(
            "aws iam get-role-policy --role-name $ROLE --policy-name {name}"
        ))
    };
    assert!(get("ecs-exec").contains("sqs:SendMessage"));
    assert!(get(name).contains("sqs:SendMessage"));
    let added = get(&format!("{name}-2"));
    assert!(added.contains("ssmmessages:OpenDataChannel"), "{added}");
}

/// Pasted commands keep other policies, and a new revision keeps its tags.
#[test]
#[ignore = "needs the emulator: scripts/test"]
fn printed_commands_keep_existing_permissions_and_tags() {
    let platform = Platform::new(PlatformSpec {
        read_only_root: true,
        ..PlatformSpec::default()
    });
    platform.sh(r#"
        aws iam delete-role-policy --role-name $ROLE --policy-name ecs-exec
        for name in ecs-exec ecs-exec-ssmmessages; do aws iam put-role-policy --role-name $ROLE --policy-name $name --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}'; done
        aws ecs tag-resource --resource-arn $(aws ecs describe-task-definition --task-definition $FAMILY --query taskDefinition.taskDefinitionArn --output text) --tags key=team,value=x"#);
    paste_all(&platform, &platform.doctor(&["coder"]));
    let policies = platform
        .sh("aws iam list-role-policies --role-name $ROLE --query PolicyNames --output text");
    let names: Vec<&str> = policies.split_whitespace().collect();
    assert!(names.len() > 2 && names.contains(&"ecs-exec"), "{policies}");
    let old = platform.sh("aws iam get-role-policy --role-name $ROLE --policy-name ecs-exec");
    assert!(old.contains("s3:GetObject"), "{old}");
    let tags = platform.sh("aws ecs describe-task-definition --task-definition $FAMILY --include TAGS --query '[taskDefinition.revision, tags[0].value]' --output text");
    assert!(tags.ends_with('x') && !tags.starts_with("1\t"), "{tags}");
}

/// An unreadable policy can exist and have changes by others.
#[test]
#[ignore = "needs the emulator: scripts/test"]
fn an_unreadable_policy_is_not_overwritten() {
    let platform = stale_platform();
    platform.sh("aws iam delete-role-policy --role-name $ROLE --policy-name ecs-exec");
    let shown = platform.doctor(&["coder"]).stdout;
    let (_, rest) = shown.split_once("--policy-name ").unwrap();
    let name = rest.split(' ').next().unwrap();
    platform.sh(&format!(r#"aws iam put-role-policy --role-name $ROLE --policy-name {name} --policy-document '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}}]}}'"#));
    platform.proxy.fault("iam:GetRolePolicy", Fault::Deny);
    let run = platform.run(&["fix", "coder", "--yes", "--allow-drift"]);
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert!(
        run.stderr.contains("missing permission iam:GetRolePolicy"),
        "{}",
        run.stderr
    );
    assert_eq!(platform.proxy.calls().get("iam:PutRolePolicy"), None);
    assert_eq!(update_calls(&platform), 0);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_denied_step_reports_the_progress() {
    let platform = stale_platform();
    platform.proxy.fault("ecs:UpdateService", Fault::Deny);
    let run = platform.run(&["fix", "coder", "--yes"]);
    assert_eq!(run.status, 1);
    assert!(
        run.stderr.contains("Stopped after 0 of 1 step."),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr
            .contains("failed: missing permission ecs:UpdateService"),
        "{}",
        run.stderr
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_failed_rollout_gives_its_reason_and_ctrl_c_stops_waiting() {
    let platform = stale_platform();
    let deployment = |id: &str, status: &str, state: &str| {
        json!({"id": id, "status": status, "rolloutState": state, "rolloutStateReason": "tasks failed to start",
            "desiredCount": 1, "runningCount": 1, "pendingCount": 0, "failedTasks": 0})
    };
    let stuck = json!([
        deployment("ecs-svc/2", "PRIMARY", "IN_PROGRESS"),
        deployment("ecs-svc/1", "ACTIVE", "COMPLETED")
    ]);
    let after = |platform: &Platform, deployments: &serde_json::Value| {
        platform.proxy.rules.lock().unwrap().services_after_update =
            Some(json!({"deployments": deployments}));
    };
    after(&platform, &stuck);
    let mut command = platform.command();
    command.args(["fix", "coder", "--yes"]).env("TERM", "xterm");
    let mut terminal = Terminal::start(&command);
    terminal.expect("Waiting:");
    terminal.type_keys("\u{3}");
    assert_eq!(terminal.wait(), 130, "{}", terminal.screen());
    assert!(
        terminal
            .screen()
            .contains("Changes that were started continue in AWS"),
        "{}",
        terminal.screen()
    );

    let platform = stale_platform();
    after(&platform, &stuck);
    let short = platform.run(&["fix", "coder", "--yes", "--timeout", "5s"]);
    assert!(
        short.stderr.contains("Not finished within 5 s"),
        "{}",
        short.stderr
    );

    let platform = stale_platform();
    after(
        &platform,
        &json!([deployment("ecs-svc/2", "PRIMARY", "FAILED")]),
    );
    let failed = platform.run(&["fix", "coder", "--yes"]);
    assert!(
        failed
            .stderr
            .contains("The rollout failed: the deployment ecs-svc/2"),
        "{}",
        failed.stderr
    );
    assert!(
        failed.stderr.contains("tasks failed to start"),
        "{}",
        failed.stderr
    );
}

#[test]
fn fix_refuses_demos() {
    let home = crate::support::platform::home(true);
    let run = |arguments: &[&str]| {
        crate::support::doctor::run(crate::support::doctor::command(home.path()).args(arguments))
    };
    for arguments in [
        &["fix", "--demo"][..],
        &["doctor", "--demo", "--fix"],
        &["doctor", "--demo", "--yes"],
    ] {
        assert_eq!(run(arguments).status, 2, "{arguments:?}");
    }
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn fix_with_a_task_redeploys_its_service() {
    let platform = stale_platform();
    let task = platform.tasks("coder").remove(0);
    let run = platform.run(&["fix", "--task", &task, "--yes"]);
    assert_eq!(run.status, 0, "{}{}", run.stderr, run.stdout);
    assert!(
        run.stderr.contains("After: no root cause"),
        "{}",
        run.stderr
    );
    assert_eq!(update_calls(&platform), 1);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn the_guardduty_container_is_ignored() {
    let platform = stale_platform();
    platform.proxy.rules.lock().unwrap().has_guardduty = true;
    assert_eq!(platform.doctor(&["coder"]).causes(), ["task.exec-enabled"]);
    let fixed = platform.run(&["fix", "coder", "--yes", "--timeout", "60s"]);
    assert_eq!(fixed.status, 0, "{}{}", fixed.stdout, fixed.stderr);
    let list = platform.run(&["list", "coder"]);
    assert!(list.stdout.contains("added by AWS"), "{}", list.stdout);
}

/// Both fixes are computed from the same original document.
#[test]
#[ignore = "needs the emulator: scripts/test"]
fn two_fixes_of_one_key_policy_both_apply() {
    let platform = Platform::new(PlatformSpec {
        nat: true,
        ..PlatformSpec::default()
    });
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Admin","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/admin"},"Action":"kms:*","Resource":"*"}]}"#;
    platform.sh(&format!(
        "{KEY}\naws kms put-key-policy --key-id $KEY --policy-name default --policy '{policy}'"
    ));
    let run = platform.doctor(&["coder"]);
    assert_eq!(
        run.causes(),
        ["caller.kms-generate-data-key", "role.kms-decrypt"],
        "{}",
        run.stderr
    );
    paste_all(&platform, &run);
    let again = platform.doctor(&["coder"]);
    assert_eq!(again.status, 0, "{:?}", again.causes());
    let policy = platform.sh(
        "KEY=$(aws ecs describe-clusters --clusters $CLUSTER --include CONFIGURATIONS --query clusters[0].configuration.executeCommandConfiguration.kmsKeyId --output text)
         aws kms get-key-policy --key-id $KEY --policy-name default --output text",
    );
    assert!(policy.contains("Admin"), "{policy}");
}
