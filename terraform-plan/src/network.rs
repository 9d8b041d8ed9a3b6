//! The network of the plan, around the tasks that it would start.

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

pub use acls::{add_separate, associations as acl_associations, network_acls, own_network_acls};
pub use block_public_access::block_public_access;
pub use dns_servers::own_name_servers;
pub use endpoints::{Endpoints, SERVICES, endpoints};
pub use gateways::{nat_gateways, propagated};
pub use hosted_zones::hosted_zones;
pub use routes::{add_routes, associations as table_associations, own_route_tables, route_tables};
pub use security_groups::Groups;
pub use subnet_equivalence::SubnetEquivalence;
pub use vpcs::{is_in, is_whole, refuse_others, subnet, vpc};

use crate::plan::resource::{Attribute, Resource};
use serde_json::Value;

/// The texts in a list that are known, and whether any is not.
pub fn texts(instance: &Resource, path: &[&str]) -> (Vec<String>, bool) {
    match instance.at(path) {
        Attribute::Known(Value::Array(items)) => {
            let known: Vec<String> = items
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect();
            let is_all = known.len() == items.len();
            (known, !is_all)
        }
        Attribute::Known(_) | Attribute::Null => (Vec::new(), false),
        Attribute::Unknown => (Vec::new(), true),
    }
}

/// A port; none for what stands for every port.
fn port(instance: &Resource, path: &[&str]) -> Option<u16> {
    let number = instance.number(path).ok().flatten()?;
    u16::try_from(number).ok()
}
