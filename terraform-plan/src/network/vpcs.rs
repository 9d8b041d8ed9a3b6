//! VPCs and subnets.

use checks::facts::{Fact, Subnet, Unavailable, Vpc};

use crate::cloudformation;
use crate::plan::Completeness;
use crate::plan::resource::{Attribute, Resource};
use crate::resolve::Resolver;
use crate::resolve::resource_kind::ResourceKind;
use crate::unavailable::{known_after_apply, not_in_plan, not_shown};

/// Whether the plan would have to contain whatever is in this VPC: what it does not contain is not there then.
///
/// Into a VPC that was there before, others may have put something; so was a default VPC, before Terraform was.
pub fn is_whole(resolver: &Resolver, vpc: &str) -> Result<(), Unavailable> {
    if resolver.plan.completeness == Completeness::Declared {
        return refuse_others(resolver, vpc);
    }
    let managed = resolver.plan.find(&["aws_vpc"], vpc);
    if !managed.is_some_and(|vpc| vpc.is_made) {
        return Err(not_shown(format!(
            "VPC {vpc} is not new in this plan, so that it may have more than the plan shows"
        )));
    }
    let why = match resolver.plan.completeness {
        Completeness::Complete | Completeness::Declared => return refuse_others(resolver, vpc),
        Completeness::Partial => "the plan is only a part",
        Completeness::Unknown => "the plan does not tell whether it is only a part",
    };
    Err(not_shown(format!(
        "{why}, so that VPC {vpc} may have more than the plan shows"
    )))
}

/// Whether all that the plan puts into a VPC is Terraform's own.
pub fn refuse_others(resolver: &Resolver, vpc: &str) -> Result<(), Unavailable> {
    match cloudformation::added_to(resolver.plan, vpc) {
        Some(other) => Err(not_shown(format!(
            "the plan does not show what {} makes, and VPC {vpc} may have more",
            other.address
        ))),
        None => Ok(()),
    }
}

pub fn vpc(resolver: &Resolver, id: &str) -> Fact<Vpc> {
    let managed = resolver.plan.find(ResourceKind::Vpc.resource_types(), id);
    let data = || {
        let mut known = resolver.plan.data_of_type("aws_vpc");
        known.find(|vpc| vpc.id() == Some(id))
    };
    let Some(vpc) = managed.or_else(data) else {
        return Fact::Unavailable(not_in_plan(format!("VPC {id}")));
    };
    let is_default = vpc.resource_type == "aws_default_vpc";
    let attribute = |name: &str, unless_set: bool| match vpc.at(&[name]) {
        Attribute::Known(value) => Fact::Known(value.as_bool().unwrap_or(unless_set)),
        Attribute::Null => Fact::Known(unless_set),
        Attribute::Unknown if !resolver.plan.is_set(vpc, name) => Fact::Known(unless_set),
        Attribute::Unknown => Fact::Unavailable(vpc.known_after_apply(&[name])),
    };
    Fact::Known(Vpc {
        id: id.to_owned(),
        dns_support: attribute("enable_dns_support", true),
        dns_hostnames: attribute("enable_dns_hostnames", is_default),
        own_name_servers: None,
    })
}

pub fn subnet(resolver: &Resolver, id: &str) -> Fact<Subnet> {
    let Some(subnet) = resolver
        .plan
        .find(ResourceKind::Subnet.resource_types(), id)
    else {
        return match data_subnet(resolver, id) {
            Some(subnet) => Fact::Known(subnet),
            None => Fact::Unavailable(not_in_plan(format!("subnet {id}"))),
        };
    };
    match resolver.one(subnet, &["vpc_id"], ResourceKind::Vpc) {
        Ok(Some(vpc)) => Fact::Known(read_subnet(subnet, id, vpc)),
        Ok(None) => Fact::Unavailable(known_after_apply(format!("the VPC of {}", subnet.address))),
        Err(why) => Fact::Unavailable(why),
    }
}

/// Whether a subnet is, or may be, in a VPC.
pub fn is_in(resolver: &Resolver, id: &str, vpc: &str) -> bool {
    subnet(resolver, id)
        .known()
        .is_none_or(|subnet| subnet.vpc == vpc)
}

/// A subnet that a data source read.
fn data_subnet(resolver: &Resolver, id: &str) -> Option<Subnet> {
    let mut known = resolver.plan.data_of_type("aws_subnet");
    let subnet = known.find(|subnet| subnet.id() == Some(id))?;
    let vpc = subnet.text(&["vpc_id"]).ok()??;
    Some(read_subnet(subnet, id, vpc.to_owned()))
}

fn read_subnet(subnet: &Resource, id: &str, vpc: String) -> Subnet {
    let text = |name: &str| subnet.text(&[name]).ok().flatten().map(str::to_owned);
    Subnet {
        id: id.to_owned(),
        vpc,
        cidr: text("cidr_block"),
        ipv6_cidrs: text("ipv6_cidr_block").into_iter().collect(),
        availability_zone: text("availability_zone"),
        owner: text("owner_id"),
    }
}
