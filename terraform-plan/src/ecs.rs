//! The cluster, its services, and the tasks that they would start.

mod cluster;
mod definitions;
mod renewal;
mod services;
mod tags;
mod tasks;

pub use cluster::cluster;
pub use definitions::{definition, roles_of};
pub use renewal::leaves_tasks_without_exec;
pub use services::{EXPRESS, Planned, cluster_of, planned_services};
pub use tasks::{host_of, start};
