pub mod credentials;
pub mod plugin_installed;
pub mod plugin_version;
pub mod region;
