//! The user's own checks. Their findings join those of the built-in checks and cannot change them.
//!
//! ```text
//! ecs-exec.toml ─▶ expressions: ExprCheck, CEL ──▶ Subprocess ─┐
//!                                                              ├─▶ findings
//! PATH ─────────▶ programs: ExecCheck, ecs-exec-check-NAME ────┘
//! ```
//!
//! - [`source`]: configuration files, and errors that show file, line and snippet.
//! - `check`: IDs, areas, and `Check` values that are made at run time.
//! - [`programs`]: finds check programs on PATH, runs them within limits, reads what they print.
//! - [`expressions`]: compiles the expressions of `ecs-exec.toml`, and evaluates them on the facts.
//! - [`catalogue`]: what `ecs-exec checks` and `ecs-exec explain` say about both kinds.
//!
//! Each module uses only those above it. `README.md` describes both kinds for users.

#![forbid(unsafe_code)]

pub mod catalogue;
mod check;
pub mod expressions;
pub mod programs;
pub mod source;

pub use catalogue::{CatalogueEntry, catalogue};
pub use check::is_id;
pub use expressions::ExprCheck;
pub use programs::{Environment, ExecCheck, Metadata};
