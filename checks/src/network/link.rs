//! What a task's packets to ssmmessages meet on their way, gate by gate.

use super::placement::{Placement, ssmmessages_endpoint};
use crate::facts::{Endpoint, Fact, Subnet, Unavailable};
use crate::reachability::{
    Direction, Gate, HTTPS, Peer, Ports, Ranges, acl_lets, groups_let, internet, single,
    subnet_ranges,
};
use crate::world::World;

/// Where the agent's packets go.
pub enum Goal<'a> {
    /// Into this endpoint: with private DNS it captures the name for the whole VPC.
    Endpoint(&'a Endpoint),
    /// To the public address of ssmmessages.
    Internet,
}

/// What the name of ssmmessages leads to in a VPC.
pub fn goal<'a>(world: &World<'a>, vpc: &str) -> Result<Goal<'a>, Unavailable> {
    match ssmmessages_endpoint(world, vpc) {
        Fact::Known(endpoint) if endpoint.is_in_use() && resolves_privately(world, vpc) => {
            Ok(Goal::Endpoint(endpoint))
        }
        Fact::Known(_) | Fact::Absent => Ok(Goal::Internet),
        Fact::Unavailable(why) => Err(why),
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

/// Whether the tasks' security groups let them out to the goal.
pub fn task_egress(world: &World, placement: &Placement, goal: &Goal) -> Gate {
    let groups = match &placement.groups {
        Fact::Known(groups) => groups,
        Fact::Unavailable(why) => return Gate::Unseen(why.clone()),
        Fact::Absent => return Gate::Unseen(gone()),
    };
    let network = &world.facts.network;
    let lets = |ranges: Ranges, peers: &[String]| {
        let peer = Peer {
            ranges,
            groups: Some(peers),
        };
        groups_let(network, groups, Direction::Out, &peer, HTTPS)
    };
    match goal {
        Goal::Endpoint(endpoint) => Gate::any(
            ends(world, endpoint)
                .into_iter()
                .map(|end| lets(end.addresses, &endpoint.security_groups)),
        ),
        Goal::Internet => lets(internet(), &[]),
    }
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
    pub cidr: String,
    pub ports: Ports,
    pub gate: Gate,
}

/// Whether the network ACLs on the way to the goal of the placement's VPC let requests out and answers back.
pub fn acls(world: &World, placement: &Placement, goal: &Goal) -> Gate {
    let judge = || {
        let ways = acl_crossings(world, placement, goal).into_iter();
        Gate::any(ways.map(|crossings| {
            let gates = crossings.into_iter().map(|crossing| crossing.gate);
            gates.fold(Gate::Open, Gate::and)
        }))
    };
    placement.acls.get_or_init(judge).clone()
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
                let near = out_and_back(world, placement, &end.addresses, &cidr);
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
    cidr: &str,
) -> [Crossing<'w>; 2] {
    [
        (Direction::Out, HTTPS..=HTTPS),
        (Direction::In, ephemeral(placement)),
    ]
    .map(|(direction, ports)| Crossing {
        subnet: &placement.subnet.id,
        direction,
        cidr: cidr.to_owned(),
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

fn cidr_of(subnet: Option<&Subnet>) -> String {
    subnet
        .and_then(|subnet| subnet.cidr.clone())
        .unwrap_or_else(|| "0.0.0.0/0".to_owned())
}

/// The ports from which the agent calls, as its operating system chooses them.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports>
fn ephemeral(placement: &Placement) -> Ports {
    match placement.tasks.iter().any(|task| task.is_windows()) {
        true => 49152..=65535,
        false => 32768..=60999,
    }
}

/// One of an endpoint's own interfaces.
struct End<'a> {
    subnet_id: &'a str,
    subnet: Result<&'a Subnet, Unavailable>,
    addresses: Ranges,
}

fn ends<'a>(world: &World<'a>, endpoint: &'a Endpoint) -> Vec<End<'a>> {
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
