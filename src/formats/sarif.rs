//! SARIF 2.1.0 for code scanning: a rule for each check, a result for each finding that needs attention.
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::collections::HashMap;
use std::fmt::Write;

use aws_lc_rs::digest::{SHA256, digest};
use checks::registry;
use data_encoding::HEXLOWER;
use diagnosis::report::Report;
use model::{Check, Finding, Severity, Status, text};
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
    let mut fingerprints = HashMap::new();
    let findings = report.findings.iter();
    for finding in findings.filter(|finding| finding.status.needs_attention()) {
        let id = finding.check.id;
        let index = ids.iter().position(|known| *known == id);
        let index = index.unwrap_or_else(|| {
            ids.push(id);
            rules.push(rule(finding.check));
            ids.len() - 1
        });
        let mut fingerprint = fingerprint(finding);
        let count = fingerprints.entry(fingerprint.clone()).or_insert(0);
        *count += 1;
        if *count > 1 {
            let _ = write!(fingerprint, "|{count}");
        }
        results.push(result(report, finding, index, locations, &fingerprint));
    }
    let target = &report.target;
    json!({
        "automationDetails": {"id": format!("ecs-exec/{}/{}/", target.region, target.cluster)},
        "columnKind": "unicodeCodePoints",
        "results": results,
        "tool": {"driver": {
            "informationUri": env!("CARGO_PKG_REPOSITORY"),
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
        "name": rule_name(check.id),
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

/// `container.agent-running` as `ContainerAgentRunning`: viewers show the name, which must differ from the ID.
fn rule_name(id: &str) -> String {
    let words = id.split(|c: char| !c.is_alphanumeric());
    words.map(text::capitalized).collect()
}

fn result(
    report: &Report,
    finding: &Finding,
    rule: usize,
    locations: &SourceLocations,
    fingerprint: &str,
) -> Value {
    let place = locations.find_or_repository(report, finding);
    let location = json!({
        "logicalLocations": [{
            "name": finding.subject.id,
            "fullyQualifiedName": qualified(finding),
            "kind": "resource",
        }],
        "physicalLocation": {
            "artifactLocation": {"uri": place.uri()},
            "region": {"startLine": place.line, "endLine": place.end_line},
        },
    });
    json!({
        "ruleId": finding.check.id,
        "ruleIndex": rule,
        "kind": match finding.status {
            Status::Unknown => "open",
            _ => "fail",
        },
        "level": level(finding),
        "message": {"text": finding_text(report, finding)},
        "locations": [location],
        "partialFingerprints": {
            "finding/v1": fingerprint,
            // GitHub tells alerts of a rule apart by this one, and computes it from the line if it is missing: results
            // at the same line would be one alert.
            "primaryLocationLineHash": format!("{}:1", short_hash(fingerprint)),
        },
    })
}

fn short_hash(text: &str) -> String {
    let hash = digest(&SHA256, text.as_bytes());
    HEXLOWER.encode(&hash.as_ref()[..8])
}

fn qualified(finding: &Finding) -> String {
    let subject = &finding.subject;
    match &subject.service {
        Some(service) => format!("{service}/{}/{}", subject.kind, subject.id),
        None => format!("{}/{}", subject.kind, subject.id),
    }
}

/// Identifies the same result in later runs; findings about several tasks of a service share it.
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

#[cfg(test)]
mod tests {
    #[test]
    fn rules_have_names() {
        assert_eq!(super::rule_name("role.kms-decrypt"), "RoleKmsDecrypt");
        assert_eq!(super::rule_name("x"), "X");
    }
}
