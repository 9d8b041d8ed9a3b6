//! The user's own checks, of two kinds: [`expressions`] that `ecs-exec.toml` holds, and [`programs`] on
//! PATH that read the facts and print findings.
//!
//! What either of them says is a [`Finding`](checks::Finding) like any other, in an area of its
//! own: `custom` and `program`. Neither can change what the built-in checks say.

#![forbid(unsafe_code)]

pub mod catalogue;
mod check;
pub mod expressions;
pub mod programs;
mod source;

pub use catalogue::{Entry, catalogue};
pub use check::is_id;
pub use expressions::{Expression, LoadError};
pub use programs::{Environment, Metadata, Program};

/// The area of expressions: `custom.NAME`.
pub const CUSTOM: &str = "custom";
/// The area of programs: `program.NAME`.
pub const PROGRAM: &str = "program";
/// The areas of the user's own checks.
pub const AREAS: [&str; 2] = [CUSTOM, PROGRAM];
