//! One file per command.

pub mod checks;
pub mod doctor;
pub mod explain;
