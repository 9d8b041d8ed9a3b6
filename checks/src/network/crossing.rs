//! The network ACLs that a connection's packets pass, in each subnet and each direction.

use super::detour::unless_led_elsewhere;
use super::link::{End, Goal, ends};
use super::placement::Placement;
use crate::facts::{Fact, NatGateway, Subnet};
use crate::reachability::{Direction, Gate, HTTPS, Ports, Ranges, Way, acl_lets, internet};
use crate::world::World;

/// A network ACL that packets pass, in one direction.
pub struct Crossing<'a> {
    pub subnet: &'a str,
    pub direction: Direction,
    /// The addresses on the other side, as a rule would name them.
    pub cidr: &'a str,
    pub ports: Ports,
    pub gate: Gate,
}

const ANYWHERE: &str = "0.0.0.0/0";

/// The ports from which a NAT gateway calls.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports>
const PORTS_OF_GATEWAY: Ports = 1024..=65535;

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

/// Whether the ACL of the tasks' own subnet does, for the public addresses of a service.
pub fn through_own_acl(world: &World, placement: &Placement) -> Gate {
    all(out_and_back(world, placement, &internet(), ANYWHERE))
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
            let near = out_and_back(world, placement, &internet(), ANYWHERE);
            let far = at_the_gateway(world, placement);
            vec![near.into_iter().chain(far).collect()]
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
    .map(|(direction, ports)| {
        let (vpc, subnet) = (&placement.subnet.vpc, &placement.subnet.id);
        crossing(world, vpc, subnet, direction, peers, cidr, ports)
    })
}

/// In the endpoint's subnet.
fn in_and_out<'w>(
    world: &World<'w>,
    placement: &Placement<'w>,
    end: &End<'w>,
) -> [Crossing<'w>; 2] {
    let (tasks, cidr) = (&placement.addresses, cidr_of(Some(placement.subnet)));
    [
        (Direction::In, HTTPS..=HTTPS),
        (Direction::Out, ephemeral(placement)),
    ]
    .map(|(direction, ports)| match &end.subnet {
        Ok(subnet) => {
            let (vpc, subnet) = (&subnet.vpc, end.subnet_id);
            crossing(world, vpc, subnet, direction, tasks, cidr, ports)
        }
        Err(why) => Crossing {
            subnet: end.subnet_id,
            direction,
            cidr,
            ports,
            gate: Gate::Unseen(why.clone()),
        },
    })
}

/// In the subnet of the NAT gateway, where the way out leads through one that could be seen: in from the tasks, out to
/// the internet, and all the way back.
fn at_the_gateway<'w>(world: &World<'w>, placement: &Placement<'w>) -> Vec<Crossing<'w>> {
    let Some(gateway) = gateway(world, placement) else {
        return Vec::new();
    };
    let (tasks, cidr) = (&placement.addresses, cidr_of(Some(placement.subnet)));
    let anywhere = internet();
    [
        (Direction::In, tasks, cidr, HTTPS..=HTTPS),
        (Direction::Out, &anywhere, ANYWHERE, HTTPS..=HTTPS),
        (Direction::In, &anywhere, ANYWHERE, PORTS_OF_GATEWAY),
        (Direction::Out, tasks, cidr, ephemeral(placement)),
    ]
    .into_iter()
    .map(|(direction, peers, cidr, ports)| {
        let (vpc, subnet) = (&placement.subnet.vpc, &gateway.subnet);
        crossing(world, vpc, subnet, direction, peers, cidr, ports)
    })
    .collect()
}

fn gateway<'w>(world: &World<'w>, placement: &Placement) -> Option<&'w NatGateway> {
    let Way::Nat(id) = &placement.way else {
        return None;
    };
    let known = world.facts.network.nat_gateways.get(&placement.subnet.vpc);
    let mut known = known.and_then(Fact::known)?.iter();
    known.find(|gateway| gateway.id == *id && !gateway.subnet.is_empty())
}

fn crossing<'w>(
    world: &World,
    vpc: &str,
    subnet: &'w str,
    direction: Direction,
    peers: &Ranges,
    cidr: &'w str,
    ports: Ports,
) -> Crossing<'w> {
    let network = &world.facts.network;
    Crossing {
        subnet,
        direction,
        cidr,
        gate: acl_lets(network, vpc, subnet, direction, peers, &ports),
        ports,
    }
}

fn cidr_of(subnet: Option<&Subnet>) -> &str {
    let cidr = subnet.and_then(|subnet| subnet.cidr.as_deref());
    cidr.unwrap_or(ANYWHERE)
}

/// The ports from which the agent calls, as its operating system chooses them.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports>
pub fn ephemeral(placement: &Placement) -> Ports {
    match placement.on_windows {
        true => 49152..=65535,
        false => 32768..=60999,
    }
}
