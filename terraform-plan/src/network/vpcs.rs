//! VPCs and subnets.

use model::facts::{Fact, Subnet, Vpc};

use crate::cloudformation;
use crate::plan::completeness::Completeness;
use crate::plan::resource::Resource;
use crate::resolve::{Resolver, ResourceKind};
use crate::unavailable::{PlanValue, known_after_apply, not_in_plan, not_shown};

/// Fails unless the plan has to contain whatever is in a VPC: only then is something missing if the plan does not
/// contain it. Others may have added to a VPC that existed before, such as a default VPC.
pub fn check_vpc_is_complete(resolver: &Resolver, vpc: &str) -> PlanValue<()> {
    let plan = resolver.plan;
    let is_created = || {
        let vpc = resolver.find(vpc, ResourceKind::Vpc);
        vpc.is_some_and(|vpc| vpc.is_created && vpc.resource_type == "aws_vpc")
    };
    let why = match plan.completeness {
        Completeness::Declared => return cloudformation::check_vpc(plan, vpc),
        _ if !is_created() => {
            return Err(not_shown(format!(
                "VPC {vpc} existed before this plan, so it may contain more than the plan shows"
            )));
        }
        Completeness::Complete => return cloudformation::check_vpc(plan, vpc),
        Completeness::Partial | Completeness::ChangesOnly => "the plan is partial",
        Completeness::Unknown => "the plan does not say whether it is complete",
    };
    Err(not_shown(format!(
        "{why}, so VPC {vpc} may contain more than the plan shows"
    )))
}

/// A VPC of the plan, or one that a data source has read.
pub fn vpc(resolver: &Resolver, id: &str) -> PlanValue<Vpc> {
    let vpc = resolver.find_or_data(id, ResourceKind::Vpc);
    let vpc = vpc.ok_or_else(|| not_in_plan(format!("VPC {id}")))?;
    let flag = |attribute: &str, default: bool| match resolver.is_computed(vpc, attribute) {
        true => Fact::Known(default),
        false => vpc
            .flag(attribute)
            .map(|flag| flag.unwrap_or(default))
            .into(),
    };
    Ok(Vpc {
        id: id.to_owned(),
        dns_support: flag("enable_dns_support", true),
        dns_hostnames: flag(
            "enable_dns_hostnames",
            vpc.resource_type == "aws_default_vpc",
        ),
        own_name_servers: None,
    })
}

/// A subnet of the plan, else of AWS.
pub fn subnet_or_live(resolver: &Resolver, id: &str) -> Fact<Subnet> {
    resolver.or_live(subnet(resolver, id), |live| live.network.subnets.get(id))
}

/// A subnet of the plan, or one that a data source has read.
pub fn subnet(resolver: &Resolver, id: &str) -> PlanValue<Subnet> {
    let Some(subnet) = resolver.find(id, ResourceKind::Subnet) else {
        let mut data = resolver.data("aws_subnet");
        let data = data.find(|subnet| subnet.id() == Some(id));
        let read = data.and_then(|data| Some(read_subnet(data, id, data.known_text("vpc_id")?)));
        return read.ok_or_else(|| not_in_plan(format!("subnet {id}")));
    };
    match resolver.resolve(subnet, "vpc_id", ResourceKind::Vpc)? {
        Some(vpc) => Ok(read_subnet(subnet, id, &vpc)),
        None => Err(known_after_apply(format!("the VPC of {}", subnet.address))),
    }
}

/// The resource type that associates subnets with route tables or network ACLs, and its attribute for those.
pub fn association_type(kind: ResourceKind) -> (&'static str, &'static str) {
    match kind {
        ResourceKind::NetworkAcl => ("aws_network_acl_association", "network_acl_id"),
        _ => ("aws_route_table_association", "route_table_id"),
    }
}

/// Subnets, with the route tables or network ACLs that associations of the plan give them.
pub fn subnet_associations(
    resolver: &Resolver,
    kind: ResourceKind,
) -> PlanValue<Vec<(String, String)>> {
    let (resource_type, attribute) = association_type(kind);
    let mut found = Vec::new();
    for association in resolver.resources(resource_type) {
        let subnet = resolver.resolve(association, "subnet_id", ResourceKind::Subnet)?;
        let other = resolver.resolve(association, attribute, kind)?;
        found.extend(subnet.zip(other));
    }
    Ok(found)
}

/// Whether a subnet is, or may be, in a VPC.
pub fn may_be_in(resolver: &Resolver, subnet_id: &str, vpc: &str) -> bool {
    subnet(resolver, subnet_id).map_or(true, |subnet| subnet.vpc == vpc)
}

fn read_subnet(subnet: &Resource, id: &str, vpc: &str) -> Subnet {
    let text = |attribute| subnet.known_text(attribute).map(str::to_owned);
    Subnet {
        id: id.to_owned(),
        vpc: vpc.to_owned(),
        cidr: text("cidr_block"),
        ipv6_cidrs: text("ipv6_cidr_block").into_iter().collect(),
        availability_zone: text("availability_zone"),
        owner: text("owner_id"),
    }
}
