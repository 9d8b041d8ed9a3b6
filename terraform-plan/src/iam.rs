//! Roles, what their policies will be, and what these allow.

mod managed_policies;
mod policy_document_data;
mod role_policies;
mod roles;
mod simulations;

pub use role_policies::{Joins, is_touched};
pub use roles::role;
pub use simulations::{Judged, judge};
