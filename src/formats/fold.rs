//! Puts together what says the same: findings of several subjects, fixes of several targets, services in the same state.
//! Every format for people is made of these groups, so that a cluster with many services fits a screen.

mod findings;
mod fixes;
mod services;

use std::collections::HashSet;

pub use findings::{FindingGroup, group_findings};
pub use fixes::{FixGroup, group_fixes};
pub use services::{ServiceGroup, group_services};

use diagnosis::report::{Report, RootCause};

/// More services than this are counted, not named, where a sentence is about them.
pub const MAX_NAMED: usize = 3;

/// From this number of services on, a report has a summary of services.
pub const MANY_SERVICES: usize = 9;

/// The services that a root cause affects, each once.
pub fn services_of(cause: &RootCause) -> Vec<&str> {
    let services = cause.subjects.iter();
    let services = services.filter_map(|subject| subject.service.as_deref());
    let mut seen = HashSet::new();
    services.filter(|service| seen.insert(*service)).collect()
}

/// Whether the report is about so many services that they are summed up.
pub fn has_many_services(report: &Report) -> bool {
    report.target.services.len() >= MANY_SERVICES
}
