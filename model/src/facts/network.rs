use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Fact, Unavailable};

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

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Endpoint {
    pub id: String,
    pub service: String,
    /// `Interface`, `Gateway`, `GatewayLoadBalancer`.
    pub kind: String,
    pub vpc: String,
    /// `available`, `pending`, `deleting`, `rejected`, …
    pub state: String,
    pub private_dns: bool,
    /// Its private name is given to resolvers outside the VPC only, and not to the VPC's own tasks.
    pub inbound_only: bool,
    pub subnets: Vec<String>,
    pub security_groups: Vec<String>,
    pub route_tables: Vec<String>,
    /// Its own interfaces, one a subnet, by ID.
    pub interfaces: Vec<String>,
    /// `None`: AWS shows none, which stands for full access. A text that is no JSON stays a text.
    pub policy: Option<serde_json::Value>,
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RouteTable.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RouteTable {
    pub id: String,
    pub main: bool,
    /// Subnets that name this table; all others of the VPC use the main one.
    pub subnets: Vec<String>,
    pub routes: Vec<Route>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Route {
    /// An IPv4 or IPv6 range, or the ID of a prefix list.
    pub destination: String,
    pub target: RouteTarget,
    /// What the route leads to is gone.
    #[serde(default)]
    pub blackhole: bool,
}

/// What a route leads to, with its ID.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "id")]
pub enum RouteTarget {
    Local,
    NatGateway(String),
    InternetGateway(String),
    EgressOnlyInternetGateway(String),
    /// A gateway endpoint (S3, DynamoDB).
    GatewayEndpoint(String),
    /// Transit gateway, peering, virtual private gateway, appliance: where it ends cannot be followed.
    Other(String),
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroup.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SecurityGroup {
    pub id: String,
    pub name: String,
    pub vpc: String,
    pub ingress: Vec<GroupRule>,
    pub egress: Vec<GroupRule>,
}

/// One permission of a security group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupRule {
    /// A protocol's name or number; `-1` is any.
    pub protocol: String,
    pub from_port: Option<u16>,
    pub to_port: Option<u16>,
    pub cidrs: Vec<String>,
    pub prefix_lists: Vec<String>,
    pub security_groups: Vec<String>,
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkAcl.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkAcl {
    pub id: String,
    pub default: bool,
    pub subnets: Vec<String>,
    pub entries: Vec<AclEntry>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AclEntry {
    /// The lowest number that matches decides.
    pub number: u32,
    pub egress: bool,
    pub allow: bool,
    /// A protocol's number; `-1` is any.
    pub protocol: String,
    pub cidr: String,
    pub from_port: Option<u16>,
    pub to_port: Option<u16>,
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NatGateway.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NatGateway {
    pub id: String,
    /// The subnet by whose routes its packets leave; empty for a regional one, which has routes of its own.
    pub subnet: String,
    /// `pending`, `failed`, `available`, `deleting`, `deleted`.
    pub state: String,
    /// It leads to other networks, and not to the internet.
    pub private: bool,
}

impl RouteTable {
    /// The table that a subnet names, else the VPC's main one.
    pub fn of_subnet<'t>(tables: &'t [RouteTable], subnet: &str) -> Option<&'t RouteTable> {
        tables
            .iter()
            .find(|table| table.subnets.iter().any(|id| id == subnet))
            .or_else(|| tables.iter().find(|table| table.main))
    }
}

impl Endpoint {
    pub fn is_available(&self) -> bool {
        self.state.eq_ignore_ascii_case("available")
    }

    /// Tasks that ask for the public name get to it.
    pub fn is_in_use(&self) -> bool {
        self.is_available() && self.private_dns && !self.inbound_only && !self.has_no_interface()
    }

    /// It serves, and has no private name of its own.
    pub fn may_be_named_by_a_zone(&self) -> bool {
        self.is_available() && !self.private_dns && !self.is_gateway() && !self.has_no_interface()
    }

    /// Being made, or changed: one that is changed goes on serving, at least in some of its subnets.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html>
    pub fn is_changing(&self) -> bool {
        ["pending", "partial"]
            .iter()
            .any(|state| self.state.eq_ignore_ascii_case(state))
    }

    /// It serves public addresses by routes, and has no interface of its own.
    pub fn is_gateway(&self) -> bool {
        self.kind == "Gateway"
    }

    /// It is in no subnet, so nothing answers for it.
    pub fn has_no_interface(&self) -> bool {
        self.subnets.is_empty() && self.interfaces.is_empty()
    }

    /// Still there, or on its way; one that is being deleted serves nobody.
    pub fn is_live(&self) -> bool {
        !matches!(
            self.state.to_ascii_lowercase().as_str(),
            "deleting" | "deleted"
        )
    }
}
