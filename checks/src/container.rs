pub mod agent_running;
pub mod aws_credentials_env;
pub mod exists;
pub mod init_process;
pub mod live_session;
pub mod log_tools;
pub mod proxy_env;
pub mod read_only_root;
pub mod resources;
pub mod restart_policy;
pub mod running;
pub mod shell;

use crate::prelude::*;

/// What the checks of this area have in common.
const DEFAULTS: Check = Check {
    area: Area::Container,
    ..Check::DEFAULT
};
