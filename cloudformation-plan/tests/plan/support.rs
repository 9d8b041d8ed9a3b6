//! Fixtures to start from, and what the checks report.

use cloudformation_plan::CloudFormationPlan;
use diagnosis::{Report, Selection, examine};
use model::Status;
use model::facts::Facts;
use terraform_plan::PlanRequest;

pub const YAML: &str = include_str!("../../fixtures/service.yaml");
pub const CHANGE_SET: &str = include_str!("../../fixtures/change-set.json");

pub fn request(cluster: &str) -> PlanRequest {
    PlanRequest {
        cluster_name: cluster.to_owned(),
        region: "us-west-2".to_owned(),
        partition: "aws".to_owned(),
        account: Some("123456789012".to_owned()),
        services: Vec::new(),
        container: None,
        expect: Default::default(),
        taken_at: "2026-11-24T09:30:00Z".parse().unwrap(),
    }
}

pub fn plan(text: &str) -> CloudFormationPlan {
    cloudformation_plan::read_bytes(text.as_bytes()).unwrap()
}

/// The facts of the only cluster.
pub fn facts(plan: &CloudFormationPlan) -> Facts {
    let clusters = plan.clusters();
    assert_eq!(clusters.len(), 1, "{clusters:?}");
    plan.facts(&request(&clusters[0]))
}

pub fn report(facts: &Facts) -> Report {
    examine(facts, &Selection::default())
}

pub fn titles(report: &Report, status: Status) -> Vec<String> {
    let findings = report.findings.iter();
    findings
        .filter(|finding| finding.status == status)
        .map(|finding| format!("{}: {}", finding.check.id, finding.title))
        .collect()
}

/// The checks that are unknown, but for what is in the image, which no template shows.
pub fn unknown(report: &Report) -> Vec<String> {
    let mut unknown = titles(report, Status::Unknown);
    unknown.retain(|title| !title.starts_with("container.log-tools"));
    unknown
}

pub fn causes(report: &Report) -> Vec<String> {
    let causes = report.root_causes.iter();
    causes.map(|cause| cause.check.to_string()).collect()
}

pub fn assert_healthy(facts: &Facts) {
    let report = report(facts);
    assert_eq!(titles(&report, Status::Fail), [""; 0]);
    assert_eq!(titles(&report, Status::Warn), [""; 0]);
    assert_eq!(unknown(&report), [""; 0]);
    assert!(titles(&report, Status::Pass).len() > 8);
}

/// The CloudFormation edits of all fixes.
pub fn edits(report: &Report) -> String {
    let edits = report.fixes.iter();
    let edits = edits.filter_map(|fix| fix.cloudformation.clone());
    edits.collect::<Vec<_>>().join("\n---\n")
}

/// The YAML of a resource of a type, with properties.
pub fn resource(resource_type: &str, properties: &str) -> String {
    format!("  Other:\n    Type: {resource_type}\n    Properties: {{{properties}}}\n")
}

/// The report on a template.
pub fn report_of(yaml: &str) -> Report {
    report(&facts(&plan(yaml)))
}

/// The template from its beginning to one text, and from another one to its end.
pub fn without(from: &str, to: &str) -> String {
    let (start, end) = (YAML.find(from).unwrap(), YAML.find(to).unwrap());
    format!("{}{}", &YAML[..start], &YAML[end..])
}

pub fn assert_network_cause(report: &Report) {
    let causes = causes(report);
    assert!(
        causes.iter().any(|check| check.starts_with("network.")),
        "{causes:?}"
    );
}
