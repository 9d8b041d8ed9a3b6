//! The cluster, its services, and the tasks that they would start.

mod cluster;
mod redeployment;
mod services;
mod tags;
mod task_definitions;
mod tasks;

pub use cluster::cluster;
pub use redeployment::keeps_closed_tasks;
pub use services::{EXPRESS, Planned, cluster_of, planned_services};
pub use task_definitions::{definition, roles_of};
pub use tasks::{host_of, start};
