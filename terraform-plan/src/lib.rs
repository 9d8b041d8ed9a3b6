//! Terraform plans, read into the facts that the checks of `ecs-exec` look at: whether sessions would work is told
//! before anything is applied.
//!
//! Nothing here asks AWS or Terraform. What is known only after apply stays unknown, and so does what is not part of
//! the plan; that something is missing is said only where the plan would have to contain it.

#![forbid(unsafe_code)]

mod cloudformation;
mod ecs;
mod error;
mod exec_logging;
mod existing_resources;
mod facts;
mod iam;
mod location;
mod network;
mod plan;
mod read;
mod region;
mod request;
mod resolve;
mod unavailable;

pub use error::PlanError;
pub use existing_resources::ExistingResources;
pub use location::ClusterLocation;
pub use plan::{TerraformPlan, read};
pub use request::PlanRequest;
