//! Checks that are expressions of [CEL](https://cel.dev), in the tables `[checks.NAME]` of `ecs-exec.toml`.
//!
//! An expression is evaluated on each subject of one kind (`each`) and is true if something is wrong. If it needs a
//! fact that could not be read, the finding is `unknown` with the reason, unless the other facts decide.
//!
//! Loading, at start:
//! - `unknown_reads`: records which unreadable facts an evaluation needed.
//! - `object`: objects of the facts as CEL values.
//! - `facts_value`: turns facts into CEL values.
//! - `subject_kind`: what `each` can be, and the variables of each kind.
//! - `variables`: the variables of one subject.
//! - `samples`: a value of each variable with all its members.
//! - `checker`: finds misspelled names and wrong types, with the help of the samples.
//! - `compile`: CEL text to program, within limits.
//! - `evaluate`: one program on one subject's variables.
//! - `template`: texts with `${expression}`.
//! - `expr_check`: one check and its findings.
//! - `config`: reads the tables of the file.
//!
//! Evaluating, for each run of the doctor:
//! - `run`: all checks on all their subjects.
//! - `subprocess`: the same in a child process that can be killed.

mod checker;
mod compile;
mod config;
mod evaluate;
mod expr_check;
mod facts_value;
mod object;
mod run;
mod samples;
mod subject_kind;
mod subprocess;
mod template;
mod unknown_reads;
mod variables;

pub use config::load;
pub use expr_check::ExprCheck;
pub use run::run;
pub use subprocess::{Subprocess, serve};
