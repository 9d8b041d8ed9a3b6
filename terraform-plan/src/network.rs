//! The network around the tasks that the plan would start.

mod acls;
mod block_public_access;
mod dns_servers;
mod endpoints;
mod gateways;
mod hosted_zones;
mod routes;
mod security_group_rules;
mod security_groups;
mod subnet_equivalence;
mod vpcs;

pub use acls::{add_rules_and_associations, managed_acls, network_acls};
pub use block_public_access::block_public_access;
pub use dns_servers::own_dns_servers;
pub use endpoints::{Endpoints, SERVICES, deletes_endpoint, endpoints};
pub use gateways::{nat_gateways, propagated_routes};
pub use hosted_zones::hosted_zones;
pub use routes::{add_routes_and_associations, managed_route_tables, route_tables};
pub use security_groups::SecurityGroups;
pub use subnet_equivalence::SubnetEquivalence;
pub use vpcs::{association_type, check_vpc_is_complete, subnet_associations, subnet_or_live, vpc};
