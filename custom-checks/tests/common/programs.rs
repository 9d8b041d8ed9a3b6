//! Runs the programs in `programs/` and returns their findings.

#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use custom_checks::programs::{Environment, ExecCheck, run};
use model::{Finding, Severity, Status};
use serde_json::Value;

/// Longer than any of these programs needs on a slow machine.
pub const LONG_TIMEOUT: Duration = Duration::from_secs(120);

/// The evidence that the program reports.
pub fn details(finding: &Finding) -> Value {
    let evidence = serde_json::to_value(&finding.evidence).unwrap();
    evidence["details"].clone()
}

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs")
}

pub fn program(name: &str) -> ExecCheck {
    ExecCheck::new(name, folder().join(format!("ecs-exec-check-{name}")))
}

pub fn environment() -> Environment {
    Environment::of(std::env::vars_os())
}

/// The environment of a program that writes its files to this directory.
pub fn environment_in(folder: &Path) -> Environment {
    let path = std::env::var_os("PATH").expect("PATH");
    Environment::of([
        ("PATH".into(), path),
        ("TMPDIR".into(), folder.as_os_str().to_owned()),
    ])
}

pub fn findings_for(name: &str, input: &[u8]) -> Vec<Finding> {
    run(&[program(name)], input, LONG_TIMEOUT, &environment())
}

pub fn findings(name: &str) -> Vec<Finding> {
    // More than a pipe holds, so a program that does not read it would block the writer.
    findings_for(name, &vec![b' '; 1 << 20])
}

/// The only finding of a program without a valid response.
pub fn failure(name: &str) -> Finding {
    let mut findings = findings(name);
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
