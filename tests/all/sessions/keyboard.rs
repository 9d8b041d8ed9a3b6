//! Keys and signals at a terminal, with a simulated agent.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use rustix::termios::LocalModes;

use super::real_agent::service_without_programs;
use crate::support::fake_service::Service;
use crate::support::pty::Terminal;

#[test]
fn keys_typed_while_a_shell_fails_reach_the_next_one() {
    let service = service_without_programs(&["/bin/bash"]);
    service.image(|image| image.timing.refusal = Duration::from_millis(600));
    fs::write(
        service.home.path().join("ecs-exec.toml"),
        "shell = \"auto\"\n",
    )
    .unwrap();
    let mut terminal =
        Terminal::start(&service.command(&["web", "--no-doctor", "--config", "ecs-exec.toml"]));
    terminal.expect("Connecting to web");
    while service.commands().is_empty() {
        thread::sleep(Duration::from_millis(5));
    }
    terminal.type_keys("echo typed$((1 + 1))early\r");
    terminal.expect("trying /bin/sh");
    terminal.expect("typed2early");
    terminal.type_keys("exit\r");
    assert_eq!(terminal.wait(), 0, "{}", terminal.screen());
}

#[test]
fn escape_keys_close_the_session() {
    let service = Service::start();
    let shell = |arguments: &[&str]| {
        let mut all = vec!["web", "--no-doctor"];
        all.extend(arguments);
        let terminal = Terminal::start(&service.command(&all));
        terminal.expect("$ ");
        terminal
    };
    let mut terminal = shell(&[]);
    terminal.type_keys("~?");
    terminal.expect("leave the session");
    terminal.type_keys("echo ~~. x~.\r");
    terminal.expect("x~.");
    terminal.type_keys("~.");
    assert_eq!(terminal.wait(), 0, "{}", terminal.screen());
    assert!(is_cooked(&terminal));
    assert_eq!(service.calls("ssm:TerminateSession"), 1);

    let mut terminal = shell(&["--escape", "none"]);
    terminal.type_keys("~.\r");
    terminal.expect("~.");
    terminal.type_keys("exit\r");
    assert_eq!(terminal.wait(), 0, "{}", terminal.screen());
    fs::write(
        service.home.path().join("ecs-exec.toml"),
        "escape = \"^\"\n",
    )
    .unwrap();
    let mut terminal = shell(&[]);
    terminal.type_keys("^.");
    assert_eq!(terminal.wait(), 0, "{}", terminal.screen());
    let wrong = service.run(&["web", "--escape", "~~"]);
    assert_eq!(wrong.status, 2, "{}", wrong.stderr);
}

#[test]
fn a_silent_session_prints_a_notice_and_can_be_closed() {
    let service = Service::with_image(|image| image.is_silent = true);
    let mut terminal = Terminal::start(&service.command(&["web", "--no-doctor"]));
    terminal.expect("No answer for 15 s");
    terminal.type_keys("~.");
    assert_eq!(terminal.wait(), 0, "{}", terminal.screen());
}

fn is_cooked(terminal: &Terminal) -> bool {
    let modes = terminal.pty.attributes().local_modes;
    modes.contains(LocalModes::ECHO | LocalModes::ICANON)
}

fn wait_until(what: &str, test: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !test() {
        assert!(Instant::now() < until, "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn every_signal_restores_the_terminal() {
    let service = Service::start();
    for (signal, status) in [
        ("HUP", 129),
        ("INT", 130),
        ("QUIT", 131),
        ("ABRT", 134),
        ("USR1", 138),
        ("USR2", 140),
        ("ALRM", 142),
        ("TERM", 143),
    ] {
        let mut terminal = Terminal::start(&service.command(&["web", "--no-doctor"]));
        terminal.expect("$ ");
        assert!(!is_cooked(&terminal));
        terminal.signal(signal);
        assert_eq!(terminal.wait(), status, "{signal}: {}", terminal.screen());
        assert!(is_cooked(&terminal), "{signal}");
    }
}

#[test]
fn a_stopped_session_continues_in_raw_mode() {
    let service = Service::start();
    let mut terminal = Terminal::start(&service.command(&["web", "--no-doctor"]));
    terminal.expect("$ ");
    let raw = terminal.pty.attributes();
    for stop in ["TSTP", "STOP"] {
        terminal.signal(stop);
        if stop == "TSTP" {
            wait_until("the terminal is given back", || is_cooked(&terminal));
        } else {
            // SIGSTOP cannot be handled: the shell sets its own mode.
            terminal.pty.set_cooked();
        }
        terminal.wait_until_stopped();
        terminal.signal("CONT");
        wait_until("it is raw again", || !is_cooked(&terminal));
        assert_eq!(terminal.pty.attributes().input_modes, raw.input_modes);
    }
    terminal.type_keys("echo still$((1 + 1))here\r");
    terminal.expect("still2here");
    terminal.type_keys("~\u{1a}");
    wait_until("the escape key suspends too", || is_cooked(&terminal));
    terminal.wait_until_stopped();
    terminal.signal("CONT");
    wait_until("it is raw again", || !is_cooked(&terminal));
    terminal.type_keys("exit\r");
    assert_eq!(terminal.wait(), 0, "{}", terminal.screen());
}
