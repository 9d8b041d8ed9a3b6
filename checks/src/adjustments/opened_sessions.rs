//! Sessions that were opened with --live disprove failures that checks only inferred.

use std::collections::BTreeSet;

use crate::prelude::*;

/// Inferred failures on tasks whose sessions worked become warnings, and unknowns stop mattering.
pub fn apply(index: &FactIndex, findings: &mut [Finding]) {
    let working = working_tasks(index.facts);
    if working.is_empty() {
        return;
    }
    for finding in findings {
        if !finding.check.inference.is_disproved_by_session()
            || !concerns_only(index, finding, &working)
        {
            continue;
        }
        match finding.status {
            Status::Fail => {
                finding.status = Status::Warn;
                finding.detail = format!("A session worked nevertheless. {}", finding.detail);
            }
            Status::Unknown => finding.severity = Severity::Low,
            Status::Pass | Status::Warn | Status::Skip => {}
        }
    }
}

/// The tasks in which every session that was tried worked.
fn working_tasks(facts: &Facts) -> BTreeSet<&str> {
    let worked = |probe: &Probe| matches!(probe.end, ProbeEnd::Worked { .. });
    let tasks = facts.probes.iter();
    tasks
        .filter(|(_, probes)| !probes.is_empty() && probes.iter().all(worked))
        .map(|(arn, _)| arn.as_str())
        .collect()
}

fn concerns_only(index: &FactIndex, finding: &Finding, tasks: &BTreeSet<&str>) -> bool {
    if let Some(arns) = finding.tasks.arns() {
        return arns.iter().all(|arn| tasks.contains(arn.as_str()));
    }
    let service = &finding.subject.service;
    let groups = index.groups.iter();
    let mut running = groups
        .filter(|group| service.is_none() || group.service_name() == *service)
        .flat_map(|group| group.running())
        .peekable();
    running.peek().is_some() && running.all(|task| tasks.contains(&*task.arn))
}
