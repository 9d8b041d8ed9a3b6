//! Where the name of a service leads: to an endpoint in the VPC, or to the internet.

use super::link::Goal;
use super::placement::{Placement, Placements, is_shared, ssmmessages_endpoint};
use super::{hosted_zone, name_servers};
use crate::facts::{Endpoint, Fact, Unavailable};
use crate::world::World;

/// What the name of ssmmessages leads to for these tasks.
pub fn goal<'a>(world: &World<'a>, placement: &Placement) -> Result<Goal<'a>, Unavailable> {
    let vpc = placement.subnet.vpc.as_str();
    match goal_by(world, placement, ssmmessages_endpoint(world, vpc)) {
        Ok(Goal::Internet) => match hosted_zone::doubt_of_internet(world, vpc) {
            Some(why) => Err(why),
            None => Ok(Goal::Internet),
        },
        goal => goal,
    }
}

/// The same for the name of any service with this interface endpoint.
pub fn goal_by<'a>(
    world: &World<'a>,
    placement: &Placement,
    endpoint: Fact<&'a Endpoint>,
) -> Result<Goal<'a>, Unavailable> {
    if let Some(why) = &placement.untraced {
        return Err(why.clone());
    }
    let vpc = placement.subnet.vpc.as_str();
    let named = endpoint.known().copied();
    if let Some(why) = named.and_then(|endpoint| hosted_zone::doubt(world, endpoint)) {
        return Err(why);
    }
    match endpoint {
        Fact::Known(endpoint) if endpoint.is_in_use() && resolves_privately(world, vpc) => {
            match name_servers::doubt(world, placement, endpoint) {
                Some(why) if !placement.way.is_closed() => Err(why),
                // Without another way, the endpoint is all that the name could lead to.
                _ => Ok(Goal::Endpoint(endpoint)),
            }
        }
        Fact::Known(endpoint) if endpoint.is_changing() => Err(Unavailable::not_asked(
            "ec2:DescribeVpcEndpoints",
            format!(
                "the endpoint {} is {}: it is being made or changed, and whether it serves is not to be seen",
                endpoint.id, endpoint.state
            ),
        )),
        Fact::Known(_) | Fact::Absent if is_shared(world, placement.subnet) => {
            Err(Unavailable::not_asked(
                "ec2:DescribeVpcEndpoints",
                format!("{vpc} is shared by another account, whose endpoints may not be visible"),
            ))
        }
        Fact::Known(_) | Fact::Absent if placement.way.leads_out() && !resolves(world, vpc) => {
            Err(Unavailable::not_asked(
                "ec2:DescribeVpcAttribute",
                format!(
                    "{vpc} has enableDnsSupport off, and what other DNS servers answer is not to be seen"
                ),
            ))
        }
        Fact::Known(_) | Fact::Absent => Ok(Goal::Internet),
        Fact::Unavailable(why) => Err(why),
    }
}

/// Placements of a VPC whose packets go to the same.
pub struct Bound<'p, 'a> {
    pub vpc: &'a str,
    pub goal: Result<Goal<'a>, Unavailable>,
    pub placements: Vec<&'p Placement<'a>>,
}

/// The placements of each VPC, by where their packets go.
pub fn by_goal<'p, 'a>(world: &World<'a>, placements: &'p Placements<'a>) -> Vec<Bound<'p, 'a>> {
    let mut all: Vec<Bound> = Vec::new();
    for placement in &placements.placed {
        let vpc = placement.subnet.vpc.as_str();
        let goal = goal(world, placement);
        match all
            .iter_mut()
            .find(|bound| bound.vpc == vpc && bound.goal == goal)
        {
            Some(bound) => bound.placements.push(placement),
            None => all.push(Bound {
                vpc,
                goal,
                placements: vec![placement],
            }),
        }
    }
    all
}

/// Whether the VPC's resolver answers at all, as far as anybody could look.
pub fn resolves(world: &World, vpc: &str) -> bool {
    match world.facts.network.vpcs.get(vpc) {
        Some(Fact::Known(vpc)) => vpc.dns_support.known() != Some(&false),
        Some(Fact::Unavailable(_) | Fact::Absent) | None => true,
    }
}

/// Whether the VPC's resolver gives private names. AWS lets private DNS be turned on only where it does, so
/// that is the rule where nobody could look.
pub fn resolves_privately(world: &World, vpc: &str) -> bool {
    match world.facts.network.vpcs.get(vpc) {
        Some(Fact::Known(vpc)) => {
            let off = |attribute: &Fact<bool>| attribute.known() == Some(&false);
            !off(&vpc.dns_support) && !off(&vpc.dns_hostnames)
        }
        Some(Fact::Unavailable(_) | Fact::Absent) | None => true,
    }
}
