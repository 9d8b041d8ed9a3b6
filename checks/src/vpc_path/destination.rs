//! Where the name of a service leads: to an endpoint in the VPC, or to the internet.

use super::placement::{Placement, Placements, is_shared, ssmmessages_endpoint};
use super::{hosted_zone, name_servers};
use crate::fact_index::FactIndex;
use model::facts::{Endpoint, Fact, Unavailable};

/// Where the agent's packets go.
#[derive(Clone, PartialEq)]
pub enum Destination<'a> {
    /// Into this endpoint: with private DNS it captures the name for the whole VPC.
    Endpoint(&'a Endpoint),
    /// To the public address of the service.
    Internet,
}

impl Destination<'_> {
    /// As a part of a sentence.
    pub fn told(&self) -> String {
        match self {
            Destination::Endpoint(endpoint) => format!("the endpoint {}", endpoint.id),
            Destination::Internet => "the internet".to_owned(),
        }
    }
}

/// What the name of ssmmessages resolves to for these tasks.
pub fn resolve_destination<'a>(
    index: &FactIndex<'a>,
    placement: &Placement<'a>,
) -> Result<Destination<'a>, Unavailable> {
    let vpc = &placement.subnet.vpc;
    match destination_by(index, placement, ssmmessages_endpoint(index, vpc))? {
        Destination::Internet => match hosted_zone::doubt_of_internet(index, vpc) {
            Some(why) => Err(why),
            None => Ok(Destination::Internet),
        },
        endpoint => Ok(endpoint),
    }
}

/// The same for the name of any service with this interface endpoint.
pub fn destination_by<'a>(
    index: &FactIndex<'a>,
    placement: &Placement<'a>,
    endpoint: Fact<&'a Endpoint>,
) -> Result<Destination<'a>, Unavailable> {
    if let Some(why) = &placement.untraced {
        return Err(why.clone());
    }
    let vpc = placement.subnet.vpc.as_str();
    let named = endpoint.known().copied();
    if let Some(why) = named.and_then(|endpoint| hosted_zone::doubt(index, endpoint)) {
        return Err(why);
    }
    match endpoint {
        Fact::Known(endpoint) if endpoint.is_in_use() && resolves_privately(index, vpc) => {
            match name_servers::doubt(index, placement, endpoint) {
                Some(why) if !placement.way.is_closed() => Err(why),
                // Without another way, the endpoint is all that the name could lead to.
                _ => Ok(Destination::Endpoint(endpoint)),
            }
        }
        Fact::Known(endpoint) if endpoint.is_changing() => Err(Unavailable::not_asked(
            "ec2:DescribeVpcEndpoints",
            format!(
                "the endpoint {} is {}: it is being made or changed, and whether it serves is not to be seen",
                endpoint.id, endpoint.state
            ),
        )),
        Fact::Known(_) | Fact::Absent if is_shared(index, placement.subnet) => {
            Err(Unavailable::not_asked(
                "ec2:DescribeVpcEndpoints",
                format!("{vpc} is shared by another account, whose endpoints may not be visible"),
            ))
        }
        Fact::Known(_) | Fact::Absent if placement.way.leads_out() && !resolves(index, vpc) => {
            Err(Unavailable::not_asked(
                "ec2:DescribeVpcAttribute",
                format!(
                    "{vpc} has enableDnsSupport off, and what other DNS servers answer is not to be seen"
                ),
            ))
        }
        Fact::Known(_) | Fact::Absent => Ok(Destination::Internet),
        Fact::Unavailable(why) => Err(why),
    }
}

/// Placements of a VPC whose packets go to the same.
pub struct PlacementsByDestination<'p, 'a> {
    pub vpc: &'a str,
    pub destination: Result<Destination<'a>, Unavailable>,
    pub placements: Vec<&'p Placement<'a>>,
}

/// The placements of each VPC, by where their packets go.
pub fn by_destination<'p, 'a>(
    index: &FactIndex<'a>,
    placements: &'p Placements<'a>,
) -> Vec<PlacementsByDestination<'p, 'a>> {
    let mut all: Vec<PlacementsByDestination> = Vec::new();
    for placement in &placements.placed {
        let vpc = placement.subnet.vpc.as_str();
        let destination = resolve_destination(index, placement);
        match all
            .iter_mut()
            .find(|same| same.vpc == vpc && same.destination == destination)
        {
            Some(same) => same.placements.push(placement),
            None => all.push(PlacementsByDestination {
                vpc,
                destination,
                placements: vec![placement],
            }),
        }
    }
    all
}

/// Whether the VPC's resolver answers at all, as far as anybody could look.
pub fn resolves(index: &FactIndex, vpc: &str) -> bool {
    match index.facts.network.vpcs.get(vpc) {
        Some(Fact::Known(vpc)) => vpc.dns_support.known() != Some(&false),
        Some(Fact::Unavailable(_) | Fact::Absent) | None => true,
    }
}

/// Whether the VPC's resolver gives private names. AWS lets private DNS be turned on only where it does, so
/// that is the rule where nobody could look.
pub fn resolves_privately(index: &FactIndex, vpc: &str) -> bool {
    match index.facts.network.vpcs.get(vpc) {
        Some(Fact::Known(vpc)) => {
            let off = |attribute: &Fact<bool>| attribute.known() == Some(&false);
            !off(&vpc.dns_support) && !off(&vpc.dns_hostnames)
        }
        Some(Fact::Unavailable(_) | Fact::Absent) | None => true,
    }
}
