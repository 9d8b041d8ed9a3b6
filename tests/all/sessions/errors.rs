//! Sessions that cannot be opened or end early: messages and exit statuses.

use super::image;
use crate::support::fault::Fault;
use crate::support::platform::{Platform, PlatformSpec};

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_refused_session_is_diagnosed() {
    let platform = Platform::new(PlatformSpec {
        role_actions: Some(Vec::new()),
        ..PlatformSpec::default()
    });
    platform
        .proxy
        .fault("ecs:ExecuteCommand", Fault::NotConnected);
    let run = platform.run(&["coder"]);
    assert_eq!(run.status, 255);
    assert_eq!(run.stdout, "");
    for expected in [
        "TargetNotConnectedException",
        "The agent in the container is not connected",
        "role.ssmmessages",
        "aws iam put-role-policy",
    ] {
        assert!(run.stderr.contains(expected), "{expected}: {}", run.stderr);
    }
    let quiet = platform.run(&["coder", "--no-doctor"]);
    assert_eq!(quiet.status, 255);
    assert!(
        !quiet.stderr.contains("role.ssmmessages"),
        "{}",
        quiet.stderr
    );
    let first = platform.run(&["coder", "--doctor"]);
    assert_eq!(first.status, 255);
    assert!(first.stderr.contains("role.ssmmessages"));
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn each_failure_has_its_message_and_status() {
    let platform = Platform::healthy();
    let run = |arguments: &[&str]| {
        let mut all = arguments.to_vec();
        all.push("--no-doctor");
        platform.run(&all)
    };
    for (arguments, status, expected) in [
        (&["codr"][..], 2, "Did you mean coder-production-coder?"),
        (&["coder", "codr"], 2, "Did you mean coder?"),
        (
            &["exec", "--task", "0123456789abcdef0123456789abcdef"],
            2,
            "there is no task",
        ),
        (
            &["exec", "--task", "zzzz"],
            2,
            "there is no running task zzzz",
        ),
    ] {
        let run = run(arguments);
        assert_eq!(run.status, status, "{arguments:?} {}", run.stderr);
        assert!(
            run.stderr.contains(expected),
            "{arguments:?} {}",
            run.stderr
        );
    }
    platform.proxy.fault("ecs:ExecuteCommand", Fault::Deny);
    let denied = run(&["coder"]);
    assert_eq!(denied.status, 255);
    assert!(
        denied.stderr.contains("The caller may not open sessions")
            || denied.stderr.contains("AccessDenied"),
        "{}",
        denied.stderr
    );
    // The lines above it are a cause.
    let denied = platform.run(&["coder"]);
    assert!(
        !denied.stderr.contains("The doctor found no cause"),
        "{}",
        denied.stderr
    );
    platform.proxy.fault("ecs:ExecuteCommand", Fault::Expired);
    assert_eq!(run(&["coder"]).status, 2);
    platform
        .proxy
        .fault("ecs:ExecuteCommand", Fault::Throttle(2));
    assert_eq!(run(&["coder", "coder", "true"]).status, 0);
    image(&platform, |image| image.gateway_status = Some(403));
    let refused = run(&["coder"]);
    assert_eq!(refused.status, 255, "{}", refused.stderr);
    assert!(refused.stderr.contains("HTTP 403"), "{}", refused.stderr);
    image(&platform, |image| {
        image.gateway_status = None;
        image.refusal_message = Some("Your session timed out due to inactivity.".into());
    });
    let idle = run(&["coder"]);
    assert!(idle.stderr.contains("20 minutes"), "{}", idle.stderr);
    image(&platform, |image| {
        image.refusal_message = Some("----------ERROR-------\nEncountered error while initiating handshake. Handshake timed out.".into());
    });
    let handshake = run(&["coder"]);
    assert_eq!(handshake.status, 255);
    assert!(
        handshake.stderr.contains("handshake timed out"),
        "{}",
        handshake.stderr
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_silent_agent_times_out() {
    let platform = Platform::healthy();
    image(&platform, |image| image.is_silent = true);
    let run = platform.run(&["coder", "--no-doctor"]);
    assert_eq!(run.status, 255, "{}", run.stderr);
    assert!(
        run.stderr.contains("no sign of life within 30 seconds"),
        "{}",
        run.stderr
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn tasks_without_exec_or_stopped_are_refused() {
    let platform = Platform::new(PlatformSpec {
        exec: false,
        ..PlatformSpec::default()
    });
    let off = platform.run(&["coder"]);
    assert_eq!(off.status, 255, "{}", off.stderr);
    assert!(
        off.stderr.contains("--enable-execute-command"),
        "{}",
        off.stderr
    );
    let task = platform.tasks("coder").remove(0);
    platform.sh(&format!(
        "aws ecs stop-task --cluster {0} --task {task} && aws ecs wait tasks-stopped --cluster {0} --tasks {task}",
        platform.cluster
    ));
    let stopped = platform.run(&["exec", "--no-doctor", "--task", &task]);
    assert_eq!(stopped.status, 255, "{}", stopped.stderr);
    assert!(stopped.stderr.contains("has stopped"), "{}", stopped.stderr);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_service_without_running_tasks_is_refused() {
    let platform = Platform::new(PlatformSpec {
        tasks: 0,
        ..PlatformSpec::default()
    });
    let run = platform.run(&["coder"]);
    assert_eq!(run.status, 255);
    assert!(
        run.stderr
            .contains("No running tasks found for service: coder-production-coder"),
        "{}",
        run.stderr
    );
}
