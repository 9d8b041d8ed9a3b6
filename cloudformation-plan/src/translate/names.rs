//! What resources are called: names that others use, and Terraform's types and attributes for what functions return.

use crate::stack::Stack;

/// Stands for the name that CloudFormation generates from the logical ID.
pub fn generated_name(stacks: &[Stack], stack: usize, logical_id: &str) -> String {
    let same = |other: &&Stack| other.resource(logical_id).is_some();
    match stacks.get(stack).and_then(|stack| stack.name.as_deref()) {
        Some(name) if stacks.iter().filter(same).count() > 1 => format!("{name}-{logical_id}"),
        _ => logical_id.to_owned(),
    }
}

/// The property with the name that others use for a resource.
pub fn name_property(resource_type: &str) -> Option<&'static str> {
    Some(match resource_type {
        "AWS::ECS::Cluster" => "ClusterName",
        "AWS::IAM::Role" => "RoleName",
        "AWS::Logs::LogGroup" => "LogGroupName",
        "AWS::S3::Bucket" => "BucketName",
        _ => return None,
    })
}

/// The Terraform type and attribute for what `Ref` or `Fn::GetAtt` returns.
pub fn terraform_reference(
    resource_type: &str,
    attribute: Option<&str>,
) -> Option<(&'static str, &'static str)> {
    Some(match (resource_type, attribute) {
        ("AWS::EC2::VPC", None | Some("VpcId")) => ("aws_vpc", "id"),
        ("AWS::EC2::VPC", Some("DefaultSecurityGroup")) => ("aws_vpc", "default_security_group_id"),
        ("AWS::EC2::VPC", Some("DefaultNetworkAcl")) => ("aws_vpc", "default_network_acl_id"),
        ("AWS::EC2::Subnet", None | Some("SubnetId")) => ("aws_subnet", "id"),
        ("AWS::EC2::SecurityGroup", None | Some("GroupId")) => ("aws_security_group", "id"),
        ("AWS::EC2::RouteTable", None | Some("RouteTableId")) => ("aws_route_table", "id"),
        ("AWS::EC2::NatGateway", None | Some("NatGatewayId")) => ("aws_nat_gateway", "id"),
        ("AWS::EC2::InternetGateway", None | Some("InternetGatewayId")) => {
            ("aws_internet_gateway", "id")
        }
        ("AWS::EC2::EgressOnlyInternetGateway", None | Some("Id")) => {
            ("aws_egress_only_internet_gateway", "id")
        }
        ("AWS::EC2::VPNGateway", None | Some("VPNGatewayId")) => ("aws_vpn_gateway", "id"),
        ("AWS::EC2::VPCEndpoint", None | Some("Id")) => ("aws_vpc_endpoint", "id"),
        ("AWS::EC2::NetworkAcl", None | Some("Id")) => ("aws_network_acl", "id"),
        ("AWS::EC2::DHCPOptions", None | Some("DhcpOptionsId")) => ("aws_vpc_dhcp_options", "id"),
        ("AWS::ECS::Cluster", None | Some("Arn")) => ("aws_ecs_cluster", "name"),
        ("AWS::ECS::TaskDefinition", None | Some("TaskDefinitionArn")) => {
            ("aws_ecs_task_definition", "arn")
        }
        ("AWS::IAM::Role", None) => ("aws_iam_role", "name"),
        ("AWS::IAM::Role", Some("Arn")) => ("aws_iam_role", "arn"),
        ("AWS::IAM::ManagedPolicy", None | Some("PolicyArn")) => ("aws_iam_policy", "arn"),
        ("AWS::KMS::Key", None | Some("KeyId")) => ("aws_kms_key", "key_id"),
        ("AWS::KMS::Key", Some("Arn")) => ("aws_kms_key", "arn"),
        ("AWS::Logs::LogGroup", None) => ("aws_cloudwatch_log_group", "name"),
        ("AWS::Logs::LogGroup", Some("Arn")) => ("aws_cloudwatch_log_group", "arn"),
        ("AWS::S3::Bucket", None) => ("aws_s3_bucket", "bucket"),
        ("AWS::S3::Bucket", Some("Arn")) => ("aws_s3_bucket", "arn"),
        ("AWS::Route53::HostedZone", None | Some("Id")) => ("aws_route53_zone", "id"),
        _ => return None,
    })
}
