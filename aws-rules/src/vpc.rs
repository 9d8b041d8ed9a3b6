//! How packets get from a task to AWS: pure functions over the facts about the network.
//!
//! Each says of one hop on the path whether it lets a session's packets through. Which hops are on the path, and in
//! which order, is [`checks::network`]'s business.

mod address_class;
mod detour;
mod egress;
mod intervals;
mod network_acl;
mod open_ports;
mod outcome;
mod range;
mod route_map;
mod rules;
mod security_group;

pub use detour::{Diversion, detours, diversion};
pub use egress::{Egress, way_out};
pub use network_acl::{Ports, acl_of};
pub use open_ports::OpenPorts;
pub use outcome::Reachability;
pub use range::{Ranges, internet, single, subnet_ranges};
pub use rules::Rules;
pub use security_group::{Peer, Protocol, no_address};

/// The direction of a packet, seen from the interface or subnet that a rule guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    In,
    Out,
}

/// Sessions, and everything else that the agent asks of AWS, go over HTTPS.
pub const HTTPS: u16 = 443;
