//! Expressions in a child process give the same findings, with limits on time and memory.
//!
//! This program is its own child process, so it has no test harness.

#![cfg_attr(not(unix), allow(dead_code))]

mod common;

use std::io::{stdin, stdout};
use std::path::PathBuf;
use std::time::Duration;

use checks::FactIndex;
use common::*;
use custom_checks::expressions::{Subprocess, run, serve};
use custom_checks::programs::Environment;
use model::facts::Facts;
use model::{Finding, Severity, Status};

const EVALUATE: &str = "evaluate";
const PRINT_LIMITS: &str = "print-limits";
/// Longer than any evaluation of these tests needs on a slow machine.
const LONG_TIMEOUT: Duration = Duration::from_secs(120);

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some(EVALUATE) => serve(stdin(), stdout()).expect("findings"),
        #[cfg(unix)]
        Some(PRINT_LIMITS) => print_limits(),
        _ => {
            findings_are_the_same_as_without_the_process();
            an_endless_expression_is_unknown_and_the_others_count();
            #[cfg(unix)]
            {
                a_killed_process_needed_too_much_memory();
                findings_of_other_checks_are_ignored();
                the_process_limits_its_own_resources();
            }
        }
    }
}

fn evaluate(program: PathBuf, timeout: Duration, toml: &str, facts: &Facts) -> Vec<Finding> {
    let subprocess = Subprocess {
        program,
        argument: EVALUATE,
        timeout,
        environment: Environment::of(std::env::vars_os()),
    };
    subprocess.run(&load(toml).expect("checks"), facts)
}

fn this_program() -> PathBuf {
    std::env::current_exe().expect("program")
}

fn findings_are_the_same_as_without_the_process() {
    let toml = r#"
[checks.tags]
when = "!('team' in task.tags)"
severity = "high"
title = "Task ${task.id} has no team tag"
detail = "It runs ${task.family}"
fix = "Add the tag"
commands = ["aws ecs tag-resource --resource-arn ${task.arn}"]
[checks.cluster]
each = "cluster"
when = "cluster.status == 'ACTIVE'"
status = "warn"
title = "t"
[checks.passes]
each = "service"
when = "false"
title = "t"
"#;
    let mut unknown = coder();
    unknown.cluster = denied("ecs:DescribeClusters");
    for facts in [coder(), unknown] {
        let answers = evaluate(this_program(), LONG_TIMEOUT, toml, &facts);
        let simulations = aws_rules::iam::resolve_simulations(&facts);
        let expected = run(
            &load(toml).expect("checks"),
            &FactIndex::new(&facts, &simulations),
        );
        assert_eq!(answers.len(), 3);
        for (answer, expected) in answers.iter().zip(&expected) {
            assert_eq!(answer.tasks.arns(), expected.tasks.arns());
            if !expected.group_title.is_empty() {
                assert_eq!(answer.group_title, expected.group_title);
            }
            assert_eq!(answer.fixes, expected.fixes);
            assert_eq!(
                serde_json::to_string(answer).expect("JSON"),
                serde_json::to_string(expected).expect("JSON")
            );
        }
    }
}

fn an_endless_expression_is_unknown_and_the_others_count() {
    let endless = (0..12).fold("true".to_owned(), |inner, level| {
        format!("[0,1,2,3,4,5,6,7,8,9].all(v{level}, {inner})")
    });
    let toml = format!(
        "[checks.endless]\neach = 'cluster'\nwhen = '{endless}'\ntitle = 'never'\n\
         [checks.short]\neach = 'cluster'\nwhen = 'true'\ntitle = 'It counts'\n"
    );
    let findings = evaluate(this_program(), Duration::from_secs(3), &toml, &coder());
    let [endless, short] = &findings[..] else {
        panic!("{findings:?}")
    };
    assert_eq!(endless.status, Status::Unknown);
    assert_eq!(endless.title, "The expression of custom.endless timed out");
    let detail = "Make the expression simpler: fewer loops within loops. \
                  It ran for more than 3s and was killed.";
    assert_eq!(endless.detail, detail);
    assert_eq!(short.title, "It counts");
}

/// The findings of one check whose process is this shell script.
#[cfg(unix)]
fn script_findings(script: &str) -> Vec<Finding> {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("folder");
    let program = folder.path().join("script");
    std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("script");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&program, mode).expect("permissions");
    let toml = "[checks.x]\neach = 'cluster'\nwhen = 'true'\ntitle = 't'";
    evaluate(program, LONG_TIMEOUT, toml, &coder())
}

#[cfg(unix)]
fn a_killed_process_needed_too_much_memory() {
    let findings = script_findings("kill -KILL $$");
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].status, Status::Unknown);
    assert_eq!(findings[0].severity, Severity::Medium);
    let title = "The expression of custom.x needed more than 2 GB of memory";
    assert_eq!(findings[0].title, title);
    let findings = script_findings("echo nonsense");
    assert_eq!(findings[0].status, Status::Unknown);
    let title = "The expression of custom.x printed an invalid answer";
    assert_eq!(findings[0].title, title);
}

#[cfg(unix)]
fn findings_of_other_checks_are_ignored() {
    let finding = |check: &str| {
        format!(
            r#"{{"check": "{check}", "status": "fail", "severity": "low", "title": "{check}", "detail": "",
                "subject": {{"kind": "cluster", "id": "c"}}, "fixes": []}}"#
        )
    };
    let answer = format!("[{}, {}]", finding("custom.y"), finding("custom.x"));
    let findings = script_findings(&format!("cat <<'END'\n{answer}\nEND"));
    let titles: Vec<&str> = findings.iter().map(|finding| &*finding.title).collect();
    assert_eq!(titles, ["custom.x"]);
    assert_eq!(findings[0].severity, Severity::Low);
}

#[cfg(unix)]
fn the_process_limits_its_own_resources() {
    let output = std::process::Command::new(this_program())
        .arg(PRINT_LIMITS)
        .output()
        .expect("limits");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(printed, "memory 2147483648\nCPU 15\ncore 0\n");
}

#[cfg(unix)]
fn print_limits() {
    use rustix::process::{Resource, getrlimit};
    // Fails, because there is no request, but only after the limits are set.
    serve(std::io::empty(), std::io::sink()).expect_err("no request");
    for (name, resource) in [
        ("memory", Resource::As),
        ("CPU", Resource::Cpu),
        ("core", Resource::Core),
    ] {
        println!("{name} {}", getrlimit(resource).maximum.expect("a limit"));
    }
}
