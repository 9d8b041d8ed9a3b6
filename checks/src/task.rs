pub mod exec_enabled;
pub mod exists;
pub mod pid_mode;
pub mod platform_version;
pub mod running;
