//! The fixes that checks offer, one file for each thing that is changed. A fix is data: AWS calls, which are printed as
//! AWS CLI commands, and the Terraform that does the same.

pub mod caller;
pub mod clock;
pub mod cluster;
pub mod definition;
pub mod endpoint;
mod inline;
pub mod network_acl;
pub mod plugin;
pub mod role;
pub mod security_group;
pub mod service;
pub mod task;
pub mod terraform;
#[cfg(test)]
mod together;
