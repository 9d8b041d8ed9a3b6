//! Facts for unit tests, and what one check finds in them.

use model::Facts;
use model::check::Check;
use model::finding::{Finding, Status};

use crate::registry;
use crate::world::World;

pub use test_facts::*;

pub fn run(check: &'static Check, facts: &Facts) -> Vec<Finding> {
    let simulations = aws_rules::iam::settled(facts);
    let world = World::new(facts, &simulations);
    registry::run(check, &world)
}

pub fn statuses(check: &'static Check, facts: &Facts) -> Vec<Status> {
    run(check, facts)
        .iter()
        .map(|finding| finding.status)
        .collect()
}
