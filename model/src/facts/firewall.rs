//! Security groups and network ACLs.

use serde::{Deserialize, Serialize};

/// A security group, whose rules allow and never deny.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroup.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SecurityGroup {
    /// `sg-…`.
    pub id: String,
    /// Its name, unique in the VPC.
    pub name: String,
    /// ID of its VPC.
    pub vpc: String,
    /// What can connect to its interfaces.
    pub ingress: Vec<GroupRule>,
    /// What its interfaces can connect to.
    pub egress: Vec<GroupRule>,
}

/// One permission of a security group: a protocol, ports, and peers of which one must match.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupRule {
    /// A protocol's name or number; `-1` is any.
    pub protocol: String,
    /// The first port. `None`: from the lowest.
    pub from_port: Option<u16>,
    /// The last port. `None`: to the highest.
    pub to_port: Option<u16>,
    /// IPv4 and IPv6 ranges.
    pub cidrs: Vec<String>,
    /// IDs of prefix lists.
    pub prefix_lists: Vec<String>,
    /// IDs of security groups: the peer's interface has one of them.
    pub security_groups: Vec<String>,
}

/// A network ACL, which filters packets at the border of subnets, in both directions and without state.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkAcl.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkAcl {
    /// `acl-…`.
    pub id: String,
    /// Whether it is its VPC's default, which subnets have that name no other.
    pub default: bool,
    /// IDs of the subnets that it guards.
    pub subnets: Vec<String>,
    /// Its rules, in any order.
    pub entries: Vec<AclEntry>,
}

/// One rule of a network ACL.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkAclEntry.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AclEntry {
    /// The lowest number that matches decides.
    pub number: u32,
    /// Whether it is for packets that leave the subnet; if not, for those that enter it.
    pub egress: bool,
    /// Whether it lets packets through; if not, it drops them.
    pub allow: bool,
    /// A protocol's number; `-1` is any.
    pub protocol: String,
    /// The IPv4 or IPv6 range of the other side.
    pub cidr: String,
    /// The first destination port. `None`: from the lowest.
    pub from_port: Option<u16>,
    /// The last destination port. `None`: to the highest.
    pub to_port: Option<u16>,
}
