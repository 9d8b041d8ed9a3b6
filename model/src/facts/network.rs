//! The parts of EC2 that lie between a task and Systems Manager.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Endpoint, Fact, NatGateway, NetworkAcl, RouteTable, SecurityGroup, Unavailable};

/// The parts of EC2 that lie between a task and ssmmessages, by ID.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Network {
    /// Interfaces of tasks and endpoints, by ID.
    pub interfaces: BTreeMap<String, Fact<Interface>>,
    /// Subnets of tasks, endpoints and NAT gateways, by ID.
    pub subnets: BTreeMap<String, Fact<Subnet>>,
    /// VPCs of the tasks, by ID.
    pub vpcs: BTreeMap<String, Fact<Vpc>>,
    /// The VPC endpoints that this account may see, for the services that sessions use. `None`: nobody looked.
    pub endpoints: Option<Fact<Vec<Endpoint>>>,
    /// Where there may be more endpoints than those.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unseen_endpoints: Vec<UnseenEndpoints>,
    /// The route tables of each VPC, by its ID.
    pub route_tables: BTreeMap<String, Fact<Vec<RouteTable>>>,
    /// The NAT gateways of each VPC, by its ID.
    pub nat_gateways: BTreeMap<String, Fact<Vec<NatGateway>>>,
    /// The network ACLs of each VPC, by its ID.
    pub network_acls: BTreeMap<String, Fact<Vec<NetworkAcl>>>,
    /// Security groups of tasks and endpoints, by ID.
    pub security_groups: BTreeMap<String, Fact<SecurityGroup>>,
    /// The ranges of prefix lists that rules and routes name, by the list's ID.
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
    /// Why they cannot be seen.
    pub why: Unavailable,
}

/// An EC2 instance that tasks run on.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Instance {
    /// `i-…`.
    pub id: String,
    /// The primary interface, which tasks without one of their own use.
    pub interface: Interface,
    /// ARN of the instance profile. `None`: it has none, and so no credentials of its own.
    pub profile: Option<String>,
}

/// A network interface (ENI).
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Interface {
    /// `eni-…`.
    pub id: String,
    /// ID of its VPC.
    pub vpc: String,
    /// ID of its subnet.
    pub subnet: String,
    /// IDs of its security groups.
    pub security_groups: Vec<String>,
    /// Its IPv4 addresses, the primary one first.
    pub private_ips: Vec<String>,
    /// Its IPv6 addresses; empty if it has none.
    pub ipv6: Vec<String>,
    /// Its public IPv4 address. `None`: an internet gateway drops its packets. In a plan, a sentence: the address is
    /// not known yet.
    pub public_ip: Option<String>,
}

/// A subnet, which lies in one Availability Zone.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Subnet.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Subnet {
    /// `subnet-…`.
    pub id: String,
    /// ID of its VPC.
    pub vpc: String,
    /// Its IPv4 range. `None`: the subnet is for IPv6 only.
    pub cidr: Option<String>,
    /// Its IPv6 ranges; empty if it has none.
    pub ipv6_cidrs: Vec<String>,
    /// Name of the zone (`us-west-2a`), which differs between accounts.
    pub availability_zone: Option<String>,
    /// Account that owns the subnet: not the caller's where a VPC is shared.
    pub owner: Option<String>,
}

/// The DNS settings of a VPC.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcAttribute.html>
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vpc {
    /// `vpc-…`.
    pub id: String,
    /// `enableDnsSupport`: Amazon's DNS server answers in the VPC.
    pub dns_support: Fact<bool>,
    /// `enableDnsHostnames`: private DNS of endpoints requires it.
    pub dns_hostnames: Fact<bool>,
    /// The DNS servers that its DHCP options give to tasks, besides Amazon's own; none where only Amazon's answers.
    /// `None`: nobody looked, because no endpoint in the VPC depends on it.
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/DHCPOptionSet.html>
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_name_servers: Option<Fact<Vec<String>>>,
}
