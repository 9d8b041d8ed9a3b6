//! What checks and their helpers import, all at once: `use crate::prelude::*`.

pub(crate) use crate::aws_pages;
pub use crate::fact_index::{FactIndex, Group};
pub use crate::fixes;
pub use model::area::Area;
pub use model::check::{Check, Inference, OnPlan};
pub use model::facts::*;
pub use model::finding::{AgentLink, Finding, Severity, Status, Subject};
pub use model::{arn, text};
