pub mod exists;
pub mod status;
