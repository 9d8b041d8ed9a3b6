//! The network of the plan, around the tasks that it would start.

mod acls;
mod endpoints;
mod gateways;
mod group_rules;
mod groups;
mod likeness;
mod name_servers;
mod places;
mod public_access;
mod routes;
mod zones;

pub use acls::{add_separate, associations as acl_associations, network_acls, own_network_acls};
pub use endpoints::{Endpoints, SERVICES, endpoints};
pub use gateways::{nat_gateways, propagated};
pub use groups::Groups;
pub use likeness::Likeness;
pub use name_servers::own_name_servers;
pub use places::{is_in, is_whole, refuse_others, subnet, vpc};
pub use public_access::block_public_access;
pub use routes::{add_routes, associations as table_associations, own_route_tables, route_tables};
pub use zones::hosted_zones;

use crate::instance::{Instance, Seen};
use serde_json::Value;

/// The texts in a list that are known, and whether any is not.
pub fn texts(instance: &Instance, path: &[&str]) -> (Vec<String>, bool) {
    match instance.at(path) {
        Seen::Value(Value::Array(items)) => {
            let known: Vec<String> = items
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect();
            let is_all = known.len() == items.len();
            (known, !is_all)
        }
        Seen::Value(_) | Seen::Unset => (Vec::new(), false),
        Seen::Later => (Vec::new(), true),
    }
}

/// A port; none for what stands for every port.
fn port(instance: &Instance, path: &[&str]) -> Option<u16> {
    let number = instance.number(path).ok().flatten()?;
    u16::try_from(number).ok()
}
