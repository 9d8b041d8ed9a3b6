//! Reads Terraform plans into the facts that the checks of `ecs-exec` look at: whether sessions will work is known before
//! apply.
//!
//! Nothing here calls AWS or Terraform. What is known only after apply stays unknown, and so does what is not part of
//! the plan. Something counts as missing only if the plan would have to contain it.
//!
//! Data flows from top to bottom:
//!
//! | module | what it does |
//! | --- | --- |
//! | `read` | parses the JSON of `terraform show -json`, and names files that are not plans ([`PlanError`]) |
//! | `plan` | holds the resources before and after apply, indexed, and their configuration ([`TerraformPlan`]) |
//! | `resolve` | finds the resource that an attribute identifies, through references, variables and outputs |
//! | `cloudformation` | what the plan creates without showing it |
//! | `network`, `iam`, `ecs`, `exec_logging` | read the resources of each AWS service |
//! | `region`, `location` | the clusters of a plan, with regions and accounts ([`ClusterLocation`]) |
//! | `facts` | joins all that for one cluster ([`PlanRequest`]), over facts from AWS if there are any |
//! | `existing_resources` | what to read from AWS to complete the facts ([`ExistingResources`]) |
//! | `wording` | the facts in the words of another tool, for the crates that translate its plans |

#![forbid(unsafe_code)]

mod cloudformation;
mod ecs;
mod error;
mod exec_logging;
mod existing_resources;
mod facts;
mod iam;
mod location;
mod network;
mod plan;
mod read;
mod region;
mod request;
mod resolve;
mod unavailable;
mod wording;

pub use error::PlanError;
pub use existing_resources::ExistingResources;
pub use location::ClusterLocation;
pub use plan::TerraformPlan;
pub use read::read;
pub use request::PlanRequest;
pub use wording::reworded;
