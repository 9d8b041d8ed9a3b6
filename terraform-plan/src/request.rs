//! What is asked of a plan.

use checks::facts::{Expect, Wanted};
use jiff::Timestamp;

#[derive(Debug, Clone, PartialEq)]
pub struct PlanRequest {
    pub cluster_name: String,
    pub region: String,
    pub partition: String,
    /// `None`: as the plan tells it, if it does.
    pub account: Option<String>,
    /// By full names. Empty: every service of the cluster that the plan has.
    pub services: Vec<Wanted>,
    /// Only this container.
    pub container: Option<String>,
    pub expect: Expect,
    pub taken_at: Timestamp,
}
