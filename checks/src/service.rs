pub mod deployment_stable;
pub mod exec_enabled;
pub mod exists;
pub mod running_tasks;

use crate::prelude::*;

/// What the checks of this area have in common.
const DEFAULTS: Check = Check {
    area: Area::Service,
    ..Check::DEFAULT
};
