//! The kinds of things that other resources name, and what they are named by.

use crate::instance::Instance;

/// A thing that an attribute names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
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
    /// What the `gateway_id` of a route may name.
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

impl Thing {
    /// The types of resources that are such a thing.
    pub fn kinds(self) -> &'static [&'static str] {
        match self {
            Thing::Vpc => &["aws_vpc", "aws_default_vpc"],
            Thing::DhcpOptions => &["aws_vpc_dhcp_options", "aws_default_vpc_dhcp_options"],
            Thing::Subnet => &["aws_subnet", "aws_default_subnet"],
            Thing::SecurityGroup => &["aws_security_group", "aws_default_security_group"],
            Thing::RouteTable => &["aws_route_table", "aws_default_route_table"],
            Thing::NetworkAcl => &["aws_network_acl", "aws_default_network_acl"],
            Thing::Endpoint => &["aws_vpc_endpoint"],
            Thing::NatGateway => &["aws_nat_gateway"],
            Thing::GroupRule => &[
                "aws_vpc_security_group_ingress_rule",
                "aws_vpc_security_group_egress_rule",
                "aws_security_group_rule",
            ],
            Thing::HostedZone => &["aws_route53_zone"],
            Thing::Gateway => &[
                "aws_internet_gateway",
                "aws_vpn_gateway",
                "aws_nat_gateway",
                "aws_ec2_carrier_gateway",
                "aws_vpc_endpoint",
            ],
            Thing::EgressOnlyGateway => &["aws_egress_only_internet_gateway"],
            Thing::Cluster => &["aws_ecs_cluster"],
            Thing::TaskDefinition => &["aws_ecs_task_definition"],
            Thing::Role => &["aws_iam_role"],
            Thing::Policy => &["aws_iam_policy"],
            Thing::KmsKey => &["aws_kms_key", "aws_kms_external_key", "aws_kms_replica_key"],
            Thing::LogGroup => &["aws_cloudwatch_log_group"],
            Thing::Bucket => &["aws_s3_bucket"],
        }
    }

    /// What a resource is, if it is such a thing.
    pub fn of(instance: &Instance) -> Option<Thing> {
        const ALL: [Thing; 19] = [
            Thing::Vpc,
            Thing::DhcpOptions,
            Thing::Subnet,
            Thing::SecurityGroup,
            Thing::RouteTable,
            Thing::NetworkAcl,
            Thing::Endpoint,
            Thing::NatGateway,
            Thing::GroupRule,
            Thing::HostedZone,
            Thing::Gateway,
            Thing::EgressOnlyGateway,
            Thing::Cluster,
            Thing::TaskDefinition,
            Thing::Role,
            Thing::Policy,
            Thing::KmsKey,
            Thing::LogGroup,
            Thing::Bucket,
        ];
        ALL.into_iter().find(|thing| instance.is(thing.kinds()))
    }

    /// What its IDs start with; those of the others are ARNs, or names.
    pub fn prefix(self) -> Option<&'static str> {
        Some(match self {
            Thing::Vpc => "vpc-",
            Thing::DhcpOptions => "dopt-",
            Thing::Subnet => "subnet-",
            Thing::SecurityGroup => "sg-",
            Thing::RouteTable => "rtb-",
            Thing::NetworkAcl => "acl-",
            Thing::Endpoint => "vpce-",
            Thing::NatGateway => "nat-",
            Thing::GroupRule => "sgr-",
            Thing::Gateway => "igw-",
            Thing::EgressOnlyGateway => "eigw-",
            _ => return None,
        })
    }

    /// The attributes by which such a resource names itself.
    pub fn own_names(self) -> &'static [&'static str] {
        match self {
            Thing::Cluster | Thing::Role | Thing::Policy | Thing::LogGroup => {
                &["id", "arn", "name"]
            }
            Thing::TaskDefinition => &["arn", "id", "arn_without_revision", "family", "revision"],
            Thing::KmsKey => &["arn", "id", "key_id"],
            Thing::Bucket => &["id", "bucket", "arn"],
            Thing::GroupRule => &["id", "security_group_rule_id", "arn"],
            Thing::HostedZone => &["id", "zone_id", "arn"],
            _ => &["id", "arn"],
        }
    }

    /// What a VPC calls the one that AWS makes with it.
    pub fn default_of_vpc(self) -> &'static [&'static str] {
        match self {
            Thing::SecurityGroup => &["default_security_group_id"],
            Thing::RouteTable => &["main_route_table_id", "default_route_table_id"],
            Thing::NetworkAcl => &["default_network_acl_id"],
            _ => &[],
        }
    }
}
