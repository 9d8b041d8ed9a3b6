//! Roles, the policies that they will have, and what these allow.

mod attachments;
mod evaluation;
mod managed_policies;
mod policy_document_data;
mod role_policies;
mod roles;

pub use attachments::{is_changed, policy_attachments};
pub use evaluation::{PlannedPolicies, evaluate};
pub use roles::role;
