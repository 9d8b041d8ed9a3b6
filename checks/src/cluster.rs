pub mod exec_logging;
pub mod exists;
pub mod status;
