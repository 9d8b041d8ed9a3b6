//! What is asked of a plan.

use jiff::Timestamp;
use model::facts::{Expect, ServiceTarget};

#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    pub cluster_name: String,
    pub region: String,
    pub partition: String,
    /// `None`: as the plan tells it, if it does.
    pub account: Option<String>,
    /// By full names. Empty: every service of the cluster that the plan has.
    pub services: Vec<ServiceTarget>,
    /// Only this container.
    pub container: Option<String>,
    pub expect: Expect,
    pub taken_at: Timestamp,
}
