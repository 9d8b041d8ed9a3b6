//! What gives IDs that no resource of their own resource_type in the plan has: so that an unknown ID may be any.

use crate::cloudformation::STACKS;
use crate::resolve::resource_kind::ResourceKind;

/// Data sources that give whatever somebody put there.
const CARRIERS: [&str; 10] = [
    "aws_cloudformation_export",
    "aws_cloudformation_stack",
    "aws_lambda_invocation",
    "aws_resourcegroupstaggingapi_resources",
    "aws_s3_object",
    "aws_ssm_parameter",
    "aws_ssm_parameters_by_path",
    "aws_cloudcontrolapi_resource",
    "aws_appconfig_configuration_profile",
    "aws_dynamodb_table_item",
];

/// Providers whose data and resources hold no IDs of AWS.
const FOREIGN: [&str; 12] = [
    "archive_",
    "cloudinit_",
    "docker_",
    "github_",
    "helm_",
    "kubernetes_",
    "local_",
    "null_resource",
    "random_",
    "template_",
    "time_",
    "tls_",
];

/// Whether a data source that is read only later may tell of such a kind that the plan does not have.
pub fn data_gives(resource_type: &str, kind: ResourceKind) -> bool {
    if !resource_type.starts_with("aws_") {
        return !FOREIGN.iter().any(|start| resource_type.starts_with(start));
    }
    CARRIERS.contains(&resource_type) || given_by_data(kind).contains(&resource_type)
}

fn given_by_data(kind: ResourceKind) -> &'static [&'static str] {
    match kind {
        ResourceKind::Vpc => &[
            "aws_vpc",
            "aws_vpcs",
            "aws_subnet",
            "aws_security_group",
            "aws_route_table",
            "aws_vpc_endpoint",
            "aws_eks_cluster",
        ],
        ResourceKind::Subnet => &["aws_subnet", "aws_subnets", "aws_eks_cluster"],
        ResourceKind::SecurityGroup => &[
            "aws_security_group",
            "aws_security_groups",
            "aws_vpc_endpoint",
            "aws_eks_cluster",
        ],
        ResourceKind::RouteTable => &["aws_route_table", "aws_route_tables", "aws_vpc"],
        ResourceKind::NetworkAcl => &["aws_network_acls"],
        ResourceKind::Endpoint => &["aws_vpc_endpoint"],
        ResourceKind::NatGateway => &["aws_nat_gateway", "aws_nat_gateways"],
        ResourceKind::Gateway => &[
            "aws_internet_gateway",
            "aws_nat_gateway",
            "aws_vpn_gateway",
            "aws_vpc_endpoint",
        ],
        ResourceKind::EgressOnlyGateway => &[],
        ResourceKind::DhcpOptions => &["aws_vpc_dhcp_options", "aws_vpc"],
        ResourceKind::Cluster => &["aws_ecs_cluster", "aws_ecs_clusters", "aws_ecs_service"],
        ResourceKind::TaskDefinition => &["aws_ecs_task_definition", "aws_ecs_service"],
        ResourceKind::Role => &["aws_iam_role", "aws_iam_roles", "aws_ecs_task_definition"],
        ResourceKind::Policy => &["aws_iam_policy"],
        ResourceKind::GroupRule => &[
            "aws_vpc_security_group_rule",
            "aws_vpc_security_group_rules",
        ],
        ResourceKind::HostedZone => &["aws_route53_zone", "aws_route53_zones"],
        ResourceKind::KmsKey => &["aws_kms_key", "aws_kms_alias"],
        ResourceKind::LogGroup => &["aws_cloudwatch_log_group", "aws_cloudwatch_log_groups"],
        ResourceKind::Bucket => &["aws_s3_bucket"],
    }
}

/// Resources of Cloud Control's provider, by the service and the kind that they are named after.
fn cloud_control_gives(resource_type: &str, kind: ResourceKind) -> bool {
    match kind {
        ResourceKind::Cluster => resource_type == "ecs_cluster",
        ResourceKind::TaskDefinition => resource_type == "ecs_task_definition",
        ResourceKind::Role => resource_type == "iam_role",
        ResourceKind::Policy => resource_type == "iam_managed_policy",
        ResourceKind::KmsKey => resource_type.starts_with("kms_"),
        ResourceKind::LogGroup => resource_type == "logs_log_group",
        ResourceKind::Bucket => resource_type == "s3_bucket",
        ResourceKind::HostedZone => resource_type == "route53_hosted_zone",
        _ => resource_type.starts_with("ec2_"),
    }
}

/// Whether something that a resource is given only once it is made may be the ID of such a kind.
pub fn resource_gives(resource_type: &str, kind: ResourceKind) -> bool {
    if STACKS.contains(&resource_type) {
        return true;
    }
    if let Some(of) = resource_type.strip_prefix("awscc_") {
        return cloud_control_gives(of, kind);
    }
    if !resource_type.starts_with("aws_") {
        return !FOREIGN.iter().any(|start| resource_type.starts_with(start));
    }
    match kind {
        // AWS makes groups of its own with these.
        ResourceKind::SecurityGroup => matches!(
            resource_type,
            "aws_eks_cluster"
                | "aws_directory_service_directory"
                | "aws_elb"
                | "aws_sagemaker_domain"
        ),
        _ => false,
    }
}
