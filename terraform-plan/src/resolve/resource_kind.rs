//! The kinds of resources that attributes identify, and what identifies them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::plan::resource::Resource;

/// The kind of resource that an attribute identifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
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

/// A row of `resource_kinds.json`: what Terraform's AWS providers have for a kind.
#[derive(Debug, Default, Deserialize)]
pub struct KindData {
    pub resource_types: Vec<&'static str>,
    /// Data sources that can supply the ID of such a resource.
    pub data_sources: Vec<&'static str>,
    /// The resource type of the Cloud Control provider without `awscc_`; all that start so, if it ends with `_`.
    pub cloud_control_type: &'static str,
    /// What its IDs start with; `None` for kinds that go by ARNs or names.
    pub id_prefix: Option<&'static str>,
    /// The attributes by which other resources identify one of this kind.
    pub identifying_attributes: Vec<&'static str>,
    /// The attribute with the name that a resource goes by.
    #[serde(default = "id")]
    pub name_attribute: &'static str,
    /// The attributes of a VPC that identify the default resource of this kind, which AWS creates with the VPC.
    #[serde(default)]
    pub vpc_attributes: Vec<&'static str>,
    /// Resource types with which AWS creates another resource of this kind.
    #[serde(default)]
    pub creators: Vec<&'static str>,
}

fn id() -> &'static str {
    "id"
}

type Kinds = BTreeMap<ResourceKind, KindData>;

static KINDS: LazyLock<Kinds> =
    LazyLock::new(|| serde_json::from_str(include_str!("resource_kinds.json")).unwrap_or_default());

static NO_DATA: LazyLock<KindData> = LazyLock::new(KindData::default);

impl ResourceKind {
    /// What identifies resources of this kind.
    pub fn data(self) -> &'static KindData {
        KINDS.get(&self).unwrap_or(&NO_DATA)
    }

    /// The Terraform resource types of this kind.
    pub fn resource_types(self) -> &'static [&'static str] {
        &self.data().resource_types
    }

    /// Whether some attribute may identify a resource.
    pub fn includes(resource: &Resource) -> bool {
        let mut kinds = KINDS.values();
        kinds.any(|kind| resource.is(&kind.resource_types))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_row() {
        let kinds: Kinds = serde_json::from_str(include_str!("resource_kinds.json")).unwrap();
        assert_eq!(kinds.len(), ResourceKind::Bucket as usize + 1);
    }
}
