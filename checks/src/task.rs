pub mod agent_version;
pub mod exec_enabled;
pub mod exists;
pub mod launch_type;
pub mod operating_system;
pub mod pid_mode;
pub mod platform_version;
pub mod running;

use crate::prelude::*;

/// What the checks of this area have in common.
const DEFAULTS: Check = Check {
    area: Area::Task,
    ..Check::DEFAULT
};
