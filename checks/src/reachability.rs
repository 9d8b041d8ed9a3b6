//! How packets get from a task to AWS: pure functions over the facts about the network.
//!
//! Each says of one gate on the way whether it lets a session's packets through. What the gates lie on, and
//! in which order, is [`crate::network`]'s business.

mod gate;
mod network_acl;
mod range;
mod route;
mod security_group;

pub use gate::Gate;
pub use network_acl::{Ports, acl_lets, acl_of};
pub use range::{Ranges, internet, single, subnet_ranges};
pub use route::{Way, detours, diversion, way_out};
pub use security_group::{Peer, groups_let, groups_let_ask};

/// The direction of a packet, seen from the interface or subnet that a rule guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    In,
    Out,
}

/// Sessions, and everything else that the agent asks of AWS, go over HTTPS.
pub const HTTPS: u16 = 443;
