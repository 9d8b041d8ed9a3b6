//! The report: what every format is made of, and the JSON that scripts and tickets rely on.

use std::collections::BTreeMap;
use std::iter::Sum;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::baseline::Since;
use crate::diagnosis::{Cause, Diagnosis, WISHES};
use crate::evidence::Evidence;
use crate::facts::{Caller, Facts};
use crate::finding::{Finding, Severity, Status, Subject, leaves_open};
use crate::fix::Fix;
use crate::text::{clean_block, clean_line, cleaned_block, cleaned_line};

/// Raised by anything but additions.
pub const SCHEMA_VERSION: &str = "1";

/// What the doctor says of a cluster.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Report {
    /// Raised by anything but additions.
    pub schema_version: &'static str,
    pub tool: Tool,
    /// RFC 3339; when the facts were taken.
    pub generated_at: String,
    pub source: Source,
    /// What was asked about.
    pub target: Target,
    pub caller: CallerLine,
    /// Whether sessions would work.
    pub verdict: Verdict,
    /// Checks were left out, so that a pass says only that those which ran found nothing.
    pub partial: bool,
    pub summary: Summary,
    /// Why sessions fail, the one that comes first on a session's path first.
    pub root_causes: Vec<RootCause>,
    /// What every check says of every subject.
    pub findings: Vec<ReportFinding>,
    /// What mends the findings; they refer to these by their IDs.
    pub fixes: Vec<Fix>,
    /// Where there is a baseline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
    /// How often each AWS action was called.
    pub api_calls: BTreeMap<String, u64>,
    /// From the question to the report, in milliseconds.
    pub duration_ms: u64,
}

/// The program that wrote the report.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Tool {
    pub name: &'static str,
    pub version: &'static str,
}

/// Where the facts came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    Live,
    Snapshot,
    Plan,
    Demo,
}

/// What was asked about.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Target {
    /// Its number, of twelve digits; null where it could not be learnt.
    pub account: Option<String>,
    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub partition: String,
    pub region: String,
    /// The cluster's name.
    pub cluster: String,
    /// Full names.
    pub services: Vec<String>,
    /// ARNs of tasks that were named, or belong to no service.
    pub tasks: Vec<String>,
    /// The only container that was asked about, where one was named.
    pub container: Option<String>,
}

/// Who asked AWS, and would open sessions.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CallerLine {
    /// As STS names the caller; null where it could not be asked.
    pub arn: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Sessions would work.
    Pass,
    /// A check failed.
    Fail,
    /// Nothing failed, but something that matters could not be seen.
    Inconclusive,
}

/// How many findings have each status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Summary {
    pub pass: usize,
    pub warn: usize,
    pub fail: usize,
    pub unknown: usize,
    pub skip: usize,
}

impl<'s> Sum<&'s Summary> for Summary {
    fn sum<I: Iterator<Item = &'s Summary>>(summaries: I) -> Summary {
        summaries.fold(Summary::default(), |sum, one| Summary {
            pass: sum.pass + one.pass,
            warn: sum.warn + one.warn,
            fail: sum.fail + one.fail,
            unknown: sum.unknown + one.unknown,
            skip: sum.skip + one.skip,
        })
    }
}

/// A failure that no other explains, on all its subjects.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RootCause {
    /// ID of the check that failed.
    pub check: &'static str,
    /// One sentence, for all subjects together.
    pub title: String,
    /// Why we think so, and what it may hide.
    pub detail: String,
    pub subjects: Vec<Subject>,
    /// IDs of the checks that fail because of it.
    pub symptoms: Vec<&'static str>,
    /// IDs of fixes.
    pub fixes: Vec<String>,
}

/// What a check says of one subject.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReportFinding {
    /// ID of the check: `area.name`.
    pub check: &'static str,
    pub area: &'static str,
    pub status: Status,
    /// How much a failure matters, or not knowing.
    pub severity: Severity,
    /// One sentence.
    pub title: String,
    /// Why we think so; empty where the title says it all.
    pub detail: String,
    pub subject: Subject,
    pub evidence: Evidence,
    /// The IAM action that the caller lacks to answer.
    pub missing_permission: Option<String>,
    /// IDs of the failing checks that explain this failure.
    pub caused_by: Vec<&'static str>,
    /// IDs of fixes.
    pub fixes: Vec<String>,
}

/// Joins facts and diagnosis. What AWS or a user wrote is made harmless here, once, for every format.
pub(crate) fn build(facts: &Facts, diagnosis: Diagnosis, partial: bool) -> Report {
    let Diagnosis {
        findings,
        root_causes,
    } = diagnosis;
    Report {
        schema_version: SCHEMA_VERSION,
        tool: Tool {
            name: "ecs-exec",
            version: env!("CARGO_PKG_VERSION"),
        },
        generated_at: facts.taken_at.to_string(),
        source: Source::Live,
        target: target(facts),
        caller: CallerLine {
            arn: facts
                .caller
                .known()
                .map(|caller: &Caller| clean_line(&caller.arn)),
        },
        verdict: verdict(
            findings
                .iter()
                .map(|finding| (finding.status, finding.severity)),
        ),
        partial,
        summary: summary(findings.iter().map(|finding| finding.status)),
        fixes: distinct_fixes(&findings),
        root_causes: root_causes.into_iter().map(root_cause).collect(),
        findings: findings.into_iter().map(finding).collect(),
        since: None,
        api_calls: BTreeMap::new(),
        duration_ms: 0,
    }
}

