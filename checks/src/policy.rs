//! What the user declared that must hold: `[expect]` in the configuration.

pub mod endpoint_only;
pub mod exec_forbidden;
pub mod logging_required;
