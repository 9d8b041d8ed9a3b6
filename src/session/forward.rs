//! Forwards local ports into a container.
//!
//! | module | what it does |
//! | --- | --- |
//! | `ports` | what the user names, and the listeners on this machine |
//! | `start_session` | the usual way: a port session of Systems Manager for each port |
//! | `ecs_exec` | the way without ssm:StartSession: a session of ECS Exec for each connection |
//! | `relay` | one such connection |

pub mod ecs_exec;
mod ports;
mod relay;
pub mod start_session;

pub use ports::{Forwarding, Ports};
