use std::collections::{BTreeMap, BTreeSet};

use diagnosis::Report;
use model::{Finding, Status};

use crate::formats::wording;

/// Services in the same state.
pub struct ServiceGroup<'r> {
    /// The worst status of a finding about the services.
    pub status: Status,
    /// IDs of the checks with that status, without those that another explains.
    pub checks: Vec<&'r str>,
    /// Names of the services.
    pub services: Vec<&'r str>,
}

/// The services of the target, those in the same state together; the worst first, the largest group first.
pub fn group_services(report: &Report) -> Vec<ServiceGroup<'_>> {
    let mut findings: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &report.findings {
        if let Some(service) = finding.subject.service.as_deref() {
            findings.entry(service).or_default().push(finding);
        }
    }
    let mut groups: BTreeMap<(usize, Vec<&str>), Vec<&str>> = BTreeMap::new();
    for service in &report.target.services {
        let findings = findings
            .get(service.as_str())
            .map_or(&[][..], Vec::as_slice);
        let state = state(findings);
        groups.entry(state).or_default().push(service);
    }
    let groups = groups.into_iter();
    let mut groups: Vec<ServiceGroup> = groups
        .map(|((rank, checks), services)| ServiceGroup {
            status: wording::STATUSES[rank],
            checks,
            services,
        })
        .collect();
    groups.sort_by_key(|group| {
        let rank = wording::STATUSES
            .iter()
            .position(|status| *status == group.status);
        (rank, usize::MAX - group.services.len())
    });
    groups
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
