//! Snapshots of the demo reports: one demo in every format, all demos as screen and outcome.

use crate::support::doctor::{FORMATS, command, run};
use crate::support::platform::home;

const DEMOS: [&str; 5] = [
    "healthy",
    "stale-tasks",
    "task-role",
    "caller-policy",
    "no-endpoint",
];

fn report(name: &str, format: &str) -> (i32, String) {
    let home = home(true);
    let demo = format!("--demo={name}");
    let run = run(command(home.path()).args(["doctor", &demo, "--format", format]));
    assert_eq!(run.stderr, "");
    (run.status, run.stdout)
}

fn demo(name: &str, format: &str) -> (i32, String) {
    let (status, report) = report(name, format);
    (status, without_duration(&report))
}

/// The only lines that may differ from run to run.
fn without_duration(report: &str) -> String {
    let is_stable = |line: &&str| !line.contains("\"duration_ms\"");
    report
        .lines()
        .filter(is_stable)
        .map(|line| match line.split_once(" time=") {
            Some((root, _)) if root.starts_with("<testsuites") => root,
            _ => line,
        })
        .collect::<Vec<_>>()
        .join("\n")
}

/// The catalogue's rules are the same in every report.
fn without_rules(sarif: &str) -> String {
    let mut sarif: serde_json::Value = serde_json::from_str(sarif).unwrap();
    sarif["runs"][0]["tool"]["driver"]["rules"] = "…".into();
    serde_json::to_string_pretty(&sarif).unwrap()
}

/// The problems of a report: causes, then the counts of failed, unknown and warning checks.
fn outcome(json: &str) -> String {
    let report: serde_json::Value = serde_json::from_str(json).unwrap();
    let field = |value: &serde_json::Value, name: &str| value[name].as_str().unwrap().to_owned();
    let mut lines = vec![format!("verdict {}", field(&report, "verdict"))];
    for cause in report["root_causes"].as_array().unwrap() {
        let (symptoms, fixes) = (&cause["symptoms"], &cause["fixes"]);
        lines.push(format!(
            "cause {} of {symptoms}, fixed by {fixes}",
            field(cause, "check")
        ));
    }
    let mut counts = std::collections::BTreeMap::new();
    for finding in report["findings"].as_array().unwrap() {
        let status = field(finding, "status");
        if !matches!(status.as_str(), "pass" | "skip") {
            *counts.entry((status, field(finding, "check"))).or_insert(0) += 1;
        }
    }
    lines.extend(
        counts
            .iter()
            .map(|((status, check), count)| format!("{status} {check} ×{count}")),
    );
    lines.join("\n")
}

#[test]
fn demos_match_their_snapshots() {
    for name in DEMOS {
        let (status, screen) = demo(name, "human");
        assert_eq!(status, i32::from(name != "healthy"), "{name}");
        insta::assert_snapshot!(format!("{name}.human"), screen);
        insta::assert_snapshot!(format!("{name}.outcome"), outcome(&report(name, "json").1));
    }
}

/// One demo is enough: snapshots of others would repeat every change.
#[test]
fn every_format_matches_its_snapshot() {
    for format in FORMATS.iter().filter(|format| **format != "human") {
        let (_, text) = demo("no-endpoint", format);
        let text = match *format {
            "sarif" => without_rules(&text),
            _ => text,
        };
        insta::assert_snapshot!(format!("no-endpoint.{format}"), text);
    }
}

#[test]
fn reports_are_deterministic() {
    for format in FORMATS {
        assert_eq!(demo("no-endpoint", format), demo("no-endpoint", format));
    }
}

#[test]
fn the_readme_shows_the_current_demo_report() {
    let readme = include_str!("../../README.md");
    let (_, report) = demo("stale-tasks", "human");
    assert!(
        readme.contains(report.trim_end()),
        "paste this into the README:\n{report}"
    );
}

#[test]
fn the_default_demo_is_stale_tasks() {
    let home = home(true);
    let plain = run(command(home.path()).args(["doctor", "--demo"]));
    assert_eq!(plain.stdout.trim_end(), demo("stale-tasks", "human").1);
}

#[test]
fn docs_checks_md_is_current() {
    let home = home(true);
    let page = run(command(home.path()).args(["checks", "--format", "markdown"]));
    assert_eq!(
        include_str!("../../docs/checks.md"),
        page.stdout,
        "ecs-exec checks --format markdown > docs/checks.md"
    );
}

#[test]
fn explain_accepts_checks_areas_and_error_texts() {
    let home = home(true);
    let explain = |words: &[&str]| run(command(home.path()).arg("explain").args(words));
    let check = explain(&["role.ssmmessages"]);
    assert_eq!(check.status, 0);
    assert!(check.stdout.contains("iam:SimulatePrincipalPolicy"));
    let area = explain(&["network"]);
    assert_eq!(area.status, 0);
    assert!(
        area.stdout.contains("network.endpoint-present: "),
        "{}",
        area.stdout
    );
    let text = explain(&[
        "(AccessDeniedException) User: arn:aws:iam::1:user/x is not authorized to perform: ecs:ExecuteCommand on resource: arn:aws:ecs:eu-west-1:1:task/prod/0a1b",
    ]);
    assert_eq!(text.status, 0);
    assert!(
        text.stdout
            .contains("ecs-exec doctor --task 0a1b --cluster prod --region eu-west-1"),
        "{}",
        text.stdout
    );
    let hostile = explain(&["throttling \u{1b}]0;x\u{7} resource: \u{1b}[31marn:x"]);
    assert_eq!(hostile.status, 0);
    let unknown = explain(&["the moon is made of cheese"]);
    assert_eq!(unknown.status, 1);
    assert!(!unknown.stdout.contains("may be"), "{}", unknown.stdout);
    assert_eq!(explain(&["ROLE.SSMMESSAGES"]).stdout, check.stdout);
    for (misspelt, meant) in [
        ("role.ssmesages", "role.ssmmessages"),
        ("TargetNotConected", "TargetNotConnectedException"),
        ("it said AccessDenyedException", "AccessDeniedException"),
    ] {
        let run = explain(&[misspelt]);
        assert_eq!(run.status, 1);
        assert!(run.stdout.contains(meant), "{}", run.stdout);
    }
}
