//! The cluster, its services, and the tasks that they would start.

mod cluster;
mod redeployment;
mod services;
mod tags;
mod task_definitions;
mod tasks;

pub use cluster::{cluster, cluster_of};
pub use services::{PlannedService, SERVICE_TYPES, planned_services};
pub use task_definitions::task_definition;
pub use tasks::add_tasks;
