//! What a task's packets to ssmmessages meet on their way, gate by gate.

use super::detour::unless_led_elsewhere;
use super::placement::Placement;
use crate::facts::{Endpoint, Fact, Subnet, Unavailable};
use crate::reachability::{
    Direction, Gate, HTTPS, Peer, Ranges, diversion, groups_let, groups_let_ask, internet, single,
    subnet_ranges,
};
use crate::world::World;

/// Where the agent's packets go.
#[derive(Clone, PartialEq)]
pub enum Goal<'a> {
    /// Into this endpoint: with private DNS it captures the name for the whole VPC.
    Endpoint(&'a Endpoint),
    /// To the public address of ssmmessages.
    Internet,
}

/// Whether the tasks' security groups let them out to the goal.
pub fn task_egress(world: &World, placement: &Placement, goal: &Goal) -> Gate {
    match goal {
        Goal::Endpoint(endpoint) => {
            let ends = ends(world, endpoint).into_iter();
            Gate::any(ends.map(|end| {
                egress_to(
                    world,
                    placement,
                    end.addresses,
                    Some(&endpoint.security_groups),
                )
            }))
        }
        Goal::Internet => {
            let gate = egress_to(world, placement, internet(), Some(&[]));
            unless_led_elsewhere(gate, world, placement, |detour| {
                egress_to(world, placement, detour.addresses.clone(), detour.groups)
            })
        }
    }
}

/// Whether they let them out to these addresses, behind security groups of their own; `None`: behind which is not known.
pub fn egress_to(
    world: &World,
    placement: &Placement,
    to: Ranges,
    behind: Option<&[String]>,
) -> Gate {
    let peer = Peer {
        ranges: to,
        groups: behind,
    };
    match groups(placement) {
        Ok(groups) => groups_let(&world.facts.network, groups, Direction::Out, &peer, HTTPS),
        Err(why) => Gate::Unseen(why),
    }
}

/// Whether they let them ask these DNS servers.
pub fn asking(world: &World, placement: &Placement, servers: &[&str]) -> Gate {
    let server = Peer {
        ranges: Ranges::parse(servers.iter().copied()),
        groups: None,
    };
    match groups(placement) {
        Ok(groups) => groups_let_ask(&world.facts.network, groups, &server),
        Err(why) => Gate::Unseen(why),
    }
}

fn groups<'a>(placement: &Placement<'a>) -> Result<&'a [String], Unavailable> {
    match &placement.groups {
        Fact::Known(groups) => Ok(groups),
        Fact::Unavailable(why) => Err(why.clone()),
        Fact::Absent => Err(gone()),
    }
}

/// Whether the routes take packets to the endpoint and back: one that is closer than the VPC's own may not.
pub fn routing(world: &World, placement: &Placement, endpoint: &Endpoint) -> Gate {
    let ends = ends(world, endpoint).into_iter();
    Gate::any(ends.map(|end| {
        let network = &world.facts.network;
        let there = diversion(network, placement.subnet, &end.addresses);
        let back = end.subnet.ok();
        let back = back.and_then(|subnet| diversion(network, subnet, &placement.addresses));
        match there.or(back) {
            Some(what) => Gate::Unseen(Unavailable::not_asked("ec2:DescribeRouteTables", what)),
            None => Gate::Open,
        }
    }))
}

/// Whether the endpoint's security groups let the tasks in.
pub fn endpoint_ingress(world: &World, placement: &Placement, endpoint: &Endpoint) -> Gate {
    let peer = Peer {
        ranges: placement.addresses.clone(),
        groups: placement.groups.known().copied(),
    };
    let network = &world.facts.network;
    groups_let(
        network,
        &endpoint.security_groups,
        Direction::In,
        &peer,
        HTTPS,
    )
}

/// One of an endpoint's own interfaces.
pub struct End<'a> {
    pub subnet_id: &'a str,
    pub subnet: Result<&'a Subnet, Unavailable>,
    pub addresses: Ranges,
}

pub fn ends<'a>(world: &World<'a>, endpoint: &'a Endpoint) -> Vec<End<'a>> {
    endpoint
        .subnets
        .iter()
        .map(|id| {
            let subnet = match world.facts.network.subnets.get(id) {
                Some(Fact::Known(subnet)) => Ok(subnet),
                Some(Fact::Unavailable(why)) => Err(why.clone()),
                Some(Fact::Absent) | None => Err(Unavailable::not_asked(
                    "ec2:DescribeSubnets",
                    format!("the endpoint's subnet {id} is not to be seen from this account"),
                )),
            };
            let addresses = interface_in(world, endpoint, id)
                .or_else(|| subnet.as_ref().ok().map(|subnet| subnet_ranges(subnet)))
                .unwrap_or_default();
            End {
                subnet_id: id,
                subnet,
                addresses,
            }
        })
        .collect()
}

fn interface_in(world: &World, endpoint: &Endpoint, subnet: &str) -> Option<Ranges> {
    endpoint
        .interfaces
        .iter()
        .filter_map(|id| world.facts.network.interfaces.get(id)?.known())
        .find(|interface| interface.subnet == subnet)
        .and_then(|interface| single(interface.private_ips.first()?))
}

fn gone() -> Unavailable {
    Unavailable::not_asked(
        "ec2:DescribeNetworkInterfaces",
        "the task's network interface was not found",
    )
}
