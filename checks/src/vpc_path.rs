//! The network path from tasks to Systems Manager: where tasks sit ([`placement`]), what a service name resolves to
//! ([`destination`]), and which hop of the connection blocks it ([`connection`]).

pub mod acl_fix;
pub mod acl_traversal;
pub mod alternate_resolution;
pub mod connection;
pub mod destination;
pub mod endpoint;
pub mod endpoint_eni;
pub mod hop_outcome;
pub mod hosted_zone;
pub mod name_servers;
pub mod new_endpoint;
pub mod obstacle;
pub mod placement;
pub mod service_reach;
pub mod services;
