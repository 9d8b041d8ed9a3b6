//! What the name of a service resolves to.

use super::destination::Destination;
use super::network_index::NetworkIndex;
use super::placement::{Placement, Placements};
use super::{hosted_zone, name_servers};
use crate::grouped::grouped;
use model::facts::{Endpoint, Fact, Unavailable};

/// What the name of ssmmessages resolves to for the tasks of a placement.
pub fn resolve_ssmmessages<'a>(
    network: &NetworkIndex<'a>,
    placement: &Placement<'a>,
) -> Result<Destination<'a>, Unavailable> {
    let vpc = &placement.subnet.vpc;
    match resolve(network, placement, network.ssmmessages_endpoint(vpc))? {
        Destination::Internet => match hosted_zone::internet_ambiguity(network, vpc) {
            Some(why) => Err(why),
            None => Ok(Destination::Internet),
        },
        endpoint => Ok(endpoint),
    }
}

/// What the name of a service resolves to, by the service's interface endpoint in the VPC.
pub fn resolve<'a>(
    network: &NetworkIndex<'a>,
    placement: &Placement<'a>,
    endpoint: Fact<&'a Endpoint>,
) -> Result<Destination<'a>, Unavailable> {
    if let Some(why) = &placement.untraceable {
        return Err(why.clone());
    }
    let vpc = placement.subnet.vpc.as_str();
    let named = endpoint.known().copied();
    if let Some(why) = named.and_then(|endpoint| hosted_zone::ambiguity(network, endpoint)) {
        return Err(why);
    }
    match endpoint {
        Fact::Known(endpoint) if endpoint.is_in_use() && network.resolves_private_names(vpc) => {
            match name_servers::ambiguity(network, placement, endpoint) {
                Some(why) if !placement.egress.is_blocked() => Err(why),
                // Without egress, the name can only lead to the endpoint.
                _ => Ok(Destination::Endpoint(endpoint)),
            }
        }
        Fact::Known(endpoint) if endpoint.is_changing() => Err(Unavailable::not_asked(
            "ec2:DescribeVpcEndpoints",
            format!(
                "the endpoint {} is {}: it is being created or changed, and whether it serves the VPC is unknown",
                endpoint.id, endpoint.state
            ),
        )),
        Fact::Known(_) | Fact::Absent if network.is_shared(placement.subnet) => {
            Err(Unavailable::not_asked(
                "ec2:DescribeVpcEndpoints",
                format!(
                    "{vpc} is shared by another account, whose endpoints may be invisible to this one"
                ),
            ))
        }
        Fact::Known(_) | Fact::Absent
            if placement.egress.reaches_internet() && !network.resolves_names(vpc) =>
        {
            Err(Unavailable::not_asked(
                "ec2:DescribeVpcAttribute",
                format!(
                    "{vpc} has enableDnsSupport off, and the answers of other DNS servers are unknown"
                ),
            ))
        }
        Fact::Known(_) | Fact::Absent => Ok(Destination::Internet),
        Fact::Unavailable(why) => Err(why),
    }
}

/// Placements of a VPC with the same destination.
pub struct PlacementsByDestination<'p, 'a> {
    pub vpc: &'a str,
    pub destination: Result<Destination<'a>, Unavailable>,
    pub placements: Vec<&'p Placement<'a>>,
}

/// The placements of each VPC, by destination.
pub fn by_destination<'p, 'a>(
    network: &NetworkIndex<'a>,
    placements: &'p Placements<'a>,
) -> Vec<PlacementsByDestination<'p, 'a>> {
    let placed = placements.placed.iter().map(|placement| {
        let destination = resolve_ssmmessages(network, placement);
        ((placement.subnet.vpc.as_str(), destination), placement)
    });
    let groups = grouped(placed).into_iter();
    groups
        .map(|((vpc, destination), placements)| PlacementsByDestination {
            vpc,
            destination,
            placements,
        })
        .collect()
}
