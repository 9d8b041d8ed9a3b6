//! How packets get from a task to AWS: pure functions over the facts about the network.
//!
//! Each function answers for one hop of a path whether it lets a session's packets through, as a [`Reachability`].
//! [`NetworkRules`] parses the facts and gives access to all of them:
//!
//! | module | what |
//! | --- | --- |
//! | `intervals`, `address_set`, `prefix_list` | sets of numbers, of IP addresses, and those of prefix lists |
//! | `security_group` | which peers the security groups of an interface admit |
//! | `network_acl`, `open_ports` | which ports the network ACL of a subnet admits |
//! | `route_map` | which route of a table decides for which addresses |
//! | `egress` | how a subnet reaches the internet |
//! | `diversion` | routes that lead elsewhere than to the internet |
//! | `address_class` | which task addresses all rules treat alike |

mod address_class;
mod address_set;
mod diversion;
mod egress;
mod intervals;
mod known;
mod network_acl;
mod open_ports;
mod prefix_list;
mod reachability;
mod route_map;
mod rules;
mod security_group;

pub use address_class::AddressClasses;
pub use address_set::{AddressSet, public_addresses, single_address, subnet_addresses};
pub use diversion::{RouteDiversion, find_diversion, non_internet_routes};
pub use egress::{Egress, trace_egress};
pub use known::known;
pub use network_acl::{Ports, acl_of};
pub use open_ports::OpenPorts;
pub use reachability::{Reachability, unknown_address};
pub use rules::NetworkRules;
pub use security_group::{GroupRules, Peer, Protocol};

/// The direction of a packet, seen from the interface or subnet that a rule guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Towards the interface, or into the subnet.
    In,
    /// From the interface, or out of the subnet.
    Out,
}

/// The port of sessions and of all other calls that the agent makes to AWS.
pub const HTTPS: u16 = 443;
