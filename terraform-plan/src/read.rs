//! The bytes of a plan.

pub mod foreign_format;
pub mod json;
