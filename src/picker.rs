//! Lets the user choose a cluster, a service, a task and a container on the terminal.
//!
//! - `menu`: a list that typing filters.
//! - `last_choices`: what was chosen before, which is offered first.
//! - `cluster`, `service`, `task`: what each list shows.

mod cluster;
mod last_choices;
mod menu;
mod service;
mod task;

pub use cluster::choose_cluster;
pub use service::{choose_reported_service, choose_service, ensure_can_choose_service};
pub use task::{choose_container, choose_task};
