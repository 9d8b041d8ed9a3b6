//! Limits on programs that hang, print too much, or leave a child process.

#![cfg(unix)]

#[path = "common/programs.rs"]
mod common;

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::thread;
use std::time::Duration;

use common::*;
use custom_checks::programs::{Environment, run};

#[test]
fn a_program_that_prints_for_ever_is_killed() {
    let finding = failure("huge");
    assert!(
        finding.title.ends_with("printed too much"),
        "{}",
        finding.title
    );
    assert!(finding.detail.contains("4 MiB"));
}

#[test]
fn unlimited_standard_error_output_is_harmless() {
    assert!(findings("noisy").is_empty());
}

#[test]
fn a_hanging_program_is_killed_with_its_children() {
    let folder = tempfile::tempdir().expect("folder");
    let trace = folder.path().join("trace");
    let made = std::process::Command::new("mkfifo").arg(&trace).status();
    assert!(made.expect("mkfifo").success());
    // Opened without blocking, so that it works even if the child never opens the pipe.
    let nonblocking = rustix::fs::OFlags::NONBLOCK.bits();
    let mut trace = OpenOptions::new()
        .read(true)
        .custom_flags(i32::try_from(nonblocking).expect("flags"))
        .open(&trace)
        .expect("trace");
    let findings = run(
        &[program("hanging")],
        b"",
        Duration::from_secs(1),
        &environment_in(folder.path()),
    );
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].title, "The check program hanging timed out");
    let detail = &findings[0].detail;
    assert!(
        detail.starts_with("It ran for more than 1s and was killed."),
        "{detail}"
    );
    // The pipe ends when no child has it open.
    let mut written = Vec::new();
    while let Err(error) = trace.read_to_end(&mut written) {
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        thread::sleep(Duration::from_millis(10));
    }
    assert!(written.is_empty(), "the child lived on");
}

#[test]
fn a_failing_program_does_not_affect_the_others() {
    let programs = [program("failing"), program("good")];
    let findings = run(&programs, b"", LONG_TIMEOUT, &environment());
    let ids: Vec<&str> = findings.iter().map(|finding| finding.check.id).collect();
    assert_eq!(ids, ["program.failing", "program.good", "program.good"]);
}

#[test]
fn a_program_can_ignore_its_input() {
    assert_eq!(findings("deaf")[0].title, "deaf");
}

#[test]
fn a_child_that_keeps_the_output_open_does_not_delay_the_answer() {
    assert_eq!(findings("leaving")[0].title, "left");
}

#[test]
fn programs_run_at_the_same_time() {
    let folder = tempfile::tempdir().expect("folder");
    let programs = [program("meeting"), program("meeting")];
    let environment = environment_in(folder.path());
    let findings = run(&programs, b"", LONG_TIMEOUT, &environment);
    let titles: Vec<&str> = findings.iter().map(|finding| &*finding.title).collect();
    assert_eq!(titles, ["met", "met"]);
    assert_eq!(fs::read_dir(folder.path()).expect("folder").count(), 2);
}

#[test]
fn secrets_are_not_inherited() {
    let path = std::env::var_os("PATH").expect("PATH");
    let variable = |name: &str| (OsString::from(name), OsString::from("secret"));
    let environment = Environment::of(
        [
            "AWS_SECRET_ACCESS_KEY",
            "AWS_PROFILE",
            "AWS_REGION",
            "ECS_EXEC_CLUSTER",
            "GITHUB_TOKEN",
            "LD_PRELOAD",
            "HOME",
            "LANG",
            "LC_ALL",
            "TZ",
            "TMPDIR",
        ]
        .map(variable)
        .into_iter()
        .chain([("PATH".into(), path)]),
    );
    let findings = run(&[program("environment")], b"", LONG_TIMEOUT, &environment);
    assert_eq!(findings[0].title, "HOME LANG LC_ALL PATH TMPDIR TZ ");
}

#[test]
fn findings_are_bounded() {
    let findings = findings("many");
    assert_eq!(findings.len(), 1001);
    let long = &findings[0];
    assert_eq!(long.title.chars().count(), 301);
    assert_eq!(long.detail.chars().count(), 4001);
    assert!(long.subject.kind.chars().count() <= 51);
    assert!(long.subject.id.chars().count() <= 301);
    assert!(details(long).as_str().unwrap().contains("left out"));
    assert!(long.fixes[0].commands.is_empty());
    assert_eq!(findings[1].title, "a[2Jb");
    assert_eq!(findings[1].detail, "a[2J\nb");
    assert_eq!(findings[1].fixes[0].commands, ["a[2Jb"]);
    assert_eq!(findings[1].subject.kind, "a");
    assert!(
        findings[1000]
            .title
            .contains("had 1501 findings; only the first 1000 are shown")
    );
}