impl Report {
    /// The verdict in words, the same in every format.
    pub fn headline(&self) -> &'static str {
        match (self.verdict, self.source) {
            (Verdict::Fail, _) if self.only_wishes_fail() => {
                "something that was declared does not hold; it keeps no session from working"
            }
            (Verdict::Fail, _) if self.since.is_some() => {
                "something new stands in the way of sessions"
            }
            (Verdict::Fail, Source::Plan) => {
                "after apply, sessions would not work, or not everywhere"
            }
            (Verdict::Fail, _) => "sessions would not work, or not everywhere",
            (Verdict::Inconclusive, _) => {
                "inconclusive: nothing is broken as far as can be seen, but not everything that matters could be"
            }
            (Verdict::Pass, _) if self.since.is_some() => "nothing is new that stands in the way",
            (Verdict::Pass, _) if self.partial => {
                "nothing stands in the way, as far as the checks that ran can tell"
            }
            (Verdict::Pass, Source::Plan) => "after apply, sessions would work",
            (Verdict::Pass, _) => "sessions would work",
        }
    }

    /// Nothing stands in the way of sessions, but not all that was declared holds.
    fn only_wishes_fail(&self) -> bool {
        self.findings
            .iter()
            .filter(|finding| {
                finding.status == Status::Fail || leaves_open(finding.status, finding.severity)
            })
            .all(|finding| finding.status == Status::Fail && WISHES.contains(&finding.area))
    }

    /// The findings that a root cause stands for.
    pub fn findings_of<'r>(
        &'r self,
        cause: &'r RootCause,
    ) -> impl Iterator<Item = &'r ReportFinding> {
        self.findings.iter().filter(|finding| {
            finding.check == cause.check && cause.subjects.contains(&finding.subject)
        })
    }

    pub fn fix(&self, id: &str) -> Option<&Fix> {
        self.fixes.iter().find(|fix| fix.id == id)
    }
}

pub(crate) fn verdict(findings: impl Iterator<Item = (Status, Severity)>) -> Verdict {
    let mut verdict = Verdict::Pass;
    for (status, severity) in findings {
        if status == Status::Fail {
            return Verdict::Fail;
        }
        if leaves_open(status, severity) {
            verdict = Verdict::Inconclusive;
        }
    }
    verdict
}

pub(crate) fn summary(statuses: impl Iterator<Item = Status>) -> Summary {
    let mut summary = Summary::default();
    for status in statuses {
        match status {
            Status::Pass => summary.pass += 1,
            Status::Warn => summary.warn += 1,
            Status::Fail => summary.fail += 1,
            Status::Unknown => summary.unknown += 1,
            Status::Skip => summary.skip += 1,
        }
    }
    summary
}

fn target(facts: &Facts) -> Target {
    let target = &facts.target;
    let lines = |items: &mut dyn Iterator<Item = &String>| items.map(|s| clean_line(s)).collect();
    Target {
        account: facts.account.as_deref().map(clean_line),
        partition: clean_line(&facts.partition),
        region: clean_line(&facts.region),
        cluster: clean_line(&facts.cluster_name),
        services: lines(&mut target.services.iter().map(|wanted| &wanted.name)),
        tasks: lines(&mut target.tasks.iter()),
        container: target.container.as_deref().map(clean_line),
    }
}

fn root_cause(cause: Cause) -> RootCause {
    RootCause {
        check: cause.check,
        title: cleaned_line(cause.title),
        detail: cleaned_block(cause.detail),
        subjects: cause.subjects.into_iter().map(clean_subject).collect(),
        symptoms: cause.symptoms,
        fixes: cause
            .fixes
            .into_iter()
            .map(|fix| cleaned_line(fix.id))
            .collect(),
    }
}

fn finding(finding: Finding) -> ReportFinding {
    ReportFinding {
        check: finding.check,
        area: finding.area,
        status: finding.status,
        severity: finding.severity,
        title: cleaned_line(finding.title),
        detail: cleaned_block(finding.detail),
        subject: clean_subject(finding.subject),
        evidence: clean_evidence(finding.evidence),
        missing_permission: finding.missing_permission,
        caused_by: finding.caused_by,
        fixes: finding
            .fixes
            .into_iter()
            .map(|fix| cleaned_line(fix.id))
            .collect(),
    }
}

fn distinct_fixes(findings: &[Finding]) -> Vec<Fix> {
    let mut fixes: BTreeMap<&str, Fix> = BTreeMap::new();
    for fix in findings.iter().flat_map(|finding| &finding.fixes) {
        fixes
            .entry(&fix.id)
            .and_modify(|known| known.join(fix))
            .or_insert_with(|| fix.clone());
    }
    fixes.into_values().map(clean_fix).collect()
}

fn clean_fix(fix: Fix) -> Fix {
    Fix {
        id: clean_line(&fix.id),
        title: clean_line(&fix.title),
        disposition: fix.disposition,
        commands: fix.commands.iter().map(|line| clean_line(line)).collect(),
        steps: fix.steps,
        terraform: fix.terraform.as_deref().map(clean_block),
        policy: fix.policy.map(clean_value),
        explain: clean_block(&fix.explain),
    }
}

fn clean_subject(subject: Subject) -> Subject {
    Subject {
        kind: subject.kind,
        id: cleaned_line(subject.id),
        service: subject.service.map(cleaned_line),
    }
}

fn clean_evidence(mut evidence: Evidence) -> Evidence {
    for value in evidence.values_mut() {
        *value = clean_value(std::mem::take(value));
    }
    evidence
}

fn clean_value(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(cleaned_line(text)),
        Value::Array(items) => items.into_iter().map(clean_value).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (cleaned_line(name), clean_value(value)))
            .collect(),
        other => other,
    }
}
