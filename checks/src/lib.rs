//! The checks of `ecs-exec`: pure functions from [`model::Facts`] to findings.
//!
//! Nothing here asks AWS, reads a clock or looks at the environment, so that the same code judges a live account, a
//! capture from a ticket and a Terraform plan. Data flows down this table:
//!
//! | module | |
//! | --- | --- |
//! | [`fact_index`] | joins the facts: tasks of a service, role of a task, place in the network, IAM's decisions |
//! | [`per_subject`] | visits each service, task, container or task definition for a check; `per_hop` and `per_endpoint` visit the network |
//! | `prelude` | what checks import |
//! | `iam_answers`, `vpc_path`, `service_access`, `kms_access` | what the joined facts mean: permissions, the network path, key policies |
//! | [`fixes`] | makes the fixes that findings name |
//! | `local`, `caller`, `cluster`, `service`, `task`, `container`, `role`, `network`, `policy` | the checks of an area, one file each |
//! | [`registry`] | lists the checks |
//! | `plan_findings` | runs a check on a live account or on a Terraform plan |
//! | [`adjustments`] | lowers findings that an opened session or a rollout overrules |
//! | [`least_privilege`] | IAM policies for a role in ECS Exec |

#![forbid(unsafe_code)]

pub mod adjustments;
mod agent_reason;
mod aws_pages;
mod caller;
mod cluster;
mod container;
pub mod fact_index;
pub mod fixes;
mod grouped;
mod iam_answers;
mod kms_access;
pub mod least_privilege;
mod local;
mod log_needs;
mod network;
mod network_fixes;
mod per_endpoint;
mod per_hop;
pub mod per_subject;
mod plan_findings;
mod policy;
mod prelude;
pub mod registry;
mod replaceable_services;
mod role;
mod service;
mod service_access;
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
        .flat_map(|registered| plan_findings::run_check(registered, index))
        .collect()
}
