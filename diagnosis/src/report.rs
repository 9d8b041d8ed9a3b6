//! The report: what every format is made of, and the JSON that scripts and tickets rely on.

mod build;
mod headline;
mod order;

use std::collections::{BTreeMap, HashSet};
use std::iter::Sum;

use schemars::JsonSchema;
use serde::Serialize;

use crate::baseline::Since;
pub use crate::causes::RootCause;
use model::finding::{Finding, FindingJson, Status, Subject};
use model::fix::Fix;

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
    #[schemars(with = "Vec<FindingJson>")]
    pub findings: Vec<Finding>,
    /// What fixes the findings, which refer to these by their IDs; in the order in which they are applied.
    pub fixes: Vec<Fix>,
    /// Places in `fixes`, in the order of the IDs.
    #[serde(skip)]
    #[schemars(skip)]
    by_id: Vec<usize>,
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

impl Report {
    /// The findings that a root cause stands for.
    pub fn findings_of<'r>(&'r self, cause: &'r RootCause) -> impl Iterator<Item = &'r Finding> {
        let subjects: HashSet<&Subject> = cause.subjects.iter().collect();
        self.findings.iter().filter(move |finding| {
            finding.check.id == cause.check && subjects.contains(&finding.subject)
        })
    }

    /// After fixes were taken away.
    pub(crate) fn index_fixes(&mut self) {
        self.by_id = build::by_id(&self.fixes);
    }

    /// Fixes of root causes that come after all others: they replace tasks.
    pub fn last_fixes(&self) -> impl Iterator<Item = &Fix> {
        let ids = self.root_causes.iter().flat_map(|cause| &cause.fixes);
        let of_causes: HashSet<&str> = ids.map(String::as_str).collect();
        let fixes = self.fixes.iter();
        fixes.filter(move |fix| fix.is_last && of_causes.contains(fix.id.as_str()))
    }

    pub fn fix(&self, id: &str) -> Option<&Fix> {
        let places = &self.by_id;
        let place = places.binary_search_by(|place| self.fixes[*place].id.as_str().cmp(id));
        place.ok().map(|at| &self.fixes[places[at]])
    }
}

pub(crate) fn verdict(findings: &[Finding]) -> Verdict {
    let failed = |finding: &Finding| finding.status == Status::Fail;
    if findings.iter().any(failed) {
        Verdict::Fail
    } else if findings.iter().any(Finding::leaves_open) {
        Verdict::Inconclusive
    } else {
        Verdict::Pass
    }
}

pub(crate) fn summary(findings: &[Finding]) -> Summary {
    let mut summary = Summary::default();
    for finding in findings {
        match finding.status {
            Status::Pass => summary.pass += 1,
            Status::Warn => summary.warn += 1,
            Status::Fail => summary.fail += 1,
            Status::Unknown => summary.unknown += 1,
            Status::Skip => summary.skip += 1,
        }
    }
    summary
}
