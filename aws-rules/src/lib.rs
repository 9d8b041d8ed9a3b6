//! What AWS decides, as pure functions over the facts.
//!
//! | module | what it answers |
//! | --- | --- |
//! | [`required_permissions`] | which permissions a session needs, on which resources |
//! | [`iam`] | whether policies grant them, and which policies to write |
//! | [`vpc`] | whether security groups, network ACLs and routes let packets through |
//!
//! The collector asks IAM about the required permissions. [`iam::resolve_simulations`] fills in from the policies what
//! the simulator left open, and the checks read the result.

#![forbid(unsafe_code)]

pub mod iam;
pub mod required_permissions;
pub mod vpc;
