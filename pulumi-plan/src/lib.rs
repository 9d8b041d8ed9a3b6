//! Reads the JSON of `pulumi preview --json` into the facts that the checks of `ecs-exec` look at: whether sessions will
//! work is known before `pulumi up`.
//!
//! Nothing here calls AWS or Pulumi. What is known only after deployment stays unknown, and so does a secret. Pulumi's
//! AWS provider is made from Terraform's, so a preview has the same resources as a Terraform plan, in other words.
//!
//! Data flows from top to bottom:
//!
//! | module | what it does |
//! | --- | --- |
//! | `read` | recognises a file, and names those that are not previews ([`PreviewError`]) |
//! | `preview`, `urn` | the steps of a preview, the states before and after each, and what resources are called |
//! | `types` | Terraform's names for types and properties |
//! | `value` | a property as Terraform has it, with marks where it is unknown |
//! | `translate` | the same resources in a Terraform plan, whose reader has all the rules |
//! | `plan`, `reword` | the facts, with the words of Pulumi ([`PulumiPlan`]) |

#![forbid(unsafe_code)]

mod error;
mod plan;
mod preview;
mod read;
mod reword;
mod translate;
mod types;
mod urn;
mod value;

pub use error::PreviewError;
pub use plan::PulumiPlan;
pub use read::{read, recognizes};
