//! Valid and invalid check programs from `programs/`.

#![cfg(unix)]

#[path = "common/programs.rs"]
mod common;

use std::path::PathBuf;

use common::*;
use custom_checks::programs::{find, metadata};
use model::{Severity, Status};

#[test]
fn a_program_receives_facts_and_returns_findings() {
    let findings = findings_for("good", b"12345");
    assert_eq!(findings.len(), 2);
    assert_eq!(findings[0].title, "5 bytes");
    assert_eq!(findings[0].status, Status::Pass);
    assert_eq!(findings[0].severity, Severity::Medium);
    let wrong = &findings[1];
    assert_eq!(wrong.check.id, "program.good");
    assert_eq!(wrong.status, Status::Fail);
    assert_eq!(wrong.severity, Severity::Critical);
    assert_eq!(wrong.detail, "Very\nwrong");
    assert_eq!(wrong.subject.service.as_deref(), Some("s"));
    assert_eq!(
        wrong
            .evidence
            .iter()
            .map(|(name, _)| name)
            .collect::<Vec<_>>(),
        ["details"]
    );
    assert_eq!(details(wrong)["b"][0], 2);
    assert_eq!(wrong.fixes[0].id, "manual:program.good");
    assert_eq!(wrong.fixes[0].commands, ["aws ecs x"]);
}

#[test]
fn a_program_describes_itself() {
    let programs = [program("good"), program("failing")];
    let mut answers = metadata(&programs, LONG_TIMEOUT, &environment());
    let error = answers.pop().unwrap().expect_err("error");
    let metadata = answers.pop().unwrap().expect("metadata");
    assert_eq!(metadata.title, "It is good");
    assert_eq!(metadata.why, "Because");
    assert_eq!(metadata.severity, Severity::High);
    assert_eq!(metadata.actions, ["ecs:DescribeTasks"]);
    assert_eq!(
        error,
        "The check program failing ended with status 3. On standard error: no such luck"
    );
}

#[test]
fn a_failing_program_gives_a_warning() {
    let finding = failure("failing");
    assert_eq!(
        finding.title,
        "The check program failing ended with status 3"
    );
    assert_eq!(finding.detail, "On standard error: no such luck");
    assert_eq!(details(&finding)["exit_status"], 3);
    let finding = failure("signal");
    assert!(
        finding.title.contains("was killed (signal: 15"),
        "{}",
        finding.title
    );
}

#[test]
fn an_answer_outside_the_protocol_gives_a_warning() {
    assert!(
        failure("garbled")
            .detail
            .contains("expected value at line 1")
    );
    assert!(
        failure("wrong-shape")
            .detail
            .contains("unknown variant `good`")
    );
    assert!(
        failure("no-protocol")
            .detail
            .contains("no member \"protocol\"")
    );
    let future = failure("future");
    assert!(
        future
            .title
            .ends_with("speaks another version of the protocol")
    );
    assert_eq!(
        future.detail,
        "It speaks version 2, and this ecs-exec speaks 1."
    );
}

#[test]
fn a_program_that_cannot_start_gives_a_warning() {
    assert!(
        failure("no-interpreter")
            .title
            .ends_with("could not be started")
    );
    assert!(
        failure("not-executable")
            .title
            .ends_with("could not be started")
    );
    assert!(failure("gone").title.ends_with("could not be started"));
}

#[test]
fn programs_are_found_on_path() {
    let first = tempfile::tempdir().expect("folder");
    std::os::unix::fs::symlink(
        folder().join("ecs-exec-check-garbled"),
        first.path().join("ecs-exec-check-good"),
    )
    .expect("link");
    std::os::unix::fs::symlink("/nowhere", first.path().join("ecs-exec-check-dangling"))
        .expect("link");
    std::fs::create_dir(first.path().join("ecs-exec-check-folder")).expect("folder");
    let path = std::env::join_paths([
        PathBuf::from("relative"),
        PathBuf::from(""),
        PathBuf::from("/nonexistent"),
        first.path().to_owned(),
        folder(),
        first.path().to_owned(),
    ])
    .expect("PATH");
    let found = find(&path);
    let names: Vec<&str> = found.iter().map(|program| program.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "deaf",
            "environment",
            "failing",
            "future",
            "garbled",
            "good",
            "hanging",
            "huge",
            "leaving",
            "many",
            "meeting",
            "no-interpreter",
            "no-protocol",
            "noisy",
            "signal",
            "wrong-shape",
        ]
    );
    let good = found.iter().find(|program| program.name == "good").unwrap();
    assert_eq!(good.path, first.path().join("ecs-exec-check-good"));
    assert_eq!(good.check().id, "program.good");
    assert!(find(std::ffi::OsStr::new("tests/programs")).is_empty());
}
