//! The checks of `ecs-exec`: pure functions from [`facts::Facts`] to a [`report::Report`].
//!
//! Nothing here asks AWS, reads a clock or looks at the environment, so the same code judges a live
//! account, a capture from a ticket and a Terraform plan. The way through is
//! `Facts → World → checks → findings → diagnosis → Report`.

#![forbid(unsafe_code)]

pub mod arn;
pub mod baseline;
mod caller;
pub mod capture;
pub mod check;
mod clean;
mod cluster;
mod container;
pub mod diagnosis;
mod distinct;
pub mod evidence;
pub mod explain;
pub mod facts;
pub mod finding;
pub mod fix;
mod fixes;
#[cfg(test)]
mod fuzz;
pub mod iam;
mod kms;
mod live;
mod local;
mod made_once;
mod memo;
pub mod needs;
mod network;
pub mod no_proxy;
mod planned;
pub mod policies;
mod policy;
pub mod policy_document;
mod reachability;
pub mod registry;
pub mod report;
mod role;
mod rollout;
pub mod select;
mod service;
pub mod step;
mod task;
pub mod tasks;
#[cfg(test)]
mod testing;
pub mod text;
mod version;
pub mod world;

pub use caller::execute_command_scope::another_cluster;
pub use check::Check;
pub use facts::Facts;
pub use finding::{Finding, Severity, Status, Subject};
pub use fix::{Disposition, Fix};
pub use report::{Report, Verdict};
pub use select::Selection;
pub use version::is_at_least;
pub use world::World;

/// About as many as there are: room for those of a fleet is made once.
const FINDINGS_A_TASK: usize = 9;

/// Runs the selected checks on the facts and says what is behind their failures.
pub fn examine(facts: &Facts, selection: &Selection) -> Report {
    examine_with(facts, selection, |_| Vec::new())
}

/// The same, with what the user's own checks find.
pub fn examine_with(
    facts: &Facts,
    selection: &Selection,
    own: impl FnOnce(&World) -> Vec<Finding>,
) -> Report {
    let simulations = iam::settled(facts);
    let world = World::new(facts, &simulations);
    let mut findings: Vec<Finding> = Vec::with_capacity(FINDINGS_A_TASK * world.running().count());
    let checks = registry::CHECKS.iter();
    for check in checks.filter(|check| selection.includes(check)) {
        findings.extend(planned::run(check, &world));
    }
    findings.extend(own(&world));
    live::settle(&world, &mut findings);
    rollout::settle(&world, &mut findings);
    findings.iter_mut().for_each(clean::finding);
    report::build(facts, diagnosis::diagnose(findings), selection.is_partial())
}
