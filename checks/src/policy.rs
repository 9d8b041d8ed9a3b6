//! What the user requires of the platform: `[expect]` in the configuration.

pub mod endpoint_only;
pub mod exec_forbidden;
pub mod logging_required;
