mod acl_fix;
pub(crate) mod acl_traversal;
mod alternate_resolution;
mod blocked_finding;
pub(crate) mod connection;
pub(crate) mod destination;
mod endpoint;
pub mod endpoint_available;
mod endpoint_eni;
pub mod endpoint_policy;
pub mod endpoint_present;
pub mod endpoint_private_dns;
pub mod endpoint_security_group;
mod hop_outcome;
mod hosted_zone;
pub mod internet_route;
#[cfg(test)]
mod large_lists;
pub mod logging_endpoints;
pub mod nacl;
pub(crate) mod name_servers;
pub(crate) mod new_endpoint;
mod obstacle;
pub mod path;
#[cfg(test)]
mod path_by_hop;
#[cfg(test)]
mod path_by_packet;
#[cfg(test)]
mod path_by_task;
pub(crate) mod placement;
#[cfg(test)]
mod routes_out;
mod service_reach;
mod services;
pub mod task_egress;
pub mod vpc_dns;
