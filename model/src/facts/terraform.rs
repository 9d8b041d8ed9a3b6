use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A resource of a Terraform plan, a CloudFormation template or a Pulumi preview that fixes may name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TerraformResource {
    /// `module.web.aws_ecs_service.this[0]`.
    pub address: String,
    /// What stands for its ID in the root module: `aws_vpc.main.id`, or an output of a module. `None`: nothing does.
    pub expression: Option<String>,
    /// Apply makes it: it does not exist yet.
    pub is_new: bool,
    /// Which argument of a call in the root module sets an argument of it: the module's name and the argument's.
    pub inputs: BTreeMap<String, (String, String)>,
    /// Where a template defines it. `None`: it is a resource of Terraform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloudformation: Option<CloudFormationResource>,
    /// What a Pulumi program calls it. `None`: it is no resource of Pulumi.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pulumi: Option<PulumiResource>,
}

/// A resource of a CloudFormation template.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CloudFormationResource {
    /// The key of the resource in `Resources`.
    pub logical_id: String,
    /// The stack's name, where it is known.
    pub stack: Option<String>,
    /// The file of the template, as the manifest of a CDK assembly names it.
    pub template: Option<String>,
    /// The path of the CDK's construct: `Shop/Service/Service`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub construct: Option<String>,
}

/// A resource of a Pulumi program.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PulumiResource {
    /// The logical name.
    pub name: String,
    /// Such as `aws:ecs/service:Service`.
    pub resource_type: String,
}

/// The key of a resource: its type, and the name that the facts have for it.
pub fn terraform_key(kind: &str, name: &str) -> String {
    format!("{kind}/{name}")
}
