//! Commands that are not interactive: run, recipe, list, cp, logs and init.

use std::process::Stdio;
use std::time::Instant;

use super::with_input;
use crate::support::platform::{Platform, PlatformSpec};
use crate::support::pty::Terminal;

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn arguments_are_passed_unchanged() {
    let platform = Platform::healthy();
    let run = platform.run(&[
        "exec", "coder", "--", "printf", "%s|", "a b", "it's", "$HOME", "*", "",
    ]);
    assert_eq!(run.stdout, "a b|it's|$HOME|*||", "{}", run.stderr);
    let run = platform.run(&["coder", "coder", "/bin/sh -c 'echo $((6 * 7))'"]);
    assert_eq!(run.stdout.trim(), "42");
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn run_prints_the_output_and_exits_with_the_command_status() {
    let platform = Platform::healthy();
    let run = |arguments: &[&str]| platform.run(arguments);
    let exact = run(&["run", "coder", "--", "printf", "a\\tb\\nc\\r\\nno end"]);
    assert_eq!(
        (exact.status, exact.stdout.as_str()),
        (0, "a\tb\nc\r\nno end"),
        "{}",
        exact.stderr
    );
    assert_eq!(exact.stderr, "");
    let failed = run(&["run", "coder", "--", "sh", "-c", "echo oops >&2; exit 7"]);
    assert_eq!((failed.status, failed.stdout.as_str()), (7, "oops\n"));
    assert_eq!(run(&["run", "coder", "--", "no-such-program"]).status, 127);
    let plain = run(&[
        "run",
        "coder",
        "--",
        "sh",
        "-c",
        "test -t 1 && echo terminal || echo pipe",
    ]);
    assert_eq!(plain.stdout, "pipe\n");
    let late = run(&["run", "coder", "--timeout", "1s", "--", "sleep", "30"]);
    assert_eq!(late.status, 124, "{}", late.stderr);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn run_passes_standard_input_unchanged() {
    let platform = Platform::healthy();
    let text = with_input(
        &platform,
        &["run", "coder", "--", "cat"],
        b"one\ntwo\x03\x04\n",
    );
    assert_eq!(
        (text.status, text.stdout.as_str()),
        (0, "one\ntwo\u{3}\u{4}\n"),
        "{}",
        text.stderr
    );
    let large: Vec<u8> = (0..1_000_000_u32).map(|at| (at % 251) as u8).collect();
    let counted = with_input(&platform, &["run", "coder", "--", "sha256sum"], &large);
    let expected = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &large);
    let expected = data_encoding::HEXLOWER.encode(expected.as_ref());
    assert!(
        counted.stdout.starts_with(&expected),
        "{}{}",
        counted.stdout,
        counted.stderr
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn large_output_is_complete() {
    const BYTES: usize = 100_000_000;
    let platform = Platform::healthy();
    let script = format!("head -c {BYTES} /dev/zero | tr '\\0' 'x'");
    let started = Instant::now();
    let output = platform
        .command()
        .args(["run", "coder", "--", "sh", "-c", &script])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success());
    assert_eq!(output.stdout.len(), BYTES);
    assert!(output.stdout.iter().all(|byte| *byte == b'x'));
    eprintln!("100 MB in {:?}", started.elapsed());
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn logs_of_all_tasks_are_merged_by_time() {
    let platform = Platform::new(PlatformSpec {
        log_group: Some("/ecs/sessions-test"),
        ..PlatformSpec::default()
    });
    platform.sh(
        "aws logs create-log-group --log-group-name /ecs/sessions-test || true
         for task in one two; do
             stream=ecs/coder/$task$RANDOM
             aws logs create-log-stream --log-group-name /ecs/sessions-test --log-stream-name $stream
             aws logs put-log-events --log-group-name /ecs/sessions-test --log-stream-name $stream --log-events timestamp=$(date +%s)000,message=\"hello from $task\" >/dev/null
         done",
    );
    let run = platform.run(&["logs", "coder"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(
        run.stdout.contains("coder/one") && run.stdout.contains("hello from two"),
        "{}",
        run.stdout
    );
    let mut follow = Terminal::start(platform.command().args(["logs", "coder", "--follow"]));
    follow.expect("hello from one");
    platform.sh(
        "stream=ecs/coder/three$RANDOM
         aws logs create-log-stream --log-group-name /ecs/sessions-test --log-stream-name $stream
         aws logs put-log-events --log-group-name /ecs/sessions-test --log-stream-name $stream --log-events timestamp=$(date +%s)000,message=later >/dev/null",
    );
    follow.expect("later");
    follow.type_keys("\u{3}");
    assert_eq!(follow.wait(), 130);
    assert!(follow.screen().ends_with("^C\r\n"), "{}", follow.screen());
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn all_tasks_prefixes_each_line_with_the_task() {
    let platform = Platform::new(PlatformSpec {
        tasks: 3,
        ..PlatformSpec::default()
    });
    let run = platform.run(&[
        "run",
        "coder",
        "--all-tasks",
        "--",
        "sh",
        "-c",
        "echo a; echo b; exit 3",
    ]);
    assert_eq!(run.status, 3, "{}", run.stderr);
    let mut lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 6, "{}", run.stdout);
    lines.sort_unstable();
    for arn in platform.tasks("coder") {
        let id = arn.rsplit('/').next().unwrap();
        assert!(
            lines.contains(&format!("{}  a", &id[..8]).as_str()),
            "{lines:?}"
        );
    }
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn recipe_and_list_and_cp_work() {
    let platform = Platform::healthy();
    std::fs::write(
        platform.home.path().join("ecs-exec.toml"),
        "[recipes.sum]\nservice = \"coder\"\ndescription = \"Adds up\"\ncommand = [\"sh\", \"-c\", \"echo $((40 + 2))\"]\n",
    )
    .unwrap();
    assert_eq!(platform.run(&["trust"]).status, 0);
    let listed = platform.run(&["recipe", "--list"]);
    assert!(listed.stdout.contains("Adds up"), "{}", listed.stdout);
    assert_eq!(platform.run(&["recipe", "sum"]).stdout, "42\n");
    let wrong = platform.run(&["recipe", "sun"]);
    assert_eq!(wrong.status, 2);
    assert!(
        wrong.stderr.contains("Did you mean sum?"),
        "{}",
        wrong.stderr
    );

    let listed = platform.run(&["list"]);
    assert_eq!(listed.status, 0, "{}", listed.stderr);
    let lines: Vec<&str> = listed.stdout.lines().collect();
    assert!(lines[0].starts_with("SERVICE"), "{}", listed.stdout);
    assert!(
        lines[1].starts_with("coder-production-coder") && lines[1].ends_with("yes"),
        "{}",
        lines[1]
    );
    let json = platform.run(&["list", "coder", "--format", "json"]).json();
    assert_eq!(json[0]["exec"], true);
    assert_eq!(json[0]["container"], "coder");

    let file = platform.home.path().join("there");
    std::fs::write(&file, b"a\r\nb\0\xff").unwrap();
    let remote = platform.home.path().join("remote");
    let to = format!("coder:{}", remote.display());
    let up = platform.run(&["cp", file.to_str().unwrap(), &to]);
    assert_eq!(up.status, 0, "{}", up.stderr);
    assert_eq!(std::fs::read(&remote).unwrap(), b"a\r\nb\0\xff");
    let down = platform.run(&["cp", &to, "here"]);
    assert_eq!(down.status, 0, "{}", down.stderr);
    assert_eq!(
        std::fs::read(platform.home.path().join("here")).unwrap(),
        b"a\r\nb\0\xff"
    );
    let gone = platform.run(&["cp", "coder:/no/such/file", "x"]);
    assert_eq!(gone.status, 255);
    assert!(!platform.home.path().join("x").exists());
}

/// On a narrow terminal, the table drops the least important columns; a pipe gets all of them.
#[test]
#[ignore = "needs the emulator: scripts/test"]
fn list_fits_the_terminal_width() {
    let platform = Platform::healthy();
    let piped = platform.run(&["list"]).stdout;
    assert!(piped.contains("DEFINITION"), "{piped}");
    assert!(piped.lines().any(|line| line.len() > 80), "{piped}");
    let mut terminal = Terminal::start(platform.command().arg("list"));
    terminal.expect("yes");
    assert_eq!(terminal.wait(), 0);
    let screen = terminal.screen();
    let at = screen.find("SERVICE").unwrap();
    let table = &screen[at..];
    assert!(
        table.contains("EXEC") && !table.contains("DEFINITION"),
        "{table}"
    );
    assert!(table.lines().all(|line| line.len() <= 80), "{table}");
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn logs_needs_a_log_group_and_init_writes_a_configuration() {
    let platform = Platform::healthy();
    let none = platform.run(&["logs", "coder"]);
    assert_eq!(none.status, 2);
    assert!(
        none.stderr.contains("writes nothing to CloudWatch Logs"),
        "{}",
        none.stderr
    );
    let init = platform.run(&["init"]);
    assert_eq!(init.status, 0, "{}", init.stderr);
    let written = std::fs::read_to_string(platform.home.path().join("ecs-exec.toml")).unwrap();
    assert!(written.contains(&platform.cluster), "{written}");
    assert!(written.contains("container = \"coder\""), "{written}");
    assert_eq!(
        platform.run(&["init"]).status,
        2,
        "it does not write over a file"
    );
    assert_eq!(
        platform.run(&["list"]).status,
        0,
        "what was written can be read"
    );
}
