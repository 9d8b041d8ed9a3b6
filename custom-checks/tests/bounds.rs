//! Programs that hang, print too much, or leave somebody behind: they are held within bounds.

#![cfg(unix)]

#[path = "common/programs.rs"]
mod common;

use std::ffi::OsString;
use std::time::{Duration, Instant};

use common::*;
use custom_checks::programs::{Environment, run};

#[test]
fn a_program_that_prints_for_ever_is_ended() {
    let began = Instant::now();
    let finding = trouble("huge");
    assert!(
        finding.title.ends_with("printed too much"),
        "{}",
        finding.title
    );
    assert!(finding.detail.contains("4 MiB"));
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn much_on_standard_error_holds_nobody_up() {
    assert!(answer("noisy").is_empty());
}

#[test]
fn a_hanging_program_is_ended_with_its_children() {
    let place = tempfile::tempdir().expect("folder");
    let environment = Environment::of([
        ("PATH".into(), std::env::var_os("PATH").expect("PATH")),
        ("TMPDIR".into(), place.path().as_os_str().to_owned()),
    ]);
    let began = Instant::now();
    let findings = run(
        &[program("hanging"), program("good")],
        b"",
        Duration::from_secs(1),
        &environment,
    );
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(
        findings[0].title,
        "The check program hanging did not end in time"
    );
    assert_eq!(
        findings[0].detail,
        "It took more than 1 s, and was ended. It said: about to hang"
    );
    assert_eq!(findings.len(), 3, "the other one is heard");
    std::thread::sleep(Duration::from_millis(2500));
    assert!(!place.path().join("alive").exists());
}

#[test]
fn a_program_need_not_read_its_input() {
    let findings = answer("deaf");
    assert_eq!(findings[0].title, "deaf");
}

#[test]
fn who_is_left_behind_holds_nobody_up() {
    let began = Instant::now();
    let findings = answer("leaving");
    assert_eq!(findings[0].title, "left");
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn programs_run_at_the_same_time() {
    let began = Instant::now();
    let findings = run(
        &[program("hanging"), program("hanging"), program("hanging")],
        b"",
        Duration::from_secs(1),
        &Environment::of([
            ("PATH".into(), std::env::var_os("PATH").expect("PATH")),
            ("TMPDIR".into(), "/nonexistent".into()),
        ]),
    );
    assert_eq!(findings.len(), 3);
    assert!(
        began.elapsed() < Duration::from_millis(2500),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn secrets_are_not_passed_on() {
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
    let findings = run(
        &[program("environment")],
        b"",
        Duration::from_secs(20),
        &environment,
    );
    assert_eq!(findings[0].title, "HOME LANG LC_ALL PATH TMPDIR TZ ");
}

#[test]
fn what_programs_say_is_bounded() {
    let findings = answer("many");
    assert_eq!(findings.len(), 1001);
    let long = &findings[0];
    assert_eq!(long.title.chars().count(), 301);
    assert_eq!(long.detail.chars().count(), 4001);
    assert!(long.subject.kind.chars().count() <= 51);
    assert!(long.subject.id.chars().count() <= 301);
    assert!(details(long).as_str().unwrap().contains("left out"));
    assert!(long.fixes[0].commands.is_empty());
    assert_eq!(findings[1].title, "a[2Jb");
    assert_eq!(findings[1].subject.kind, "a");
    assert!(
        findings[1000]
            .title
            .contains("had 1501 findings; only the first 1000")
    );
}
