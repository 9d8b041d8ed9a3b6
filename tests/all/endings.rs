//! Sessions that are ended from outside, at every stage: the terminal is as it was, and so is the remote side.

use std::time::{Duration, Instant};

use rustix::termios::LocalModes;

use crate::support::fault::Fault;
use crate::support::pty::Terminal;
use crate::support::world::World;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Stage {
    /// The task is looked up.
    LookUp,
    /// ECS is asked for the session.
    Start,
    /// The agent has not shaken hands.
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
    fn arrange(self, world: &World) {
        match self {
            Stage::LookUp => world.proxy.fault("ecs:DescribeTasks", Fault::Hang),
            Stage::Start => world.proxy.fault("ecs:ExecuteCommand", Fault::Hang),
            Stage::Handshake => {
                let rules = world.proxy.rules.lock().unwrap();
                rules.containers.image.lock().unwrap().is_silent = true;
            }
            Stage::Running => {}
        }
    }

    fn await_it(self, world: &World, terminal: &Terminal) {
        let action = match self {
            Stage::LookUp => "ecs:DescribeTasks",
            Stage::Start | Stage::Handshake => "ecs:ExecuteCommand",
            Stage::Running => return terminal.expect("$ "),
        };
        let until = Instant::now() + Duration::from_secs(20);
        while !world.proxy.calls().contains_key(action) {
            assert!(Instant::now() < until, "{self:?}: {}", terminal.screen());
            std::thread::sleep(Duration::from_millis(10));
        }
        std::thread::sleep(Duration::from_millis(300));
    }
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_signal_at_every_stage() {
    let fresh = Terminal::start(&std::process::Command::new("true"))
        .pty
        .attributes();
    for stage in STAGES {
        for (signal, status) in [("TERM", 143), ("HUP", 129), ("INT", 130)] {
            let world = World::healthy();
            stage.arrange(&world);
            let arguments = ["coder", "coder", "/bin/sh", "--no-doctor"];
            let mut terminal = Terminal::start(world.command().args(arguments));
            stage.await_it(&world, &terminal);
            terminal.signal(signal);
            let ended = terminal.wait();
            let screen = terminal.screen();
            // Before the terminal is touched the signal ends the program by itself.
            let was_opened = matches!(stage, Stage::Handshake | Stage::Running);
            let by_itself = ended == -1 && !was_opened;
            assert!(
                ended == status || by_itself,
                "{stage:?} {signal} {ended}: {screen}"
            );
            let after = terminal.pty.attributes();
            assert!(
                after.local_modes.contains(LocalModes::ECHO),
                "{stage:?} {signal}"
            );
            assert_eq!(after.output_modes, fresh.output_modes, "{stage:?} {signal}");
            let ends = world.proxy.calls().contains_key("ssm:TerminateSession");
            assert_eq!(ends, was_opened, "{stage:?} {signal}: {screen}");
        }
    }
}
