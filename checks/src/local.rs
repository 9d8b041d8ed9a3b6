//! The machine that runs ecs-exec.

pub mod aws_cli;
pub mod clock_skew;
pub mod credentials;
pub mod endpoint_reachable;
pub mod plugin_installed;
pub mod plugin_version;
pub mod region;

use crate::prelude::*;

/// What the checks of this area have in common. They look at this machine, whatever a plan says and whether or not sessions open.
const DEFAULTS: Check = Check {
    area: Area::Local,
    on_plan: OnPlan::NotInPlan,
    inference: Inference::Direct,
    ..Check::DEFAULT
};

fn subject() -> Subject {
    Subject::new("machine", "local")
}
