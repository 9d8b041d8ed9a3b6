//! The report: every format is made of it, and scripts and tickets rely on its JSON.
//!
//! `build` makes it out of facts and diagnosis, `fix_order` sorts the fixes, `headline` words the verdict.

mod build;
mod fix_order;
mod headline;

use std::collections::{BTreeMap, HashSet};
use std::iter::Sum;

use schemars::JsonSchema;
use serde::Serialize;

use crate::baseline::Since;
pub use crate::causes::RootCause;
use model::finding::{Finding, FindingJson, Status, Subject};
use model::fix::Fix;

pub(crate) use build::build;

/// The version of the report's JSON. It rises with every change but additions.
pub const SCHEMA_VERSION: &str = "1";

/// The doctor's report on a cluster.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Report {
    /// Rises with every change but additions.
    pub schema_version: &'static str,
    /// The program and its version.
    pub tool: Tool,
    /// When the facts were collected, in RFC 3339.
    pub generated_at: String,
    /// Where the facts come from.
    pub source: Source,
    /// The cluster, services and tasks that were checked.
    pub target: Target,
    /// The principal that called AWS.
    pub caller: CallerLine,
    /// Whether sessions will work.
    pub verdict: Verdict,
    /// Whether checks were left out. A pass then says only that those which ran found nothing.
    pub partial: bool,
    /// The number of findings by status.
    pub summary: Summary,
    /// Why sessions fail, the one that comes first on a session's path first.
    pub root_causes: Vec<RootCause>,
    /// The result of every check on every subject.
    #[schemars(with = "Vec<FindingJson>")]
    pub findings: Vec<Finding>,
    /// The fixes in the order in which they are applied. Findings and root causes refer to them by ID.
    pub fixes: Vec<Fix>,
    /// The comparison with a baseline, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
    /// The number of calls of each AWS action.
    pub api_calls: BTreeMap<String, u64>,
    /// Duration of the run in milliseconds.
    pub duration_ms: u64,
}

/// The program that wrote the report.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Tool {
    /// `ecs-exec`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// Where the facts come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// AWS.
    Live,
    /// A capture, which `--snapshot` names.
    #[serde(rename = "snapshot")]
    Capture,
    /// A Terraform plan.
    Plan,
    /// The built-in demo.
    Demo,
}

/// The cluster, services and tasks that were checked.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Target {
    /// The account ID, of twelve digits; null if it is unknown.
    pub account: Option<String>,
    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub partition: String,
    /// The AWS region.
    pub region: String,
    /// The cluster's name.
    pub cluster: String,
    /// Names of the services.
    pub services: Vec<String>,
    /// ARNs of the tasks that were named, or that belong to no service.
    pub tasks: Vec<String>,
    /// The container that was named, if any; no other is checked.
    pub container: Option<String>,
}

/// The caller: the principal that called AWS and would open sessions.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CallerLine {
    /// The ARN that STS reports, or that of --as; null if STS could not be asked.
    pub arn: Option<String>,
    /// With --as, the ARN of who ran the doctor: `arn` is another principal then, and this machine was not checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<String>,
}

/// Whether sessions will work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Sessions will work.
    Pass,
    /// A check failed.
    Fail,
    /// Nothing failed, but a check that matters could not decide.
    Inconclusive,
}

