//! Checks that are expressions of [CEL](https://cel.dev), in the tables `[checks.NAME]` of `ecs-exec.toml`.
//!
//! An expression is judged on one thing after the other (`each`), and is true where something is wrong. What it
//! reads may not have been seen: then it answers `unknown`, with the reason, unless what it did see decides.

mod checker;
mod collect;
mod compile;
mod config;
mod evaluate;
mod expr_check;
mod facts_value;
mod kind;
mod node;
mod object;
mod run;
mod samples;
mod subject_kind;
mod subprocess;
mod table;
mod template;
mod unseen;
mod variables;

pub use crate::source::LoadError;
pub use config::load;
pub use expr_check::Expression;
pub use run::run;
pub use subject_kind::Each;
pub use subprocess::{evaluate, run_apart};
