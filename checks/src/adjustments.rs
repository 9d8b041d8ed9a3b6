//! Corrections to the findings of all checks, made after they have run.

mod opened_sessions;
mod rollouts;

use crate::prelude::*;

/// Lowers findings that an opened session disproves, and those that a rollout is about to end.
pub fn apply(index: &FactIndex, findings: &mut [Finding]) {
    opened_sessions::apply(index, findings);
    rollouts::apply(index, findings);
}
