//! Where facts come from: a live account, a capture, or a Terraform plan.

pub mod aws;
mod clock;
mod connect;
mod credentials;
mod ec2;
mod ec2_model;
pub mod ecs;
mod ecs_model;
mod failure;
mod hosts;
pub mod http;
mod iam;
mod live;
pub mod local;
mod missing;
mod network;
mod pace;
pub mod plan;
mod policies;
mod profile;
mod records;
mod simulations;
pub mod snapshot;
pub mod sts;
mod task_roles;
mod whole;
mod workload;

pub use live::{Gathered, gather, partition};
pub use missing::{is_gone, no_such_cluster};
pub use workload::{Workload, workload};
