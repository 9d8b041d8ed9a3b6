//! What gives IDs that no resource of their own kind in the plan has: so that an unknown ID may be any.

use crate::others::STACKS;
use crate::things::Thing;

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

/// Whether a data source that is read only later may tell of such a thing that the plan does not have.
pub fn data_gives(kind: &str, thing: Thing) -> bool {
    if !kind.starts_with("aws_") {
        return !FOREIGN.iter().any(|start| kind.starts_with(start));
    }
    CARRIERS.contains(&kind) || given_by_data(thing).contains(&kind)
}

fn given_by_data(thing: Thing) -> &'static [&'static str] {
    match thing {
        Thing::Vpc => &[
            "aws_vpc",
            "aws_vpcs",
            "aws_subnet",
            "aws_security_group",
            "aws_route_table",
            "aws_vpc_endpoint",
            "aws_eks_cluster",
        ],
        Thing::Subnet => &["aws_subnet", "aws_subnets", "aws_eks_cluster"],
        Thing::SecurityGroup => &[
            "aws_security_group",
            "aws_security_groups",
            "aws_vpc_endpoint",
            "aws_eks_cluster",
        ],
        Thing::RouteTable => &["aws_route_table", "aws_route_tables", "aws_vpc"],
        Thing::NetworkAcl => &["aws_network_acls"],
        Thing::Endpoint => &["aws_vpc_endpoint"],
        Thing::NatGateway => &["aws_nat_gateway", "aws_nat_gateways"],
        Thing::Gateway => &[
            "aws_internet_gateway",
            "aws_nat_gateway",
            "aws_vpn_gateway",
            "aws_vpc_endpoint",
        ],
        Thing::EgressOnlyGateway => &[],
        Thing::DhcpOptions => &["aws_vpc_dhcp_options", "aws_vpc"],
        Thing::Cluster => &["aws_ecs_cluster", "aws_ecs_clusters", "aws_ecs_service"],
        Thing::TaskDefinition => &["aws_ecs_task_definition", "aws_ecs_service"],
        Thing::Role => &["aws_iam_role", "aws_iam_roles", "aws_ecs_task_definition"],
        Thing::Policy => &["aws_iam_policy"],
        Thing::GroupRule => &[
            "aws_vpc_security_group_rule",
            "aws_vpc_security_group_rules",
        ],
        Thing::HostedZone => &["aws_route53_zone", "aws_route53_zones"],
        Thing::KmsKey => &["aws_kms_key", "aws_kms_alias"],
        Thing::LogGroup => &["aws_cloudwatch_log_group", "aws_cloudwatch_log_groups"],
        Thing::Bucket => &["aws_s3_bucket"],
    }
}

/// Resources of Cloud Control's provider, by the service and the thing that they are named after.
fn cloud_control_gives(kind: &str, thing: Thing) -> bool {
    match thing {
        Thing::Cluster => kind == "ecs_cluster",
        Thing::TaskDefinition => kind == "ecs_task_definition",
        Thing::Role => kind == "iam_role",
        Thing::Policy => kind == "iam_managed_policy",
        Thing::KmsKey => kind.starts_with("kms_"),
        Thing::LogGroup => kind == "logs_log_group",
        Thing::Bucket => kind == "s3_bucket",
        Thing::HostedZone => kind == "route53_hosted_zone",
        _ => kind.starts_with("ec2_"),
    }
}

/// Whether something that a resource is given only once it is made may be the ID of such a thing.
pub fn resource_gives(kind: &str, thing: Thing) -> bool {
    if STACKS.contains(&kind) {
        return true;
    }
    if let Some(of) = kind.strip_prefix("awscc_") {
        return cloud_control_gives(of, thing);
    }
    if !kind.starts_with("aws_") {
        return !FOREIGN.iter().any(|start| kind.starts_with(start));
    }
    match thing {
        // AWS makes groups of its own with these.
        Thing::SecurityGroup => matches!(
            kind,
            "aws_eks_cluster"
                | "aws_directory_service_directory"
                | "aws_elb"
                | "aws_sagemaker_domain"
        ),
        _ => false,
    }
}
