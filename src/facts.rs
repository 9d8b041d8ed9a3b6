//! Where facts come from: a live account, a capture, or a Terraform plan.

mod ec2;
pub mod ecs;
mod hosted_zones;
mod hosts;
mod iam;
mod live;
pub mod local;
mod machine;
mod missing;
mod network;
mod pages;
pub mod plan;
mod policies;
mod records;
mod simulations;
pub mod snapshot;
pub mod sts;
mod task_roles;
mod workload;

pub use live::{Gathered, gather};
pub use machine::machine;
pub use missing::{is_gone, no_such_cluster};
pub use pages::pages;
pub use workload::{Workload, workload};
