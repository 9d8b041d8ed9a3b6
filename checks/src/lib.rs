//! The checks of `ecs-exec`: pure functions from [`model::Facts`] to findings.
//!
//! Nothing here calls AWS, reads a clock or depends on the environment, so that the same code judges a live account, a
//! capture and a Terraform plan. Data flows in this order:
//!
//! 1. [`FactIndex`] joins the facts.
//! 2. [`registry`] lists the checks; `AREA/NAME.rs` is one check. They share `iam_answers`, `kms`, `vpc_path`,
//!    `per_definition`, `log_needs` and `redeployment`.
//! 3. [`fixes`] builds the fixes of findings.
//! 4. `plan_findings` runs each check and adapts its findings to a Terraform plan.
//! 5. `live` and `rollout` settle findings that an open session or a rollout disproves.
//!
//! [`least_privilege`] derives IAM policies from the metadata of the checks.

#![forbid(unsafe_code)]

mod caller;
mod cluster;
mod container;
pub mod fact_index;
pub mod fixes;
mod iam_answers;
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

/// The findings of the checks that are included.
pub fn run(index: &FactIndex, includes: impl Fn(&Check) -> bool) -> Vec<Finding> {
    let checks = registry::CHECKS.iter();
    checks
        .filter(|registered| includes(registered.check))
        .flat_map(|registered| plan_findings::run(registered, index))
        .collect()
}

/// Changes the findings of every check that sessions of `--live` or rollouts disprove.
pub fn settle(index: &FactIndex, findings: &mut [Finding]) {
    live::settle(index, findings);
    rollout::settle(index, findings);
}
