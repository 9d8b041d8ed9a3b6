//! The machine that runs ecs-exec.

pub mod aws_cli;
pub mod clock_skew;
pub mod credentials;
pub mod endpoint_reachable;
pub mod plugin_installed;
pub mod plugin_version;
pub mod region;

use model::finding::Subject;

fn subject() -> Subject {
    Subject::new("machine", "local")
}
