//! Terraform's names for the types and properties of Pulumi's AWS provider, which is made from Terraform's.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The lists of `types.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct Names {
    /// Terraform's type by Pulumi's, where it is not made of the same words.
    types: BTreeMap<&'static str, &'static str>,
    /// Terraform's name by Pulumi's, where Pulumi has the plural.
    blocks: BTreeMap<&'static str, &'static str>,
}

static NAMES: LazyLock<Names> =
    LazyLock::new(|| serde_json::from_str(include_str!("types.json")).unwrap_or_default());

/// Terraform's type for a resource; `None` for components, providers and the stack itself.
pub fn terraform_type(pulumi_type: &str) -> Option<String> {
    if let Some(known) = NAMES.types.get(pulumi_type) {
        return Some((*known).to_owned());
    }
    let (package, rest) = pulumi_type.split_once(':')?;
    let (module, class) = rest.rsplit_once(':')?;
    let class = snake_case(class);
    Some(match package {
        "pulumi" | "awsx" => return None,
        "aws" => {
            let module = module.split('/').next().unwrap_or_default();
            format!("aws_{module}_{class}")
        }
        // Both are made from the schemas of AWS Cloud Control.
        "aws-native" => format!("awscc_{module}_{class}"),
        package => format!("{}_{class}", package.replace('-', "_")),
    })
}

/// Terraform's name for a property.
pub fn attribute_name(property: &str) -> String {
    let block = NAMES.blocks.get(property);
    block.map_or_else(|| snake_case(property), |name| (*name).to_owned())
}

/// Pulumi's name for an attribute.
pub fn property_name(attribute: &str) -> String {
    let mut blocks = NAMES.blocks.iter();
    if let Some((property, _)) = blocks.find(|(_, name)| **name == attribute) {
        return (*property).to_owned();
    }
    let mut words = attribute.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &model::text::capitalized(word))
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_valid() {
        let names: Names = serde_json::from_str(include_str!("types.json")).unwrap();
        assert!(names.types.values().all(|name| name.starts_with("aws")));
        let mut blocks: Vec<&&str> = names.blocks.values().collect();
        blocks.dedup();
        assert_eq!(blocks.len(), names.blocks.len());
    }

    #[test]
    fn types_have_the_names_of_terraform() {
        for (pulumi, terraform) in [
            ("aws:ecs/service:Service", "aws_ecs_service"),
            (
                "aws:ecs/taskDefinition:TaskDefinition",
                "aws_ecs_task_definition",
            ),
            ("aws:ec2/vpcEndpoint:VpcEndpoint", "aws_vpc_endpoint"),
            (
                "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
                "aws_vpc_security_group_ingress_rule",
            ),
            ("aws:eks/cluster:Cluster", "aws_eks_cluster"),
            ("aws-native:ec2:VpcEndpoint", "awscc_ec2_vpc_endpoint"),
            ("random:index/randomId:RandomId", "random_random_id"),
        ] {
            assert_eq!(terraform_type(pulumi).as_deref(), Some(terraform));
        }
        for other in ["pulumi:providers:aws", "awsx:ec2:Vpc", "x", ""] {
            assert_eq!(terraform_type(other), None, "{other}");
        }
    }

    #[test]
    fn names_of_properties_lead_there_and_back() {
        for (property, attribute) in [
            ("enableExecuteCommand", "enable_execute_command"),
            ("inlinePolicies", "inline_policy"),
            ("ipv6CidrBlock", "ipv6_cidr_block"),
            ("subnets", "subnets"),
        ] {
            assert_eq!(attribute_name(property), attribute);
            assert_eq!(property_name(attribute), property);
        }
    }
}
