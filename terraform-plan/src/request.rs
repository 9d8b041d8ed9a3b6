//! What the doctor asks of a plan.

use jiff::Timestamp;
use model::facts::{Expect, ServiceTarget};

/// The cluster whose facts are wanted, and which part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanRequest {
    /// The name of the cluster, without its ARN.
    pub cluster_name: String,
    /// Such as `eu-west-1`. Resources of other regions are left out.
    pub region: String,
    /// Such as `aws` or `aws-cn`, for the ARNs of resources that do not exist yet.
    pub partition: String,
    /// An account ID; `None` takes the account from the plan.
    pub account: Option<String>,
    /// Services by their full names; empty for every service of the cluster.
    pub services: Vec<ServiceTarget>,
    /// Limits the facts to one container.
    pub container: Option<String>,
    /// What the user declared that must hold; the facts repeat it.
    pub expect: Expect,
    /// The time that the facts carry.
    pub taken_at: Timestamp,
}
