//! The kinds of resources that attributes identify, and what identifies them.

use crate::plan::resource::Resource;

/// The kind of resource that an attribute identifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourceKind {
    Vpc,
    DhcpOptions,
    Subnet,
    SecurityGroup,
    RouteTable,
    NetworkAcl,
    Endpoint,
    NatGateway,
    /// A rule of a security group.
    GroupRule,
    HostedZone,
    /// Whatever the `gateway_id` of a route can identify.
    Gateway,
    EgressOnlyGateway,
    Cluster,
    TaskDefinition,
    Role,
    Policy,
    KmsKey,
    LogGroup,
    Bucket,
}

impl ResourceKind {
    /// The Terraform resource types of this kind.
    pub fn resource_types(self) -> &'static [&'static str] {
        match self {
            ResourceKind::Vpc => &["aws_vpc", "aws_default_vpc"],
            ResourceKind::DhcpOptions => &["aws_vpc_dhcp_options", "aws_default_vpc_dhcp_options"],
            ResourceKind::Subnet => &["aws_subnet", "aws_default_subnet"],
            ResourceKind::SecurityGroup => &["aws_security_group", "aws_default_security_group"],
            ResourceKind::RouteTable => &["aws_route_table", "aws_default_route_table"],
            ResourceKind::NetworkAcl => &["aws_network_acl", "aws_default_network_acl"],
            ResourceKind::Endpoint => &["aws_vpc_endpoint"],
            ResourceKind::NatGateway => &["aws_nat_gateway"],
            ResourceKind::GroupRule => &[
                "aws_vpc_security_group_ingress_rule",
                "aws_vpc_security_group_egress_rule",
                "aws_security_group_rule",
            ],
            ResourceKind::HostedZone => &["aws_route53_zone"],
            ResourceKind::Gateway => &[
                "aws_internet_gateway",
                "aws_vpn_gateway",
                "aws_nat_gateway",
                "aws_ec2_carrier_gateway",
                "aws_vpc_endpoint",
            ],
            ResourceKind::EgressOnlyGateway => &["aws_egress_only_internet_gateway"],
            ResourceKind::Cluster => &["aws_ecs_cluster"],
            ResourceKind::TaskDefinition => &["aws_ecs_task_definition"],
            ResourceKind::Role => &["aws_iam_role"],
            ResourceKind::Policy => &["aws_iam_policy"],
            ResourceKind::KmsKey => &["aws_kms_key", "aws_kms_external_key", "aws_kms_replica_key"],
            ResourceKind::LogGroup => &["aws_cloudwatch_log_group"],
            ResourceKind::Bucket => &["aws_s3_bucket"],
        }
    }

    /// The kind of a resource; `None` for resources that no attribute identifies.
    pub fn of(resource: &Resource) -> Option<ResourceKind> {
        const ALL: [ResourceKind; 19] = [
            ResourceKind::Vpc,
            ResourceKind::DhcpOptions,
            ResourceKind::Subnet,
            ResourceKind::SecurityGroup,
            ResourceKind::RouteTable,
            ResourceKind::NetworkAcl,
            ResourceKind::Endpoint,
            ResourceKind::NatGateway,
            ResourceKind::GroupRule,
            ResourceKind::HostedZone,
            ResourceKind::Gateway,
            ResourceKind::EgressOnlyGateway,
            ResourceKind::Cluster,
            ResourceKind::TaskDefinition,
            ResourceKind::Role,
            ResourceKind::Policy,
            ResourceKind::KmsKey,
            ResourceKind::LogGroup,
            ResourceKind::Bucket,
        ];
        ALL.into_iter()
            .find(|kind| resource.is(kind.resource_types()))
    }

    /// What its IDs start with; `None` for kinds that go by ARNs or names.
    pub fn id_prefix(self) -> Option<&'static str> {
        Some(match self {
            ResourceKind::Vpc => "vpc-",
            ResourceKind::DhcpOptions => "dopt-",
            ResourceKind::Subnet => "subnet-",
            ResourceKind::SecurityGroup => "sg-",
            ResourceKind::RouteTable => "rtb-",
            ResourceKind::NetworkAcl => "acl-",
            ResourceKind::Endpoint => "vpce-",
            ResourceKind::NatGateway => "nat-",
            ResourceKind::GroupRule => "sgr-",
            ResourceKind::Gateway => "igw-",
            ResourceKind::EgressOnlyGateway => "eigw-",
            _ => return None,
        })
    }

    /// The attributes by which other resources identify one of this kind.
    pub fn identifying_attributes(self) -> &'static [&'static str] {
        match self {
            ResourceKind::Cluster
            | ResourceKind::Role
            | ResourceKind::Policy
            | ResourceKind::LogGroup => &["id", "arn", "name"],
            ResourceKind::TaskDefinition => {
                &["arn", "id", "arn_without_revision", "family", "revision"]
            }
            ResourceKind::KmsKey => &["arn", "id", "key_id"],
            ResourceKind::Bucket => &["id", "bucket", "arn"],
            ResourceKind::GroupRule => &["id", "security_group_rule_id", "arn"],
            ResourceKind::HostedZone => &["id", "zone_id", "arn"],
            _ => &["id", "arn"],
        }
    }

    /// The attributes of a VPC that identify the default resource of this kind, which AWS creates with the VPC.
    pub fn vpc_attributes(self) -> &'static [&'static str] {
        match self {
            ResourceKind::SecurityGroup => &["default_security_group_id"],
            ResourceKind::RouteTable => &["main_route_table_id", "default_route_table_id"],
            ResourceKind::NetworkAcl => &["default_network_acl_id"],
            _ => &[],
        }
    }
}
