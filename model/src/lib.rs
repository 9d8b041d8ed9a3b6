//! The model of `ecs-exec`: what is known of a platform ([`facts`]), what checks find in it ([`finding`]), and what
//! fixes it ([`fix`]). Data and text; no AWS, no clock, no environment.

#![forbid(unsafe_code)]

pub mod area;
pub mod arn;
pub mod aws_call;
pub mod check;
pub mod cli_command;
pub mod distinct;
pub mod evidence;
pub mod facts;
pub mod finding;
pub mod fix;
pub mod no_proxy;
pub mod partition;
pub mod secrets;
pub mod step;
pub mod task_scope;
pub mod text;
pub mod version;

pub use area::Area;
pub use check::{Check, Inference, OnPlan};
pub use facts::Facts;
pub use finding::{Finding, Severity, Status, Subject};
pub use fix::{Disposition, Fix};
