//! A session that was really opened settles what the checks could only infer.

use std::collections::BTreeSet;

use crate::fact_index::FactIndex;
use model::facts::{Facts, ProbeEnd};
use model::finding::{Finding, Severity, Status};

/// Failures and doubts about tasks whose sessions worked become notes.
pub fn settle(index: &FactIndex, findings: &mut [Finding]) {
    let proven = proven(index.facts);
    if proven.is_empty() {
        return;
    }
    for finding in findings {
        if !finding.check.inference.is_disproved_by_session() || !is_about(index, finding, &proven)
        {
            continue;
        }
        match finding.status {
            Status::Fail => {
                finding.status = Status::Warn;
                let detail = std::mem::take(&mut finding.detail);
                finding.detail = format!("A session worked all the same. {detail}").into();
            }
            Status::Unknown => finding.severity = Severity::Low,
            Status::Pass | Status::Warn | Status::Skip => {}
        }
    }
}

/// Tasks of which every session that was tried worked.
fn proven(facts: &Facts) -> BTreeSet<&str> {
    facts
        .probes
        .iter()
        .filter(|(_, probes)| {
            !probes.is_empty()
                && probes
                    .iter()
                    .all(|probe| matches!(probe.end, ProbeEnd::Worked { .. }))
        })
        .map(|(arn, _)| arn.as_str())
        .collect()
}

/// Whether a finding concerns no other tasks than these.
fn is_about(index: &FactIndex, finding: &Finding, proven: &BTreeSet<&str>) -> bool {
    match finding.tasks.arns() {
        Some(tasks) => tasks.iter().all(|task| proven.contains(task.as_str())),
        None => {
            let service = finding.subject.service.as_ref();
            let mut tasks = index
                .groups
                .iter()
                .filter(|group| service.is_none() || group.shared_name() == service)
                .flat_map(|group| group.running())
                .peekable();
            tasks.peek().is_some() && tasks.all(|task| proven.contains(&*task.arn))
        }
    }
}
