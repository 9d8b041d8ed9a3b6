//! The programs of the folder `programs`, and what they answer.

#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use custom_checks::programs::{Environment, Program, run};
use model::{Finding, Severity, Status};
use serde_json::Value;

/// What the program is said to have found.
pub fn details(finding: &Finding) -> Value {
    let evidence = serde_json::to_value(&finding.evidence).unwrap();
    evidence["details"].clone()
}

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs")
}

pub fn program(name: &str) -> Program {
    Program::new(name, folder().join(format!("ecs-exec-check-{name}")))
}

pub fn environment() -> Environment {
    Environment::of(std::env::vars_os())
}

pub fn answer_within(name: &str, input: &[u8], timeout: Duration) -> Vec<Finding> {
    run(&[program(name)], input, timeout, &environment())
}

pub fn answer(name: &str) -> Vec<Finding> {
    // More than a pipe holds, so that who does not read it would hold up who writes it.
    answer_within(name, &vec![b' '; 1 << 20], Duration::from_secs(20))
}

/// The one finding of a program that gave no answer.
pub fn trouble(name: &str) -> Finding {
    let mut findings = answer(name);
    assert_eq!(findings.len(), 1, "{findings:?}");
    let finding = findings.remove(0);
    assert_eq!(finding.status, Status::Warn);
    assert_eq!(finding.severity, Severity::Low);
    assert_eq!(finding.check.id, format!("program.{name}"));
    assert_eq!(finding.check.area.name(), "program");
    assert_eq!(finding.subject.kind, "program");
    assert!(
        finding
            .title
            .starts_with(&format!("The check program {name} "))
    );
    assert!(details(&finding)["path"].as_str().unwrap().ends_with(name));
    finding
}
