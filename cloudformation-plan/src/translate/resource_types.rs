//! What CloudFormation and Terraform call the same resource types and attributes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// A row of `resource_types.json`: what a resource type is in a plan.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ResourceType {
    pub terraform_type: &'static str,
    #[serde(flatten)]
    pub properties: Properties,
    /// The property with the name that others use for a resource.
    pub name: Option<&'static str>,
    /// The Terraform attribute for what `Ref` or an attribute of `Fn::GetAtt` returns.
    pub returns: Names,
}

/// Names in Terraform by names in CloudFormation, or the other way round.
type Names = BTreeMap<&'static str, &'static str>;

/// The attributes of a resource or block that equal properties: properties by attribute.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'static"))]
pub struct Properties {
    pub texts: Names,
    pub flags: Names,
    pub lists: Names,
    /// Policies, as JSON.
    pub documents: Names,
    pub blocks: BTreeMap<&'static str, Block>,
}

/// A nested block.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Block {
    /// The path of the property with the block, or with a list of such blocks. Empty: the properties of the block are
    /// those of the block around it.
    pub property: &'static str,
    #[serde(flatten)]
    pub properties: Properties,
}

type ResourceTypes = BTreeMap<&'static str, ResourceType>;

static RESOURCE_TYPES: LazyLock<ResourceTypes> =
    LazyLock::new(|| serde_json::from_str(include_str!("resource_types.json")).unwrap_or_default());

impl ResourceType {
    /// The row of a type such as `AWS::ECS::Service`; `None` if the type does not decide about sessions.
    pub fn find(name: &str) -> Option<&'static ResourceType> {
        RESOURCE_TYPES.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_can_be_read() {
        let types: ResourceTypes =
            serde_json::from_str(include_str!("resource_types.json")).unwrap();
        let service = &types["AWS::ECS::Service"];
        assert_eq!(service.terraform_type, "aws_ecs_service");
        let block = &service.properties.blocks["deployment_controller"];
        assert_eq!(block.properties.texts["type"], "Type");
        assert!(types.values().all(|row| !row.terraform_type.is_empty()));
    }
}
