//! What the user requires of the platform: `[expect]` in the configuration.

pub mod endpoint_only;
pub mod exec_forbidden;
pub mod logging_required;
pub mod may_exec;

use crate::prelude::*;

/// What the checks of this area have in common. They compare expectations with facts, whether or not sessions open.
const DEFAULTS: Check = Check {
    area: Area::Policy,
    inference: Inference::Direct,
    ..Check::DEFAULT
};
