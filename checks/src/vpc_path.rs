//! The network path from tasks to AWS services.
//!
//! In the order in which data flows:
//!
//! | module | what |
//! | --- | --- |
//! | [`network_index`] | the facts about the network, with parsed rules |
//! | [`placement`] | where tasks sit, and how they reach the internet |
//! | [`resolution`] | which [`destination`] a service's name resolves to; `hosted_zone` and [`name_servers`] can make that unknown |
//! | [`trace`] | the [`connection`] to that destination: `endpoint_eni`, [`acl_traversal`] along an [`acl_path`], `alternate_resolution` |
//! | [`hop_outcome`] | findings about one hop of the connection |
//!
//! Nothing here needs more than the facts and the rules of `aws_rules::vpc`; the fact index builds on it.

pub mod acl_path;
pub mod acl_traversal;
mod alternate_resolution;
pub mod connection;
pub mod destination;
mod endpoint_eni;
pub mod hop_outcome;
pub mod hosted_zone;
pub mod name_servers;
pub mod network_index;
pub mod placement;
pub mod resolution;
pub mod trace;
