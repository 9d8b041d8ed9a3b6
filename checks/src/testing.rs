//! Facts for unit tests, and the findings of one check.

use model::Facts;
use model::check::Check;
use model::finding::{Finding, Status};

use crate::fact_index::FactIndex;
use crate::registry;

pub use test_facts::*;

pub fn run(check: &'static Check, facts: &Facts) -> Vec<Finding> {
    let simulations = aws_rules::iam::resolve_simulations(facts);
    let index = FactIndex::new(facts, &simulations);
    run_on(check, &index)
}

pub fn run_on(check: &'static Check, index: &FactIndex) -> Vec<Finding> {
    let mut checks = registry::CHECKS.iter();
    let registered = checks.find(|registered| registered.check.id == check.id);
    (registered.unwrap().run)(index)
}

pub fn statuses(check: &'static Check, facts: &Facts) -> Vec<Status> {
    run(check, facts)
        .iter()
        .map(|finding| finding.status)
        .collect()
}
