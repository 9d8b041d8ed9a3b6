//! VPC endpoints.

use serde::{Deserialize, Serialize};

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
