//! Ctrl-C before, during and after the start of a session.

use std::time::Duration;

use crate::support::fault::{Fault, Hold};
use crate::support::managed_agents::Agent;
use crate::support::platform::{Platform, PlatformSpec};
use crate::support::pty::Terminal;

const CTRL_C: &str = "\u{3}";

/// Releases the response only after the terminal has sent the signal and echoed Ctrl-C.
fn interrupt_and_release(terminal: &mut Terminal, hold: &Hold) {
    terminal.type_keys(CTRL_C);
    terminal.expect("^C");
    hold.release();
}

/// Whether the progress line is erased.
fn is_clean(terminal: &Terminal) -> bool {
    let screen = terminal.screen();
    let last = screen.rsplit("\x1b[2K").next().unwrap_or_default();
    !last.contains("the task")
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn ctrl_c_during_the_task_lookup_exits_with_130() {
    let platform = Platform::healthy();
    platform.proxy.fault("ecs:DescribeTasks", Fault::Hang);
    for command in [
        &["coder"][..],
        &["run", "coder", "--", "true"],
        &["cp", "coder:/etc/hosts", "hosts"],
    ] {
        let mut terminal = Terminal::start(platform.command().args(command));
        terminal.expect("Looking for the task");
        terminal.type_keys(CTRL_C);
        assert_eq!(terminal.wait(), 130, "{command:?}");
        assert!(is_clean(&terminal), "{command:?}: {}", terminal.screen());
    }
    let mut terminal = Terminal::start(platform.command().arg("coder"));
    terminal.expect("Looking for the task");
    terminal.signal("TERM");
    assert_eq!(terminal.wait(), 128 + 15);
    assert!(is_clean(&terminal), "{}", terminal.screen());
}

/// A session that opens after Ctrl-C is terminated, since no client joins it.
#[test]
#[ignore = "needs the emulator: scripts/test"]
fn ctrl_c_during_execute_command_ends_the_session() {
    let platform = Platform::healthy();
    for command in [&["coder"][..], &["run", "coder", "--", "true"]] {
        let terminate_calls = || platform.proxy.calls().get("ssm:TerminateSession").copied();
        let terminated_before = terminate_calls().unwrap_or(0);
        let execute_calls = || platform.proxy.calls().get("ecs:ExecuteCommand").copied();
        let calls_before = execute_calls().unwrap_or(0);
        let hold = Hold::default();
        let held = Fault::Held(hold.clone());
        platform.proxy.fault("ecs:ExecuteCommand", held);
        let mut terminal = Terminal::start(platform.command().args(command));
        while execute_calls().unwrap_or(0) == calls_before {
            std::thread::sleep(Duration::from_millis(10));
        }
        interrupt_and_release(&mut terminal, &hold);
        assert_eq!(terminal.wait(), 130, "{}", terminal.screen());
        assert_eq!(
            terminate_calls(),
            Some(terminated_before + 1),
            "{command:?}"
        );
    }
}

/// Interrupted sessions prove nothing about the containers, and no more sessions are opened.
#[test]
#[ignore = "needs the emulator: scripts/test"]
fn ctrl_c_during_doctor_live_opens_no_more_sessions() {
    let platform = Platform::new(PlatformSpec {
        tasks: 12,
        ..PlatformSpec::default()
    });
    let hold = Hold::default();
    let held = Fault::Held(hold.clone());
    platform.proxy.fault("ecs:ExecuteCommand", held);
    let execute_calls = || platform.proxy.calls().get("ecs:ExecuteCommand").copied();
    let mut terminal = Terminal::start(platform.command().args(["doctor", "coder", "--live"]));
    while execute_calls().unwrap_or(0) < 8 {
        std::thread::sleep(Duration::from_millis(10));
    }
    interrupt_and_release(&mut terminal, &hold);
    assert_eq!(terminal.wait(), 130, "{}", terminal.screen());
    assert_eq!(execute_calls(), Some(8));
    assert!(
        !terminal.screen().contains("passed"),
        "{}",
        terminal.screen()
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn ctrl_c_during_the_automatic_doctor_exits_with_130() {
    let platform = Platform::healthy();
    // The session fails after it had taken over Ctrl-C.
    platform.proxy.agent(Agent::Stopped);
    platform
        .proxy
        .fault("ecs:ExecuteCommand", Fault::NotConnected);
    platform
        .proxy
        .fault("iam:SimulatePrincipalPolicy", Fault::Hang);
    let mut terminal = Terminal::start(platform.command().args(["coder"]));
    terminal.expect("Asking the doctor about the task");
    terminal.type_keys(CTRL_C);
    assert_eq!(terminal.wait(), 130, "{}", terminal.screen());
    assert!(is_clean(&terminal), "{}", terminal.screen());
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn ctrl_c_in_the_picker_exits_with_130() {
    let platform = Platform::new(PlatformSpec {
        tasks: 2,
        ..PlatformSpec::default()
    });
    let mut terminal = Terminal::start(platform.command().args(["exec", "coder", "--pick"]));
    terminal.expect("Task:");
    terminal.type_keys(CTRL_C);
    assert_eq!(terminal.wait(), 130, "{}", terminal.screen());
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn ctrl_c_during_a_copy_leaves_no_partial_file() {
    let platform = Platform::healthy();
    platform.proxy.fault("ecs:ExecuteCommand", Fault::Hang);
    let copy = ["cp", "coder:/etc/hosts", "hosts"];
    let mut terminal = Terminal::start(platform.command().args(copy));
    let partial = || {
        let files = std::fs::read_dir(platform.home.path()).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("hosts")).count()
    };
    while partial() == 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
    terminal.type_keys(CTRL_C);
    assert_eq!(terminal.wait(), 130, "{}", terminal.screen());
    assert_eq!(partial(), 0);
}
