//! Puts together what says the same: findings of several subjects, fixes of several targets, services in the same state.
//! Every format for people is made of these groups, so that a cluster with many services fits a screen.

mod findings;
mod fixes;
mod services;

use std::collections::HashSet;

pub use findings::{FindingGroup, group_findings};
pub use fixes::{FixGroup, fixes_of, group_fixes, last_fixes};
pub use services::ServiceGroup;

use services::{each_service, group_services};

use diagnosis::report::{Report, RootCause};

/// More services than this are counted, not named, where a sentence is about them.
pub const MAX_NAMED: usize = 3;

/// From this number of services on, those in the same state are counted, not named one by one.
pub const MANY_SERVICES: usize = 9;

/// The services that a root cause affects, each once.
pub fn services_of(cause: &RootCause) -> Vec<&str> {
    let services = cause.subjects.iter();
    let services = services.filter_map(|subject| subject.service.as_deref());
    let mut seen = HashSet::new();
    services.filter(|service| seen.insert(*service)).collect()
}

/// The summary of services: a group for each service, of many for each state; none if there is only one service.
pub fn summarize_services(report: &Report) -> Vec<ServiceGroup<'_>> {
    match report.target.services.len() {
        0 | 1 => Vec::new(),
        _ if has_many_services(report) => group_services(report),
        _ => each_service(report),
    }
}

/// Whether the report is about so many services that they are summed up.
pub fn has_many_services(report: &Report) -> bool {
    report.target.services.len() >= MANY_SERVICES
}
