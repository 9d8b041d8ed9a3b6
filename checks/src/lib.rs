//! The checks of `ecs-exec`: pure functions from [`model::Facts`] to findings.
//!
//! Nothing here asks AWS, reads a clock or looks at the environment, so that the same code judges a live account, a
//! capture from a ticket and a Terraform plan. [`FactIndex`] joins the facts; [`registry`] lists the checks; one folder
//! holds the checks of an area; [`fixes`] makes the fixes that findings name.

#![forbid(unsafe_code)]

mod caller;
mod cluster;
mod container;
pub mod fact_index;
pub mod fixes;
pub mod iam_answers;
mod kms;
pub mod least_privilege;
mod live;
mod local;
mod log_needs;
mod network;
mod per_definition;
mod plan_findings;

mod policy;
mod redeployment;
pub mod registry;
mod role;
mod rollout;
mod service;
mod task;
#[cfg(test)]
mod testing;
mod vpc_path;

use model::check::Check;
use model::finding::Finding;

pub use caller::execute_command_scope::another_cluster;
pub use fact_index::FactIndex;

/// Runs the checks that are included.
pub fn run(index: &FactIndex, includes: impl Fn(&Check) -> bool) -> Vec<Finding> {
    let checks = registry::CHECKS.iter();
    checks
        .filter(|registered| includes(registered.check))
        .flat_map(|registered| plan_findings::run(registered, index))
        .collect()
}

/// Takes into account what settles findings of every check: sessions that were opened, and roll-outs.
pub fn settle(index: &FactIndex, findings: &mut [Finding]) {
    live::settle(index, findings);
    rollout::settle(index, findings);
}
