//! What a task's packets to ssmmessages meet on their way, gate by gate.

use super::detour::unless_led_elsewhere;
use super::placement::Placement;
use crate::facts::{Endpoint, Fact, Subnet, Unavailable};
use crate::reachability::{
    Direction, Gate, HTTPS, Peer, Ports, Ranges, acl_lets, diversion, groups_let, internet, single,
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
            Gate::any(
                ends.map(|end| {
                    egress_to(world, placement, end.addresses, &endpoint.security_groups)
                }),
            )
        }
        Goal::Internet => {
            let gate = egress_to(world, placement, internet(), &[]);
            unless_led_elsewhere(gate, world, placement, |detour| {
                egress_to(world, placement, detour.addresses.clone(), detour.groups)
            })
        }
    }
}

/// Whether they let them out to these addresses, behind security groups of their own.
pub fn egress_to(world: &World, placement: &Placement, to: Ranges, behind: &[String]) -> Gate {
    let groups = match &placement.groups {
        Fact::Known(groups) => groups,
        Fact::Unavailable(why) => return Gate::Unseen(why.clone()),
        Fact::Absent => return Gate::Unseen(gone()),
    };
    let peer = Peer {
        ranges: to,
        groups: Some(behind),
    };
    groups_let(&world.facts.network, groups, Direction::Out, &peer, HTTPS)
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

/// A network ACL that a connection's packets pass, in one direction.
pub struct Crossing<'a> {
    pub subnet: &'a str,
    pub direction: Direction,
    /// The addresses on the other side, as a rule would name them.
    pub cidr: &'a str,
    pub ports: Ports,
    pub gate: Gate,
}

/// Whether the network ACLs on the way to the goal of the placement's VPC let requests out and answers back.
pub fn acls(world: &World, placement: &Placement, goal: &Goal) -> Gate {
    let judge = || {
        let gate = through_acls(world, placement, goal);
        match goal {
            Goal::Endpoint(_) => gate,
            Goal::Internet => unless_led_elsewhere(gate, world, placement, |detour| {
                all(out_and_back(world, placement, &detour.addresses, ""))
            }),
        }
    };
    placement.acls.get_or_init(judge).clone()
}

/// The same on the way to any other endpoint, or to the internet.
pub fn through_acls(world: &World, placement: &Placement, goal: &Goal) -> Gate {
    let ways = acl_crossings(world, placement, goal).into_iter();
    Gate::any(ways.map(all))
}

fn all<'a>(crossings: impl IntoIterator<Item = Crossing<'a>>) -> Gate {
    let gates = crossings.into_iter().map(|crossing| crossing.gate);
    gates.fold(Gate::Open, Gate::and)
}

/// The ACLs on each of the ways to the goal: one to the internet, or one to each of the endpoint's interfaces.
/// Within a subnet there are none, and the way is open.
pub fn acl_crossings<'w>(
    world: &World<'w>,
    placement: &Placement<'w>,
    goal: &Goal<'w>,
) -> Vec<Vec<Crossing<'w>>> {
    match goal {
        Goal::Internet => {
            let crossings = out_and_back(world, placement, &internet(), "0.0.0.0/0");
            vec![Vec::from(crossings)]
        }
        Goal::Endpoint(endpoint) => ends(world, endpoint)
            .into_iter()
            .map(|end| {
                if end.subnet_id == placement.subnet.id {
                    return Vec::new();
                }
                let cidr = cidr_of(end.subnet.as_ref().ok().copied());
                let near = out_and_back(world, placement, &end.addresses, cidr);
                let far = in_and_out(world, placement, &end);
                near.into_iter().chain(far).collect()
            })
            .collect(),
    }
}

/// In the task's subnet.
fn out_and_back<'w>(
    world: &World<'w>,
    placement: &Placement<'w>,
    peers: &Ranges,
    cidr: &'w str,
) -> [Crossing<'w>; 2] {
    [
        (Direction::Out, HTTPS..=HTTPS),
        (Direction::In, ephemeral(placement)),
    ]
    .map(|(direction, ports)| Crossing {
        subnet: &placement.subnet.id,
        direction,
        cidr,
        gate: acl_lets(
            &world.facts.network,
            placement.subnet,
            direction,
            peers,
            &ports,
        ),
        ports,
    })
}

/// In the endpoint's subnet.
fn in_and_out<'w>(
    world: &World<'w>,
    placement: &Placement<'w>,
    end: &End<'w>,
) -> [Crossing<'w>; 2] {
    let tasks = &placement.addresses;
    [
        (Direction::In, HTTPS..=HTTPS),
        (Direction::Out, ephemeral(placement)),
    ]
    .map(|(direction, ports)| Crossing {
        subnet: end.subnet_id,
        direction,
        cidr: cidr_of(Some(placement.subnet)),
        gate: match &end.subnet {
            Ok(subnet) => acl_lets(&world.facts.network, subnet, direction, tasks, &ports),
            Err(why) => Gate::Unseen(why.clone()),
        },
        ports,
    })
}

fn cidr_of(subnet: Option<&Subnet>) -> &str {
    let cidr = subnet.and_then(|subnet| subnet.cidr.as_deref());
    cidr.unwrap_or("0.0.0.0/0")
}

/// The ports from which the agent calls, as its operating system chooses them.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports>
pub fn ephemeral(placement: &Placement) -> Ports {
    match placement.tasks.iter().any(|task| task.is_windows()) {
        true => 49152..=65535,
        false => 32768..=60999,
    }
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
