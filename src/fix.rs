//! Applying fixes: the only code that writes to AWS.

mod call;
mod plan;
mod revise;
mod wait;

pub use call::{Made, make};
pub use plan::Plan;
pub use wait::{Rollout, await_made, tasks_to_replace};
