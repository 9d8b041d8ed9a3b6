//! The parts of EC2 that lie between a task and Systems Manager.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Endpoint, Fact, NatGateway, NetworkAcl, RouteTable, SecurityGroup, Unavailable};

/// The parts of EC2 that lie between a task and ssmmessages, by ID.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Network {
    pub interfaces: BTreeMap<String, Fact<Interface>>,
    pub subnets: BTreeMap<String, Fact<Subnet>>,
    pub vpcs: BTreeMap<String, Fact<Vpc>>,
    /// The VPC endpoints that this account may see, for the services that sessions use.
    pub endpoints: Option<Fact<Vec<Endpoint>>>,
    /// Where there may be more endpoints than those.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unseen_endpoints: Vec<UnseenEndpoints>,
    /// By VPC.
    pub route_tables: BTreeMap<String, Fact<Vec<RouteTable>>>,
    /// By VPC.
    pub nat_gateways: BTreeMap<String, Fact<Vec<NatGateway>>>,
    /// By VPC.
    pub network_acls: BTreeMap<String, Fact<Vec<NetworkAcl>>>,
    pub security_groups: BTreeMap<String, Fact<SecurityGroup>>,
    /// The address ranges of prefix lists that rules name.
    pub prefix_lists: BTreeMap<String, Fact<Vec<String>>>,
    /// Names of the private hosted zones of VPCs, by VPC; only where one may name an endpoint that has no private DNS.
    /// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListHostedZonesByVPC.html>
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub hosted_zones: BTreeMap<String, Fact<Vec<String>>>,
    /// The mode in which the account keeps the internet from all VPCs of the region: `off`, `block-bidirectional`,
    /// `block-ingress`. `None`: nobody looked.
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html>
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_public_access: Option<Fact<String>>,
    /// EC2 instances that tasks run on, by ID.
    pub instances: BTreeMap<String, Fact<Instance>>,
}

/// A doubt about endpoints: of which VPC and which service, as far as that is known, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnseenEndpoints {
    /// `None`: of any.
    pub vpc: Option<String>,
    /// The last part of the service's name, such as `ssmmessages`. `None`: of any.
    pub service: Option<String>,
    pub why: Unavailable,
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Instance {
    pub id: String,
    /// The primary interface, which tasks without one of their own use.
    pub interface: Interface,
    /// ARN of the instance profile.
    pub profile: Option<String>,
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Interface {
    pub id: String,
    pub vpc: String,
    pub subnet: String,
    pub security_groups: Vec<String>,
    pub private_ips: Vec<String>,
    pub ipv6: Vec<String>,
    pub public_ip: Option<String>,
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Subnet.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Subnet {
    pub id: String,
    pub vpc: String,
    pub cidr: Option<String>,
    pub ipv6_cidrs: Vec<String>,
    pub availability_zone: Option<String>,
    /// Account that owns the subnet: not the caller's where a VPC is shared.
    pub owner: Option<String>,
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcAttribute.html>
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vpc {
    pub id: String,
    pub dns_support: Fact<bool>,
    pub dns_hostnames: Fact<bool>,
    /// The DNS servers that its DHCP options give to tasks, besides Amazon's own; none where only Amazon's answers.
    /// `None`: nobody looked, because no endpoint in the VPC depends on it.
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/DHCPOptionSet.html>
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_name_servers: Option<Fact<Vec<String>>>,
}
