//! What the doctor asks of a plan.

use jiff::Timestamp;
use model::facts::{Expect, ServiceTarget};

/// The cluster whose facts are wanted, and which part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanRequest {
    pub cluster_name: String,
    pub region: String,
    pub partition: String,
    /// An account ID; `None` takes the account from the plan.
    pub account: Option<String>,
    /// Services by their full names; empty for every service of the cluster.
    pub services: Vec<ServiceTarget>,
    /// Limits the facts to one container.
    pub container: Option<String>,
    pub expect: Expect,
    pub taken_at: Timestamp,
}
