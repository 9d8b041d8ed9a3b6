//! Terraform plans, read into the facts that the checks of `ecs-exec` look at: whether sessions would work is told
//! before anything is applied.
//!
//! Nothing here asks AWS or Terraform. What is known only after apply stays unknown, and so does what is not part of
//! the plan; that something is missing is said only where the plan would have to contain it.

#![forbid(unsafe_code)]

mod address;
mod ask;
mod candidates;
mod choices;
mod configuration;
mod document;
mod ecs;
mod extent;
mod facts;
mod formats;
mod givers;
mod iam;
mod index;
mod instance;
mod known;
mod network;
mod others;
mod parse;
mod pick;
mod place;
mod quoted;
mod records;
mod references;
mod region;
mod resolve;
mod things;
mod trace;
mod unreadable;

pub use ask::Ask;
pub use document::{Plan, read};
pub use place::ClusterPlace;
pub use references::References;
pub use unreadable::Unreadable;
