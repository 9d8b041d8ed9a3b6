//! Checks that are expressions of [CEL](https://cel.dev), in the tables `[checks.NAME]` of `ecs-exec.toml`.
//!
//! An expression is judged on one thing after the other (`each`), and is true where something is wrong. What it
//! reads may not have been seen: then it answers `unknown`, with the reason, unless what it did see decides.

mod apart;
mod collect;
mod evaluate;
mod expression;
mod kind;
mod language;
mod load;
mod names;
mod node;
mod object;
mod run;
mod scope;
mod shape;
mod source;
mod table;
mod template;
mod to_node;
mod unseen;
mod view;

pub use apart::{evaluate, run_apart};
pub use expression::Expression;
pub use load::load;
pub use run::run;
pub use scope::Each;
pub use source::LoadError;
