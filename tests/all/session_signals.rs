//! Signals at every stage of a session: the terminal is restored, and the remote session is terminated.

use std::time::{Duration, Instant};

use rustix::termios::LocalModes;

use crate::support::fault::Fault;
use crate::support::platform::Platform;
use crate::support::pty::Terminal;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Stage {
    /// The client looks up the task.
    LookUp,
    /// The client has called ExecuteCommand.
    Start,
    /// The client has joined, and the agent is silent.
    Handshake,
    Running,
}

const STAGES: [Stage; 4] = [
    Stage::LookUp,
    Stage::Start,
    Stage::Handshake,
    Stage::Running,
];

impl Stage {
    fn arrange(self, platform: &Platform) {
        match self {
            Stage::LookUp => platform.proxy.fault("ecs:DescribeTasks", Fault::Hang),
            Stage::Start => platform.proxy.fault("ecs:ExecuteCommand", Fault::Hang),
            Stage::Handshake => {
                let rules = platform.proxy.rules.lock().unwrap();
                rules.containers.image.lock().unwrap().is_silent = true;
            }
            Stage::Running => {}
        }
    }

    fn wait_until_reached(self, platform: &Platform, terminal: &Terminal) {
        let is_called = |action| platform.proxy.calls().contains_key(action);
        let joined = || {
            let containers = platform.proxy.rules.lock().unwrap().containers.clone();
            containers.joined.lock().unwrap().is_some()
        };
        let until = Instant::now() + Duration::from_secs(60);
        while !match self {
            Stage::LookUp => is_called("ecs:DescribeTasks"),
            Stage::Start => is_called("ecs:ExecuteCommand"),
            Stage::Handshake => joined(),
            Stage::Running => terminal.screen().contains("$ "),
        } {
            assert!(Instant::now() < until, "{self:?}: {}", terminal.screen());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn signals_end_the_session_and_restore_the_terminal_at_every_stage() {
    let fresh = Terminal::start(&std::process::Command::new("true"))
        .pty
        .attributes();
    for stage in STAGES {
        for (signal, status) in [("TERM", 143), ("HUP", 129), ("INT", 130)] {
            let platform = Platform::healthy();
            stage.arrange(&platform);
            let arguments = ["coder", "coder", "/bin/sh", "--no-doctor"];
            let mut terminal = Terminal::start(platform.command().args(arguments));
            stage.wait_until_reached(&platform, &terminal);
            terminal.signal(signal);
            let ended = terminal.wait();
            let screen = terminal.screen();
            // Before the session opens, SIGHUP has its default action.
            let was_opened = matches!(stage, Stage::Handshake | Stage::Running);
            let by_default = ended == -1 && !was_opened;
            assert!(
                ended == status || by_default,
                "{stage:?} {signal} {ended}: {screen}"
            );
            let after = terminal.pty.attributes();
            assert!(
                after.local_modes.contains(LocalModes::ECHO),
                "{stage:?} {signal}"
            );
            assert_eq!(after.output_modes, fresh.output_modes, "{stage:?} {signal}");
            let ends = platform.proxy.calls().contains_key("ssm:TerminateSession");
            assert_eq!(ends, was_opened, "{stage:?} {signal}: {screen}");
        }
    }
}
