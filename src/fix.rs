//! Applying fixes: the only code that writes to AWS.

mod call;
mod interrupts;
mod plan;
mod revise;
mod state;
mod wait;
mod words;

pub use call::{Made, make};
pub use interrupts::{Interrupts, interrupted};
pub use plan::{Plan, Scope, Skipped};
pub use wait::{Rollout, await_made, tasks_to_replace};
pub use words::{told, words};
