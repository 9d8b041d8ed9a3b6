//! Interactive shells at a terminal.

use std::time::{Duration, Instant};

use super::{commands, image};
use crate::support::platform::Platform;
use crate::support::pty::Terminal;

/// Keys that make the remote shell print `resized2` when its terminal has this size.
fn wait_for_size(size: &str) -> String {
    format!("until [ \"$(stty size)\" = '{size}' ]; do sleep 0.1; done; echo resized$((1 + 1))\r")
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_shell_resizes_receives_ctrl_c_and_restores_the_terminal() {
    let platform = Platform::healthy();
    let mut terminal = Terminal::start(platform.command().args(["coder", "coder", "/bin/sh"]));
    let before = Terminal::start(&std::process::Command::new("true"))
        .pty
        .attributes();
    terminal.expect("Connecting to coder-production-coder (task: ");
    terminal.expect("$ ");
    terminal.type_keys("echo one$((1 + 1))three; stty size\r");
    terminal.expect("one2three");
    terminal.expect("24 80");
    terminal.pty.resize(132, 50);
    terminal.type_keys(&wait_for_size("50 132"));
    terminal.expect("resized2");
    // Ctrl-C goes to the remote program.
    terminal.type_keys("echo waiting$((1 + 1)); sleep 1000\r");
    terminal.expect("waiting2");
    terminal.type_keys("\u{3}");
    terminal.type_keys("echo still$((1 + 1))here\r");
    terminal.expect("still2here");
    terminal.type_keys("exit\r");
    assert_eq!(terminal.wait(), 0, "{}", terminal.screen());
    let after = terminal.pty.attributes();
    assert_eq!(after.local_modes, before.local_modes);
    assert_eq!(after.output_modes, before.output_modes);
    assert_eq!(after.input_modes, before.input_modes);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn termination_signals_restore_the_terminal() {
    let platform = Platform::healthy();
    for (signal, status) in [("TERM", 143), ("HUP", 129), ("INT", 130)] {
        let mut terminal = Terminal::start(platform.command().args(["coder", "coder", "/bin/sh"]));
        terminal.expect("$ ");
        let raw = terminal.pty.attributes();
        terminal.signal(signal);
        assert_eq!(terminal.wait(), status, "{signal}: {}", terminal.screen());
        let after = terminal.pty.attributes();
        assert_ne!(after.local_modes, raw.local_modes, "{signal}");
        assert!(
            after
                .local_modes
                .contains(rustix::termios::LocalModes::ECHO),
            "{signal}"
        );
    }
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_large_paste_and_many_resizes_lose_nothing() {
    let platform = Platform::healthy();
    let text: String = "Zoë's naïve 日本語 🦀 text, across frames.\n"
        .chars()
        .cycle()
        .take(900_000)
        .collect();
    assert!(text.len() > 1_000_000);
    let script = format!(
        "stty raw -echo; printf ready; head -c {} | sha256sum; stty sane; printf cooked; cat",
        text.len()
    );
    let command = format!("/bin/sh -c '{script}'");
    let mut terminal = Terminal::start(platform.command().args(["coder", "coder", &command]));
    terminal.expect("ready");
    terminal.type_keys(&text);
    let pasted = platform.home.path().join("pasted");
    std::fs::write(&pasted, &text).unwrap();
    let digest = platform.sh(&format!("sha256sum < {}", pasted.display()));
    terminal.expect(digest.split_whitespace().next().unwrap());
    // In raw mode, Ctrl-D would be an ordinary byte.
    terminal.expect("cooked");
    terminal.type_keys("\u{4}");
    assert_eq!(terminal.wait(), 0, "{}", terminal.screen());

    let mut terminal = Terminal::start(platform.command().args(["coder", "coder", "/bin/sh"]));
    terminal.expect("$ ");
    terminal.type_keys("i=0; while [ $i -lt 20000 ]; do echo line$i; i=$((i + 1)); done\r");
    for step in 0..500 {
        terminal.pty.resize(40 + step % 100, 20 + step % 30);
        std::thread::sleep(Duration::from_millis(1));
    }
    terminal.pty.resize(123, 45);
    terminal.expect("line19999");
    terminal.type_keys(&wait_for_size("45 123"));
    terminal.expect("resized2");
    terminal.type_keys("exit\r");
    assert_eq!(terminal.wait(), 0, "{}", terminal.screen());
    let screen = terminal.screen();
    let lines: Vec<&str> = screen
        .lines()
        .filter(|line| line.starts_with("line"))
        .collect();
    assert_eq!(lines.len(), 20_000);
    assert!((0..20_000).all(|at| lines[at] == format!("line{at}")));
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn opening_a_session_takes_four_calls() {
    let platform = Platform::healthy();
    let run = platform.run(&["coder", "coder", "true"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let calls = platform.proxy.calls();
    let names: Vec<&str> = calls.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "ecs:DescribeClusters",
            "ecs:DescribeTasks",
            "ecs:ExecuteCommand",
            "ecs:ListTasks"
        ]
    );
    assert!(calls.values().all(|count| *count == 1), "{calls:?}");
    assert_eq!(commands(&platform), ["true"]);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_missing_shell_is_replaced_by_bin_sh() {
    let platform = Platform::healthy();
    image(&platform, |image| {
        image.missing_programs = vec!["/bin/bash".into()]
    });
    let configuration = "[services.coder]\nshell = \"/bin/bash\"\n";
    std::fs::write(platform.home.path().join("ecs-exec.toml"), configuration).unwrap();
    assert_eq!(platform.run(&["trust"]).status, 0);
    let mut terminal = Terminal::start(platform.command().arg("coder"));
    terminal.expect("There is no /bin/bash in the image; trying /bin/sh.");
    terminal.expect("$ ");
    terminal.type_keys("exit\r");
    assert_eq!(terminal.wait(), 0);
    assert_eq!(commands(&platform), ["/bin/bash", "/bin/sh"]);
    image(&platform, |image| {
        image.missing_programs = vec!["/bin/bash".into(), "/bin/sh".into()]
    });
    let run = platform.run(&["coder", "--no-doctor"]);
    assert_eq!(run.status, 255);
    assert!(
        run.stderr.contains("The image has no such shell"),
        "{}",
        run.stderr
    );
}

/// Prints the round-trip time of a line through the program, the simulated agent and `cat`.
#[test]
#[ignore = "needs the emulator: scripts/test"]
fn each_typed_line_is_answered() {
    let platform = Platform::healthy();
    let mut terminal = Terminal::start(platform.command().args(["coder", "coder", "/bin/sh"]));
    terminal.expect("$ ");
    terminal.type_keys("stty -echo; printf ready; cat\r");
    terminal.expect("ready");
    let mut times: Vec<Duration> = (0..40)
        .map(|number| {
            let started = Instant::now();
            terminal.type_keys(&format!("key{number}.\r"));
            let wanted = format!("key{number}.");
            while !terminal.screen().contains(&wanted) {
                std::thread::sleep(Duration::from_micros(200));
                assert!(started.elapsed() < Duration::from_secs(60));
            }
            started.elapsed()
        })
        .collect();
    times.sort();
    eprintln!(
        "a line and its answer: median {:?}, longest {:?}",
        times[20], times[39]
    );
}
