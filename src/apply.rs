//! Applying fixes: the only code that writes to AWS.
//!
//! | module | content |
//! | --- | --- |
//! | `plan` | which fixes of a report to apply, in which order, and why not the others |
//! | `call` | executes a step: sends its AWS call, one file for each AWS service |
//! | `revise` | registers an edited task definition |
//! | `wait`, `rollout` | waits until endpoints and services have changed |
//! | `interrupts` | signals wait until a step is done |

mod call;
mod fix_plan;
mod interrupts;
mod revise;
mod rollout;
mod wait;

pub use call::{StepOutputs, execute};
pub use fix_plan::{FixPlan, Scope, Skipped};
pub use interrupts::{Interrupts, interrupted};
pub use wait::{WaitEnd, tasks_to_replace, wait_for_changes};
