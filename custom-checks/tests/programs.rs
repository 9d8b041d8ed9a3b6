//! Check programs, good and bad: those of the folder `programs`.

#![cfg(unix)]

#[path = "common/programs.rs"]
mod common;

use std::path::PathBuf;
use std::time::Duration;

use common::*;
use custom_checks::programs::find;
use model::{Severity, Status};

#[test]
fn a_good_program_is_given_the_facts_and_heard() {
    let findings = answer_within("good", b"12345", Duration::from_secs(20));
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
fn a_program_says_what_it_is() {
    let metadata = program("good")
        .metadata(Duration::from_secs(20), &environment())
        .expect("metadata");
    assert_eq!(metadata.title, "It is good");
    assert_eq!(metadata.why, "Because");
    assert_eq!(metadata.severity, Severity::High);
    assert_eq!(metadata.actions, ["ecs:DescribeTasks"]);
    let trouble = program("failing")
        .metadata(Duration::from_secs(20), &environment())
        .expect_err("trouble");
    assert_eq!(
        trouble,
        "The check program failing ended with status 3. It said: no such luck"
    );
}

#[test]
fn a_failing_program_is_a_warning_of_its_own() {
    let finding = trouble("failing");
    assert_eq!(
        finding.title,
        "The check program failing ended with status 3"
    );
    assert_eq!(finding.detail, "It said: no such luck");
    assert_eq!(details(&finding)["exit_status"], 3);
    let finding = trouble("signal");
    assert!(
        finding.title.contains("was ended from outside (signal: 15"),
        "{}",
        finding.title
    );
}

#[test]
fn what_is_not_the_protocol_is_a_warning() {
    assert!(
        trouble("garbled")
            .detail
            .contains("expected value at line 1")
    );
    assert!(
        trouble("wrong-shape")
            .detail
            .contains("unknown variant `good`")
    );
    assert!(
        trouble("no-protocol")
            .detail
            .contains("no member \"protocol\"")
    );
    let future = trouble("future");
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
fn what_cannot_be_started_is_a_warning() {
    assert!(
        trouble("no-interpreter")
            .title
            .ends_with("could not be started")
    );
    assert!(
        trouble("not-executable")
            .title
            .ends_with("could not be started")
    );
    assert!(trouble("gone").title.ends_with("could not be started"));
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
