//! VPC endpoints.

use serde::{Deserialize, Serialize};

/// A VPC endpoint.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Endpoint {
    /// `vpce-…`.
    pub id: String,
    /// Full name of the service: `com.amazonaws.us-west-2.ssmmessages`.
    pub service: String,
    /// `Interface`, `Gateway`, `GatewayLoadBalancer`.
    pub kind: String,
    /// ID of its VPC.
    pub vpc: String,
    /// `available`, `pending`, `deleting`, `rejected`, …
    pub state: String,
    /// Whether the service's public name resolves to it inside the VPC.
    pub private_dns: bool,
    /// Its private name is given to resolvers outside the VPC only, and not to the VPC's own tasks.
    pub inbound_only: bool,
    /// IDs of the subnets of its interfaces. A gateway endpoint has none.
    pub subnets: Vec<String>,
    /// IDs of the security groups of its interfaces.
    pub security_groups: Vec<String>,
    /// IDs of the route tables that lead to a gateway endpoint.
    pub route_tables: Vec<String>,
    /// Its own interfaces, one a subnet, by ID.
    pub interfaces: Vec<String>,
    /// `None`: AWS shows none, which stands for full access. A text that is no JSON stays a text.
    pub policy: Option<serde_json::Value>,
}

impl Endpoint {
    /// It serves in all of its subnets.
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

    /// Whether AWS is still making it, or its owner has yet to accept it.
    pub fn is_pending(&self) -> bool {
        self.state.to_ascii_lowercase().starts_with("pending")
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
