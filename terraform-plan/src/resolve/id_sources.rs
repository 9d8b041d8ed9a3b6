//! What can supply the ID of a resource that is not in the plan: an unknown ID may then be any.

use serde_json::Value;

use super::resource_kind::ResourceKind;

/// CloudFormation stacks, which create resources that the plan does not show.
pub const STACK_TYPES: [&str; 3] = [
    "aws_cloudformation_stack",
    "aws_cloudformation_stack_instances",
    "awscc_cloudformation_stack",
];

/// Data sources that can supply any value.
const ANY_VALUE_DATA: [&str; 10] = [
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

/// Providers whose resources and data sources supply no IDs of AWS resources.
const PROVIDERS_WITHOUT_IDS: [&str; 12] = [
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

/// Whether a data source that is read during apply may supply such an ID.
pub fn data_may_supply(resource_type: &str, kind: ResourceKind) -> bool {
    if !resource_type.starts_with("aws_") {
        return provider_may_supply(resource_type);
    }
    ANY_VALUE_DATA.contains(&resource_type) || data_sources(kind).contains(&resource_type)
}

fn provider_may_supply(resource_type: &str) -> bool {
    let mut harmless = PROVIDERS_WITHOUT_IDS.iter();
    !harmless.any(|prefix| resource_type.starts_with(prefix))
}

fn data_sources(kind: ResourceKind) -> &'static [&'static str] {
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

/// Whether a computed attribute of a resource may hold such an ID.
pub fn resource_may_supply(resource_type: &str, kind: ResourceKind) -> bool {
    if STACK_TYPES.contains(&resource_type) {
        return true;
    }
    if let Some(cloud_control_type) = resource_type.strip_prefix("awscc_") {
        return cloud_control_may_supply(cloud_control_type, kind);
    }
    if !resource_type.starts_with("aws_") {
        return provider_may_supply(resource_type);
    }
    // AWS creates security groups with these.
    let with_groups = [
        "aws_eks_cluster",
        "aws_directory_service_directory",
        "aws_elb",
        "aws_sagemaker_domain",
    ];
    kind == ResourceKind::SecurityGroup && with_groups.contains(&resource_type)
}

/// Resource types of the Cloud Control provider start with the service, here without `awscc_`.
fn cloud_control_may_supply(resource_type: &str, kind: ResourceKind) -> bool {
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

/// Whether a known value may be or contain such an ID.
pub fn may_contain_id(value: &Value, kind: ResourceKind) -> bool {
    match value {
        Value::String(text) => text.starts_with(kind.id_prefix().unwrap_or("arn:")),
        Value::Array(items) => items.iter().any(|item| may_contain_id(item, kind)),
        Value::Object(fields) => fields.values().any(|field| may_contain_id(field, kind)),
        _ => false,
    }
}
