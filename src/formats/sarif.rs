//! SARIF 2.1.0 for code scanning: a rule for each check, a result for each finding that needs attention.
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use checks::registry;
use diagnosis::report::Report;
use model::{Check, Finding, Severity, Status};
use serde_json::{Value, json};

use super::pretty_json;
use super::wording::finding_text;
use crate::source_location::SourceLocations;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// A run for each report.
pub fn render(reports: &[Report], locations: &SourceLocations) -> String {
    let runs: Vec<Value> = reports
        .iter()
        .map(|report| run(report, locations))
        .collect();
    pretty_json(&json!({"$schema": SCHEMA, "runs": runs, "version": "2.1.0"}))
}

fn run(report: &Report, locations: &SourceLocations) -> Value {
    let mut ids: Vec<&str> = registry::all().map(|check| check.id).collect();
    let mut rules: Vec<Value> = registry::all().map(rule).collect();
    let mut results = Vec::new();
    let findings = report.findings.iter();
    for finding in findings.filter(|finding| finding.status.needs_attention()) {
        let id = finding.check.id;
        let index = ids.iter().position(|known| *known == id);
        let index = index.unwrap_or_else(|| {
            ids.push(id);
            rules.push(json!({"id": id, "name": id}));
            ids.len() - 1
        });
        results.push(result(report, finding, index, locations));
    }
    let target = &report.target;
    json!({
        "automationDetails": {"id": format!("ecs-exec/{}/{}/", target.region, target.cluster)},
        "columnKind": "unicodeCodePoints",
        "results": results,
        "tool": {"driver": {
            "name": report.tool.name,
            "semanticVersion": report.tool.version,
            "version": report.tool.version,
            "rules": rules,
        }},
    })
}

fn rule(check: &Check) -> Value {
    let mut rule = json!({
        "id": check.id,
        "name": check.id,
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": check.why},
        "help": {"text": format!("{}\n\nHow it is checked: {}\n\nRemediation: {}", check.why, check.how, check.remedy)},
        "defaultConfiguration": {"level": level_of(check.severity)},
        "properties": {"tags": [check.area.name(), "ecs-exec"]},
    });
    if let Some(page) = check.docs.first() {
        rule["helpUri"] = json!(page);
    }
    rule
}

fn result(report: &Report, finding: &Finding, rule: usize, locations: &SourceLocations) -> Value {
    let location = locations.find_or_configuration(finding);
    json!({
        "ruleId": finding.check.id,
        "ruleIndex": rule,
        "kind": match finding.status {
            Status::Unknown => "open",
            _ => "fail",
        },
        "level": level(finding),
        "message": {"text": finding_text(report, finding)},
        "locations": [{
            "physicalLocation": {
                "artifactLocation": {"uri": location.uri()},
                "region": {"startLine": location.line, "endLine": location.end_line},
            },
            "logicalLocations": [{
                "name": finding.subject.id,
                "fullyQualifiedName": qualified(finding),
                "kind": "resource",
            }],
        }],
        "partialFingerprints": {"finding/v1": fingerprint(finding)},
    })
}

fn qualified(finding: &Finding) -> String {
    let subject = &finding.subject;
    match &subject.service {
        Some(service) => format!("{service}/{}/{}", subject.kind, subject.id),
        None => format!("{}/{}", subject.kind, subject.id),
    }
}

/// Identifies the same result in later runs.
fn fingerprint(finding: &Finding) -> String {
    let subject = &finding.subject;
    let service = subject.service.as_deref().unwrap_or_default();
    format!(
        "{}|{service}|{}|{}",
        finding.check.id,
        subject.kind,
        subject.lasting_id()
    )
}

/// The level is `none` for a result whose kind is not `fail` (3.27.10).
fn level(finding: &Finding) -> &'static str {
    match finding.status {
        Status::Fail => "error",
        Status::Warn => "warning",
        Status::Unknown | Status::Pass | Status::Skip => "none",
    }
}

fn level_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}
