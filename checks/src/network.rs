//! The path from the tasks to Systems Manager, one check for each hop. [`path`] joins the hops; the modules `vpc_path`,
//! `service_access`, `network_fixes`, `per_endpoint` and `per_hop` hold what the checks have in common.

pub mod endpoint_available;
pub mod endpoint_policy;
pub mod endpoint_present;
pub mod endpoint_private_dns;
pub mod endpoint_security_group;
pub mod internet_route;
pub mod logging_endpoints;
pub mod nacl;
pub mod path;
pub mod task_egress;
pub mod vpc_dns;

use crate::prelude::*;

/// What the checks of this area have in common.
const DEFAULTS: Check = Check {
    area: Area::Network,
    ..Check::DEFAULT
};

/// The checks that fail as a symptom if tasks do not use the endpoint of their VPC.
const UNUSED_ENDPOINT_SYMPTOMS: &[&str] = &[
    "network.internet-route",
    "network.path",
    "policy.endpoint-only",
    "container.agent-running",
];

/// The checks that cannot be judged before tasks use the endpoint.
const CHECKS_OF_USED_ENDPOINT: &[&str] = &[
    "network.endpoint-security-group",
    "network.endpoint-policy",
    "network.task-egress",
    "network.nacl",
];

#[cfg(test)]
mod tests {
    mod internet_routes;
    mod large_lists;
    mod logging_endpoints;
    mod path_by_hop;
    mod path_by_packet;
    mod path_by_task;
}
