//! What checks and their helpers import, all at once: `use crate::prelude::*`.

pub(crate) use crate::aws_pages;
pub use crate::fact_index::{FactIndex, Group};
pub use crate::fixes;
pub(crate) use crate::iam_answers;
pub use crate::replaceable_services::{affected_services, rollout};
pub use aws_rules::required_permissions;
pub use model::area::Area;
pub use model::check::{Check, Inference, OnPlan};
pub use model::distinct::{distinct, unique};
pub use model::facts::*;
pub use model::finding::{AgentLink, Finding, Severity, Status, Subject};
pub use model::fix::Fix;
pub use model::step::ContainerEdit;
pub use model::{arn, text, version};
