//! The examples work as their README describes.

mod common;

use std::path::Path;
use std::time::Duration;

use common::*;
use custom_checks::catalogue;
use custom_checks::programs::{Environment, ExecCheck, run};
use model::facts::Facts;
use model::{Finding, Severity, Status};

const CONFIGURATION: &str = include_str!("../../examples/custom-checks/ecs-exec.toml");

fn image_tags() -> ExecCheck {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/custom-checks");
    ExecCheck::new("image-tags", folder.join("ecs-exec-check-image-tags"))
}

fn environment() -> Environment {
    Environment::of(std::env::vars_os())
}

fn program_findings(facts: &Facts) -> Vec<Finding> {
    let json = serde_json::to_vec(facts).expect("facts");
    run(
        &[image_tags()],
        &json,
        Duration::from_secs(20),
        &environment(),
    )
}

fn findings_of<'f>(findings: &'f [Finding], check: &str) -> Vec<&'f Finding> {
    findings
        .iter()
        .filter(|finding| finding.check.id == check)
        .collect()
}

#[test]
fn the_configuration_passes_on_a_healthy_platform() {
    let mut facts = healthy();
    for fact in facts.services.values_mut() {
        let service = fact.known_mut().expect("service");
        service.tags.insert("team".into(), "dev".into());
    }
    let findings = judge(CONFIGURATION, &facts);
    assert!(findings.len() > facts.tasks.len() * 2);
    for finding in &findings {
        assert_eq!(finding.status, Status::Pass, "{finding:?}");
    }
}

#[test]
fn the_configuration_finds_problems() {
    let mut facts = coder();
    task(&mut facts).containers[0].image = Some("docker.io/x/y:1 --privileged".into());
    task(&mut facts).started_at = Some("2026-01-01T00:00:00Z".parse().expect("time"));
    let findings = judge(CONFIGURATION, &facts);
    let registry = findings_of(&findings, "custom.own-registry");
    assert_eq!(registry[0].status, Status::Fail);
    assert_eq!(registry[0].severity, Severity::High);
    assert_eq!(
        registry[0].title,
        format!("Container coder of {CODER} runs an image from another registry")
    );
    assert_eq!(
        registry[0].fixes[0].commands[0],
        "docker pull 'docker.io/x/y:1 --privileged'"
    );
    let old = findings_of(&findings, "custom.old-task");
    assert_eq!(old[0].status, Status::Warn);
    assert!(
        old[0].title.ends_with("has been running for 327 days"),
        "{}",
        old[0].title
    );
    assert_eq!(
        findings_of(&findings, "custom.team-tag")[0].status,
        Status::Warn
    );
}

#[test]
fn the_registry_check_is_unknown_without_the_account() {
    let mut facts = coder();
    facts.account = None;
    let findings = judge(CONFIGURATION, &facts);
    assert_eq!(
        findings_of(&findings, "custom.own-registry")[0].status,
        Status::Unknown
    );
}

#[cfg(unix)]
#[test]
fn the_program_passes_on_a_healthy_platform() {
    let facts = healthy();
    let findings = program_findings(&facts);
    assert_eq!(findings.len(), facts.task_definitions.len());
    for finding in &findings {
        assert_eq!(finding.status, Status::Pass, "{finding:?}");
    }
}

#[cfg(unix)]
#[test]
fn the_program_warns_about_latest_and_reports_unknown_facts() {
    for (image, status) in [
        ("nginx", Status::Warn),
        ("nginx:latest", Status::Warn),
        ("registry:5000/nginx", Status::Warn),
        ("registry:5000/nginx:1.27", Status::Pass),
        ("nginx:latest@sha256:00", Status::Pass),
    ] {
        let mut facts = coder();
        definition(&mut facts).containers[0].image = Some(image.into());
        let arn = definition(&mut facts).arn.clone();
        let findings = program_findings(&facts);
        let finding = findings
            .iter()
            .find(|finding| *finding.subject.id == arn)
            .expect("finding");
        assert_eq!(finding.status, status, "{image}");
    }
    let mut facts = coder();
    let arn = task(&mut facts).task_definition.to_string();
    facts
        .task_definitions
        .insert(arn.clone(), denied("ecs:DescribeTaskDefinition"));
    let findings = program_findings(&facts);
    let finding = findings
        .iter()
        .find(|finding| *finding.subject.id == arn)
        .expect("finding");
    assert_eq!(finding.status, Status::Unknown);
}

#[cfg(unix)]
#[test]
fn the_catalogue_lists_both_kinds() {
    let expressions = load(CONFIGURATION).expect("checks");
    let gone = ExecCheck::new("gone", "/nonexistent/ecs-exec-check-gone");
    let entries = catalogue(
        &expressions,
        &[image_tags(), gone],
        Duration::from_secs(20),
        &environment(),
    );
    let ids: Vec<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "custom.own-registry",
            "custom.old-task",
            "custom.team-tag",
            "program.image-tags",
            "program.gone"
        ]
    );
    assert_eq!(entries[0].area, "custom");
    assert_eq!(entries[0].severity, Severity::High);
    assert!(entries[1].why.starts_with("Fargate moves"));
    assert_eq!(entries[3].area, "program");
    assert_eq!(entries[3].title, "Images are not named by the tag latest");
    assert_eq!(entries[3].severity, Severity::Low);
    assert_eq!(entries[3].error, None);
    let error = entries[4].error.as_deref().expect("error");
    assert!(
        error.starts_with("The check program gone could not be started"),
        "{error}"
    );
}

#[test]
fn the_schemas_have_the_statuses_and_severities_of_the_code() {
    let findings: serde_json::Value =
        serde_json::from_str(include_str!("../schema/findings.json")).expect("schema");
    let metadata: serde_json::Value =
        serde_json::from_str(include_str!("../schema/metadata.json")).expect("schema");
    let finding = &findings["$defs"]["finding"]["properties"];
    for word in finding["status"]["enum"].as_array().expect("words") {
        assert!(
            serde_json::from_value::<Status>(word.clone()).is_ok(),
            "{word}"
        );
    }
    for severity in [&finding["severity"], &metadata["properties"]["severity"]] {
        for word in severity["enum"].as_array().expect("words") {
            assert!(
                serde_json::from_value::<Severity>(word.clone()).is_ok(),
                "{word}"
            );
        }
    }
}
