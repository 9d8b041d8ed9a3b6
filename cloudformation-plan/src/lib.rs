//! Reads CloudFormation templates, CDK assemblies and change sets into the facts that the checks of `ecs-exec` look at:
//! whether sessions will work is known before deployment.
//!
//! Nothing here calls AWS, and no part of a template is executed. What is known only after deployment stays unknown, and
//! so does what depends on a parameter without a default.
//!
//! Data flows from top to bottom:
//!
//! | module | what it does |
//! | --- | --- |
//! | `read`, `folder`, `yaml` | recognise and parse files ([`TemplateError`]) |
//! | `stack`, `assembly`, `nested`, `change_set` | the resources of each stack |
//! | `evaluate`, `node` | `Ref`, `Fn::GetAtt` and the other functions, as far as they are known |
//! | `translate`, `attribute` | the same resources in a Terraform plan, whose reader has all the rules |
//! | `plan` | the facts, with the words of CloudFormation ([`CloudFormationPlan`]) |

#![forbid(unsafe_code)]

mod assembly;
mod attribute;
mod change_set;
mod error;
mod evaluate;
mod folder;
mod nested;
mod node;
mod plan;
mod read;
mod stack;
mod translate;
mod yaml;

pub use error::TemplateError;
pub use plan::CloudFormationPlan;
pub use read::{read, read_bytes, read_content, recognizes, to_json};
