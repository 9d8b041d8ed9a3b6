//! Where facts come from: a live account, or a snapshot.

mod aws;
mod ec2;
mod ecs;
mod ecs_model;
mod iam;
mod live;
mod local;
mod simulations;
pub mod snapshot;
mod sts;

pub use live::{Gathered, gather};
