//! The report: what every format is made of, and the JSON that scripts and tickets rely on.

mod build;
mod headline;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::iter::Sum;

use schemars::JsonSchema;
use serde::Serialize;
use thin_vec::ThinVec;

use crate::baseline::Since;
use crate::evidence::Evidence;
use crate::finding::{Severity, Status, Subject, leaves_open};
use crate::fix::Fix;

pub(crate) use build::build;

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
    pub title: Cow<'static, str>,
    /// Why we think so; empty where the title says it all.
    pub detail: String,
    pub subject: Subject,
    pub evidence: Evidence,
    /// The IAM action that the caller lacks to answer.
    pub missing_permission: Option<Box<str>>,
    /// IDs of the failing checks that explain this failure.
    #[schemars(with = "Vec<&'static str>")]
    pub caused_by: ThinVec<&'static str>,
    /// IDs of fixes.
    #[schemars(with = "Vec<String>")]
    pub fixes: ThinVec<String>,
}

impl Report {
    /// The findings that a root cause stands for.
    pub fn findings_of<'r>(
        &'r self,
        cause: &'r RootCause,
    ) -> impl Iterator<Item = &'r ReportFinding> {
        let subjects: HashSet<&Subject> = cause.subjects.iter().collect();
        self.findings.iter().filter(move |finding| {
            finding.check == cause.check && subjects.contains(&finding.subject)
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
