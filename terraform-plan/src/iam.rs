//! Roles, what their policies will be, and what these allow.

mod attached;
mod policies;
mod roles;
mod simulations;
mod statements;

pub use attached::{Joins, is_touched};
pub use roles::role;
pub use simulations::{Judged, judge};
