//! Route tables and NAT gateways.

use serde::{Deserialize, Serialize};

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
