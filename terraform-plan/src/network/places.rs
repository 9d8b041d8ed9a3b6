//! VPCs and subnets.

use model::facts::{Fact, Subnet, Unavailable, Vpc};

use crate::document::Extent;
use crate::instance::{Instance, Seen};
use crate::known::{elsewhere, later, untold};
use crate::others;
use crate::resolve::Resolver;
use crate::things::Thing;

/// Whether the plan would have to contain whatever is in this VPC: what it does not contain is not there then.
///
/// Into a VPC that was there before, others may have put something; so was a default VPC, before Terraform was.
pub fn is_whole(resolver: &Resolver, vpc: &str) -> Result<(), Unavailable> {
    if resolver.plan.extent == Extent::Declared {
        return refuse_others(resolver, vpc);
    }
    let managed = resolver.plan.find(&["aws_vpc"], vpc);
    if !managed.is_some_and(|vpc| vpc.is_made) {
        return Err(untold(format!(
            "VPC {vpc} is not new in this plan, so that it may have more than the plan shows"
        )));
    }
    let why = match resolver.plan.extent {
        Extent::Whole | Extent::Declared => return refuse_others(resolver, vpc),
        Extent::Part => "the plan is only a part",
        Extent::Untold => "the plan does not tell whether it is only a part",
    };
    Err(untold(format!(
        "{why}, so that VPC {vpc} may have more than the plan shows"
    )))
}

/// Whether all that the plan puts into a VPC is Terraform's own.
pub fn refuse_others(resolver: &Resolver, vpc: &str) -> Result<(), Unavailable> {
    match others::added_to(resolver.plan, vpc) {
        Some(other) => Err(untold(format!(
            "the plan does not show what {} makes, and VPC {vpc} may have more",
            other.address
        ))),
        None => Ok(()),
    }
}

pub fn vpc(resolver: &Resolver, id: &str) -> Fact<Vpc> {
    let managed = resolver.plan.find(Thing::Vpc.kinds(), id);
    let data = || {
        let mut known = resolver.plan.data_of_kind("aws_vpc");
        known.find(|vpc| vpc.id() == Some(id))
    };
    let Some(vpc) = managed.or_else(data) else {
        return Fact::Unavailable(elsewhere(format!("VPC {id}")));
    };
    let is_default = vpc.kind == "aws_default_vpc";
    let attribute = |name: &str, unless_set: bool| match vpc.at(&[name]) {
        Seen::Value(value) => Fact::Known(value.as_bool().unwrap_or(unless_set)),
        Seen::Unset => Fact::Known(unless_set),
        Seen::Later if !resolver.plan.is_set(vpc, name) => Fact::Known(unless_set),
        Seen::Later => Fact::Unavailable(vpc.later(&[name])),
    };
    Fact::Known(Vpc {
        id: id.to_owned(),
        dns_support: attribute("enable_dns_support", true),
        dns_hostnames: attribute("enable_dns_hostnames", is_default),
        own_name_servers: None,
    })
}

pub fn subnet(resolver: &Resolver, id: &str) -> Fact<Subnet> {
    let Some(subnet) = resolver.plan.find(Thing::Subnet.kinds(), id) else {
        return match data_subnet(resolver, id) {
            Some(subnet) => Fact::Known(subnet),
            None => Fact::Unavailable(elsewhere(format!("subnet {id}"))),
        };
    };
    match resolver.one(subnet, &["vpc_id"], Thing::Vpc) {
        Ok(Some(vpc)) => Fact::Known(read_subnet(subnet, id, vpc)),
        Ok(None) => Fact::Unavailable(later(format!("the VPC of {}", subnet.address))),
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
    let mut known = resolver.plan.data_of_kind("aws_subnet");
    let subnet = known.find(|subnet| subnet.id() == Some(id))?;
    let vpc = subnet.text(&["vpc_id"]).ok()??;
    Some(read_subnet(subnet, id, vpc.to_owned()))
}

fn read_subnet(subnet: &Instance, id: &str, vpc: String) -> Subnet {
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
