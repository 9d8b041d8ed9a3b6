use std::collections::{BTreeMap, BTreeSet};

use diagnosis::Report;
use model::{Finding, Status};

use crate::formats::wording;

/// Services in the same state.
pub struct ServiceGroup<'r> {
    /// The worst status of a finding about the services.
    pub status: Status,
    /// Whether sessions would work as far as the findings about the services tell.
    pub works: bool,
    /// IDs of the checks with that status, without those that another explains.
    pub checks: Vec<&'r str>,
    /// Names of the services.
    pub services: Vec<&'r str>,
}

/// Each service of the target as a group of its own.
pub fn each_service(report: &Report) -> Vec<ServiceGroup<'_>> {
    let mut findings: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &report.findings {
        if let Some(service) = finding.subject.service.as_deref() {
            findings.entry(service).or_default().push(finding);
        }
    }
    let services = report.target.services.iter();
    let groups = services.map(|service| {
        let findings = findings
            .get(service.as_str())
            .map_or(&[][..], Vec::as_slice);
        let (rank, checks) = state(findings);
        ServiceGroup {
            status: wording::STATUSES[rank],
            works: has_passed(findings),
            checks,
            services: vec![service],
        }
    });
    groups.collect()
}

/// The services of the target, those in the same state together; the worst first, the largest group first.
pub fn group_services(report: &Report) -> Vec<ServiceGroup<'_>> {
    let mut groups: BTreeMap<(Option<usize>, bool, Vec<&str>), ServiceGroup> = BTreeMap::new();
    for one in each_service(report) {
        let key = (rank(one.status), one.works, one.checks.clone());
        match groups.get_mut(&key) {
            Some(group) => group.services.extend(one.services),
            None => _ = groups.insert(key, one),
        }
    }
    let mut groups: Vec<ServiceGroup> = groups.into_values().collect();
    groups.sort_by_key(|group| (rank(group.status), usize::MAX - group.services.len()));
    groups
}

fn rank(status: Status) -> Option<usize> {
    let mut statuses = wording::STATUSES.iter();
    statuses.position(|other| *other == status)
}

/// Whether nothing failed, nothing that is required is unknown, and something was checked.
fn has_passed(findings: &[&Finding]) -> bool {
    let mut passed = findings.iter();
    let passed = passed.any(|finding| matches!(finding.status, Status::Pass | Status::Warn));
    let mut all = findings.iter();
    passed && !all.any(|finding| finding.status == Status::Fail || finding.leaves_open())
}

/// The rank of the worst status in [`wording::STATUSES`], and the checks with it if somebody should look at them.
fn state<'r>(findings: &[&'r Finding]) -> (usize, Vec<&'r str>) {
    let has = |status: &Status| findings.iter().any(|finding| finding.status == *status);
    let statuses = wording::STATUSES.iter();
    let (rank, status) = statuses
        .enumerate()
        .find(|(_, status)| has(status))
        .unwrap_or((wording::STATUSES.len() - 1, &Status::Skip));
    if !status.needs_attention() {
        return (rank, Vec::new());
    }
    let with_status = findings.iter().filter(|finding| finding.status == *status);
    let roots = with_status
        .clone()
        .filter(|finding| finding.caused_by.is_empty());
    let mut checks: BTreeSet<&str> = roots.map(|finding| finding.check.id).collect();
    if checks.is_empty() {
        checks = with_status.map(|finding| finding.check.id).collect();
    }
    (rank, checks.into_iter().collect())
}
