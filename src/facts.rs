//! Where facts come from: a live account, or a snapshot.

mod aws;
mod ec2;
mod ecs;
mod ecs_model;
mod iam;
mod live;
mod local;
mod missing;
mod simulations;
pub mod snapshot;
mod sts;
mod task_roles;
mod workload;

pub use live::{Gathered, gather};
