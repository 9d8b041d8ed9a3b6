//! Route tables and NAT gateways.

use serde::{Deserialize, Serialize};

/// A route table.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RouteTable.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RouteTable {
    /// `rtb-…`.
    pub id: String,
    /// Whether it is its VPC's main table.
    pub main: bool,
    /// Subnets that name this table; all others of the VPC use the main one.
    pub subnets: Vec<String>,
    /// Its routes; the one with the longest prefix decides, whatever the order.
    pub routes: Vec<Route>,
}

/// One route of a route table.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html>
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Route {
    /// An IPv4 or IPv6 range, or the ID of a prefix list.
    pub destination: String,
    /// Where packets go.
    pub target: RouteTarget,
    /// What the route leads to is gone.
    #[serde(default)]
    pub blackhole: bool,
}

/// What a route leads to, with its ID.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "id")]
pub enum RouteTarget {
    /// The VPC itself.
    Local,
    /// A NAT gateway: to the internet, or, if it is private, to other networks.
    NatGateway(String),
    /// An internet gateway: only interfaces with public addresses get through it.
    InternetGateway(String),
    /// An internet gateway for IPv6 connections that begin in the VPC.
    EgressOnlyInternetGateway(String),
    /// A gateway endpoint (S3, DynamoDB).
    GatewayEndpoint(String),
    /// Transit gateway, peering, virtual private gateway, appliance: where it ends cannot be followed.
    Other(String),
}

/// A NAT gateway.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NatGateway.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NatGateway {
    /// `nat-…`.
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

impl NatGateway {
    /// Whether it takes no packets any more, or never did.
    pub fn is_gone(&self) -> bool {
        matches!(self.state.as_str(), "failed" | "deleting" | "deleted")
    }

    /// Whether AWS is still making it.
    pub fn is_pending(&self) -> bool {
        self.state == "pending"
    }
}