/// The number of findings by status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Summary {
    /// Nothing is wrong.
    pub pass: usize,
    /// Works, but is risky.
    pub warn: usize,
    /// Sessions will not work, or a declared expectation is broken.
    pub fail: usize,
    /// A fact could not be read.
    pub unknown: usize,
    /// Does not apply.
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
    /// The findings that a root cause groups.
    pub fn findings_of<'r>(&'r self, cause: &'r RootCause) -> impl Iterator<Item = &'r Finding> {
        let subjects: HashSet<&Subject> = cause.subjects.iter().collect();
        self.findings.iter().filter(move |finding| {
            finding.check.id == cause.check && subjects.contains(&finding.subject)
        })
    }

    /// Removes root causes and fixes that no finding needs any more, and counts anew: after findings were removed.
    pub(crate) fn retain_what_findings_need(&mut self) {
        let subjects: HashSet<(&str, &Subject)> = self
            .findings
            .iter()
            .map(|finding| (finding.check.id, &finding.subject))
            .collect();
        for cause in &mut self.root_causes {
            let check = cause.check;
            cause
                .subjects
                .retain(|subject| subjects.contains(&(check, subject)));
        }
        self.root_causes.retain(|cause| !cause.subjects.is_empty());
        let causes = self.root_causes.iter().flat_map(|cause| &cause.fixes);
        let findings = self.findings.iter().flat_map(Finding::fix_ids);
        let needed: HashSet<&str> = causes.map(String::as_str).chain(findings).collect();
        self.fixes.retain(|fix| needed.contains(fix.id.as_str()));
        self.summary = summary(&self.findings);
        self.verdict = verdict(&self.findings, &self.summary);
    }

    /// The fixes of root causes that replace tasks, after all others.
    pub fn last_fixes(&self) -> impl Iterator<Item = &Fix> {
        let ids = self.root_causes.iter().flat_map(|cause| &cause.fixes);
        let of_causes: HashSet<&str> = ids.map(String::as_str).collect();
        let fixes = self.fixes.iter();
        fixes.filter(move |fix| fix.is_last && of_causes.contains(fix.id.as_str()))
    }

    /// The fix with an ID.
    pub fn fix(&self, id: &str) -> Option<&Fix> {
        self.fixes.iter().find(|fix| fix.id == id)
    }
}

fn verdict(findings: &[Finding], summary: &Summary) -> Verdict {
    if summary.fail > 0 {
        Verdict::Fail
    } else if findings.iter().any(Finding::leaves_open) {
        Verdict::Inconclusive
    } else {
        Verdict::Pass
    }
}

fn summary(findings: &[Finding]) -> Summary {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Selection, examine};
    use checks::registry;
    use model::facts::Outcome;
    use test_facts::{decide, endpoint_group, healthy, task};

    fn broken() -> Report {
        let mut facts = healthy();
        decide(&mut facts, "ssmmessages:", "*", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
        });
        task(&mut facts).containers[0].managed_agents[0].last_status = "STOPPED".into();
        endpoint_group(&mut facts).ingress.clear();
        examine(&facts, &Selection::default())
    }

    #[test]
    fn findings_are_counted_by_status() {
        let one = Summary {
            pass: 1,
            warn: 2,
            fail: 3,
            unknown: 4,
            skip: 5,
        };
        let check = registry::find("role.present").unwrap();
        let findings = [
            (Status::Pass, 1),
            (Status::Warn, 2),
            (Status::Fail, 3),
            (Status::Unknown, 4),
            (Status::Skip, 5),
        ]
        .map(|(status, count)| {
            let finding = Finding::new(check, status, Subject::new("role", "a"), "");
            vec![finding; count]
        });
        assert_eq!(summary(&findings.concat()), one);
        let twice = Summary {
            pass: 2,
            warn: 4,
            fail: 6,
            unknown: 8,
            skip: 10,
        };
        assert_eq!([&one, &one].into_iter().sum::<Summary>(), twice);
    }

    #[test]
    fn a_root_cause_groups_the_findings_of_its_check_and_subjects() {
        let report = broken();
        for cause in &report.root_causes {
            let findings: Vec<&Finding> = report.findings_of(cause).collect();
            assert_eq!(findings.len(), cause.subjects.len());
            for finding in findings {
                assert_eq!(finding.check.id, cause.check);
                assert!(cause.subjects.contains(&finding.subject));
            }
        }
    }

    #[test]
    fn last_fixes_replace_the_tasks_of_root_causes() {
        let mut report = broken();
        let last = |report: &Report| -> Vec<String> {
            report.last_fixes().map(|fix| fix.id.clone()).collect()
        };
        let ids = last(&report);
        assert!(!ids.is_empty());
        for id in &ids {
            assert!(
                report
                    .fix(id)
                    .is_some_and(|fix| fix.id == *id && fix.is_last)
            );
        }
        assert!(report.fix("no such fix").is_none());
        report.root_causes.clear();
        assert!(last(&report).is_empty());
    }
}
