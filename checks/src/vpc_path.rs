//! The network path from tasks to AWS services.
//!
//! In the order in which data flows:
//!
//! | module | what |
//! | --- | --- |
//! | `network_index` | the facts about the network, with parsed rules |
//! | `placement` | where tasks sit, and how they reach the internet |
//! | `resolution` | which `destination` a service's name resolves to; `hosted_zone` and [`name_servers`] can make that unknown |
//! | `trace` | the `connection` to that destination: `endpoint_eni`, `acl_traversal` along an `acl_path`, `alternate_resolution` |
//! | [`hop_outcome`] | findings about one hop of the connection |
//!
//! Nothing here needs more than the facts and the rules of `aws_rules::vpc`; the fact index builds on it.

mod acl_path;
mod acl_traversal;
mod alternate_resolution;
mod connection;
mod destination;
mod endpoint_eni;
pub mod hop_outcome;
pub mod hosted_zone;
pub mod name_servers;
mod network_index;
mod placement;
mod resolution;
mod trace;

pub use acl_path::{AclPath, AclTraversal};
pub use connection::{Connections, Hop};
pub use destination::Destination;
pub use hop_outcome::{AffectedTasks, HopOutcome, HopTitles, MAX_NAMED, group_classes, outcomes};
pub use network_index::NetworkIndex;
pub use placement::{FallbackEgress, Placement, Placements, fallback_egress};
pub use resolution::{PlacementsByDestination, by_destination, resolve, resolve_ssmmessages};
pub use trace::{Source, connections_by_class, egress_to};
