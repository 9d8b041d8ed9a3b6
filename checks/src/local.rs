pub mod credentials;
pub mod plugin_installed;
pub mod region;
