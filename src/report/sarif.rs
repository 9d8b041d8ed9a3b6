//! SARIF 2.1.0, for code scanning: a rule for each check, a result for each finding that needs attention.
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::collections::BTreeMap;
use std::io::{self, Write};

use checks::registry;
use diagnosis::report::Report;
use model::{Check, Finding, Severity, Status};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::location::Locations;
use super::{fixes_in_lines, write_json};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

#[derive(Serialize)]
struct Log<'r> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    runs: Vec<Run<'r>>,
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'r> {
    automation_details: Value,
    column_kind: &'static str,
    results: Results<'r>,
    tool: Value,
}

/// Made one by one while they are written: of a fleet there may be tens of thousands.
struct Results<'r> {
    report: &'r Report,
    rules: BTreeMap<&'r str, usize>,
    locations: &'r Locations,
}

/// A run for each report.
pub fn write(reports: &[Report], locations: &Locations, to: &mut impl Write) -> io::Result<()> {
    let log = Log {
        schema: SCHEMA,
        runs: reports
            .iter()
            .map(|report| run(report, locations))
            .collect(),
        version: "2.1.0",
    };
    write_json(&log, to)
}

fn run<'r>(report: &'r Report, locations: &'r Locations) -> Run<'r> {
    let mut rules: Vec<Value> = registry::all().map(rule).collect();
    let mut index: BTreeMap<&str, usize> = registry::all()
        .enumerate()
        .map(|(at, check)| (check.id, at))
        .collect();
    for finding in results(report) {
        index.entry(finding.check.id).or_insert_with(|| {
            rules.push(json!({"id": finding.check.id, "name": finding.check.id}));
            rules.len() - 1
        });
    }
    let target = &report.target;
    Run {
        automation_details: json!({"id": format!("ecs-exec/{}/{}/", target.region, target.cluster)}),
        column_kind: "unicodeCodePoints",
        results: Results {
            report,
            rules: index,
            locations,
        },
        tool: json!({"driver": {
            "name": report.tool.name,
            "semanticVersion": report.tool.version,
            "version": report.tool.version,
            "rules": rules,
        }}),
    }
}

fn results(report: &Report) -> impl Iterator<Item = &Finding> {
    let findings = report.findings.iter();
    findings.filter(|finding| finding.status.needs_attention())
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let one = |finding: &Finding| {
            result(
                self.report,
                finding,
                self.rules[finding.check.id],
                self.locations,
            )
        };
        serializer.collect_seq(results(self.report).map(one))
    }
}

fn rule(check: &Check) -> Value {
    let mut rule = json!({
        "id": check.id,
        "name": check.id,
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": check.why},
        "help": {"text": format!("{}\n\nHow it is found out: {}\n\nWhat mends it: {}", check.why, check.how, check.remedy)},
        "defaultConfiguration": {"level": level_of(check.severity)},
        "properties": {"tags": [check.area.name(), "ecs-exec"]},
    });
    if let Some(page) = check.docs.first() {
        rule["helpUri"] = json!(page);
    }
    rule
}

fn result(report: &Report, finding: &Finding, rule: usize, locations: &Locations) -> Value {
    let location = locations.of_or_configuration(finding);
    let mut text = finding.title.to_string();
    if !finding.detail.is_empty() {
        text.push_str("\n\n");
        text.push_str(&finding.detail);
    }
    let fixes = fixes_in_lines(report, finding.fix_ids());
    if !fixes.is_empty() {
        text.push_str("\n\n");
        text.push_str(&fixes.join("\n"));
    }
    json!({
        "ruleId": finding.check.id,
        "ruleIndex": rule,
        "kind": match finding.status {
            Status::Unknown => "open",
            _ => "fail",
        },
        "level": level(finding),
        "message": {"text": text},
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

/// By what code scanning knows a result again.
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

/// A result whose kind is not `fail` has no level: the standard wants `none` (3.27.10).
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
