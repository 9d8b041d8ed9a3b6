//! The network ACLs that a connection's packets pass, in each subnet and each direction.

use serde_json::{Value, json};

use super::endpoint_eni::EndpointEni;
use super::placement::{Placement, TaskClass};
use crate::fact_index::FactIndex;
use aws_rules::vpc::{
    Direction, HTTPS, OpenPorts, Ports, Ranges, Reachability, internet, no_address,
};
use model::facts::{Fact, NatGateway, Unavailable};
use model::text;

/// A network ACL that packets pass, in one direction.
pub struct AclTraversal {
    pub subnet: String,
    pub direction: Direction,
    /// The addresses on the other side, as a rule would name them.
    pub cidr: String,
    pub ports: Ports,
    admitted: Result<OpenPorts, Unavailable>,
    /// Where not all ports are admitted: the ACL, and what refuses them.
    refusal: Option<Refusal>,
}

struct Refusal {
    acl: String,
    /// In words.
    rule: String,
}

/// The network ACLs from a task to one address and back.
pub struct AclPath {
    pub traversals: Vec<AclTraversal>,
    pub reachability: Reachability,
}

const ANYWHERE: &str = "0.0.0.0/0";

/// The ports from which a NAT gateway calls.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports>
const PORTS_OF_GATEWAY: Ports = 1024..=65535;

/// To an interface of an endpoint. Within a subnet no network ACL applies.
pub fn to_endpoint(
    index: &FactIndex,
    placement: &Placement,
    class: &TaskClass,
    eni: &EndpointEni,
) -> AclPath {
    if eni.subnet_id == placement.subnet.id {
        return AclPath::of(Vec::new());
    }
    let subnet = eni.subnet.as_ref().ok();
    let cidr = cidr_of(subnet.and_then(|subnet| subnet.cidr.as_deref()));
    let near = out_and_back(index, placement, class, &eni.addresses, cidr);
    let far = in_and_out(index, placement, class, eni);
    AclPath::of(near.into_iter().chain(far).collect())
}

/// To the internet, or to a public address of a service: one for each NAT gateway that packets may take.
pub fn to_internet(index: &FactIndex, placement: &Placement, class: &TaskClass) -> Vec<AclPath> {
    let near = || out_and_back(index, placement, class, internet(), ANYWHERE).into_iter();
    let gateways = placement.way.gateways().into_iter();
    let through = gateways.map(|id| {
        let far = gateway(index, placement, id)
            .map(|gateway| at_the_gateway(index, placement, class, gateway));
        AclPath::of(near().chain(far.into_iter().flatten()).collect())
    });
    let through: Vec<AclPath> = through.collect();
    match through.is_empty() {
        true => vec![AclPath::of(near().collect())],
        false => through,
    }
}

/// Through the ACL of the tasks' own subnet alone, as to a gateway endpoint or to another network.
pub fn through_own_subnet(
    index: &FactIndex,
    placement: &Placement,
    class: &TaskClass,
    peers: &Ranges,
) -> AclPath {
    AclPath::of(out_and_back(index, placement, class, peers, ANYWHERE).into())
}

/// In the task's subnet.
fn out_and_back(
    index: &FactIndex,
    placement: &Placement,
    class: &TaskClass,
    peers: &Ranges,
    cidr: &str,
) -> [AclTraversal; 2] {
    [
        (Direction::Out, HTTPS..=HTTPS),
        (Direction::In, class.ephemeral()),
    ]
    .map(|(direction, ports)| {
        let (vpc, subnet) = (&placement.subnet.vpc, &placement.subnet.id);
        traversal(index, vpc, subnet, direction, peers, cidr, ports)
    })
}

/// In the endpoint's subnet.
fn in_and_out(
    index: &FactIndex,
    placement: &Placement,
    class: &TaskClass,
    eni: &EndpointEni,
) -> [AclTraversal; 2] {
    let (tasks, cidr) = (&class.address, cidr_of(placement.subnet.cidr.as_deref()));
    [
        (Direction::In, HTTPS..=HTTPS),
        (Direction::Out, class.ephemeral()),
    ]
    .map(|(direction, ports)| match &eni.subnet {
        Ok(subnet) => {
            let (vpc, subnet) = (&subnet.vpc, &eni.subnet_id);
            traversal(index, vpc, subnet, direction, tasks, cidr, ports)
        }
        Err(why) => AclTraversal {
            subnet: eni.subnet_id.clone(),
            direction,
            cidr: cidr.to_owned(),
            ports,
            admitted: Err(why.clone()),
            refusal: None,
        },
    })
}

/// In the subnet of a NAT gateway: in from the tasks, out to the internet, and all the way back.
fn at_the_gateway(
    index: &FactIndex,
    placement: &Placement,
    class: &TaskClass,
    gateway: &NatGateway,
) -> [AclTraversal; 4] {
    let (tasks, cidr) = (&class.address, cidr_of(placement.subnet.cidr.as_deref()));
    let anywhere = internet();
    [
        (Direction::In, tasks, cidr, HTTPS..=HTTPS),
        (Direction::Out, anywhere, ANYWHERE, HTTPS..=HTTPS),
        (Direction::In, anywhere, ANYWHERE, PORTS_OF_GATEWAY),
        (Direction::Out, tasks, cidr, class.ephemeral()),
    ]
    .map(|(direction, peers, cidr, ports)| {
        let (vpc, subnet) = (&placement.subnet.vpc, &gateway.subnet);
        traversal(index, vpc, subnet, direction, peers, cidr, ports)
    })
}

/// A NAT gateway that could be seen, and is in a subnet.
pub fn gateway<'a>(
    index: &FactIndex<'a>,
    placement: &Placement,
    id: &str,
) -> Option<&'a NatGateway> {
    let known = index.facts.network.nat_gateways.get(&placement.subnet.vpc);
    let mut known = known.and_then(Fact::known)?.iter();
    known.find(|gateway| gateway.id == id && !gateway.subnet.is_empty())
}

fn traversal(
    index: &FactIndex,
    vpc: &str,
    subnet: &str,
    direction: Direction,
    peers: &Ranges,
    cidr: &str,
    ports: Ports,
) -> AclTraversal {
    let rules = index.rules.acl(vpc, subnet, direction);
    let admitted = match &*rules {
        Ok(_) if peers.v4().is_empty() => Err(no_address()),
        Ok(rules) => Ok(rules.admit(peers, &ports)),
        Err(why) => Err(why.clone()),
    };
    let is_open = |admitted: &OpenPorts| admitted.reachability() == Reachability::Open;
    let refusal = match &*rules {
        Ok(rules) if !admitted.as_ref().is_ok_and(is_open) => Some(Refusal {
            acl: rules.id.clone(),
            rule: rules.refusal(peers, &ports),
        }),
        _ => None,
    };
    AclTraversal {
        subnet: subnet.to_owned(),
        direction,
        cidr: cidr.to_owned(),
        ports,
        admitted,
        refusal,
    }
}

fn cidr_of(of_subnet: Option<&str>) -> &str {
    of_subnet.unwrap_or(ANYWHERE)
}

impl AclTraversal {
    pub fn reachability(&self) -> Reachability {
        match &self.admitted {
            Ok(ports) => ports.reachability(),
            Err(why) => Reachability::Unknown(why.clone()),
        }
    }

    /// What it refuses, as a sentence without its end.
    fn told(&self) -> Option<String> {
        let refusal = self.refusal.as_ref()?;
        let (ports, subnet) = (self.told_ports(), &self.subnet);
        let (acl, rule) = (&refusal.acl, &refusal.rule);
        let way = match self.direction {
            Direction::In => format!("into {subnet}"),
            Direction::Out => format!("out of {subnet}"),
        };
        let some = match self.reachability() {
            Reachability::Blocked => "",
            _ => "all of ",
        };
        Some(format!("{acl} does not let {some}{ports} {way} ({rule})"))
    }

    fn told_ports(&self) -> String {
        let (from, to) = (self.ports.start(), self.ports.end());
        match from == to {
            true => format!("port {from}"),
            false => format!("the ephemeral ports {from}-{to} of the answers"),
        }
    }

    fn evidence(&self) -> Option<Value> {
        let refusal = self.refusal.as_ref()?;
        let (from, to) = (self.ports.start(), self.ports.end());
        Some(json!({
            "acl": refusal.acl,
            "subnet": self.subnet,
            "direction": match self.direction { Direction::In => "in", Direction::Out => "out" },
            "ports": if from == to { from.to_string() } else { format!("{from}-{to}") },
            "refusedBy": refusal.rule,
        }))
    }
}

impl AclPath {
    /// The same ports have to be admitted everywhere: answers go to the one port from which the agent called.
    fn of(traversals: Vec<AclTraversal>) -> AclPath {
        let mut reachability = Reachability::Open;
        let mut ports: Vec<(&Ports, OpenPorts)> = Vec::new();
        for traversal in &traversals {
            match &traversal.admitted {
                Err(why) => reachability = reachability.and(Reachability::Unknown(why.clone())),
                Ok(open) => match ports
                    .iter_mut()
                    .find(|(asked, _)| **asked == traversal.ports)
                {
                    Some((_, all)) => *all = all.and(open),
                    None => ports.push((&traversal.ports, open.clone())),
                },
            }
        }
        let ports = ports.iter().map(|(_, open)| open.reachability());
        AclPath {
            reachability: ports.fold(reachability, Reachability::and),
            traversals,
        }
    }

    /// The traversals that keep packets from passing, or some of them.
    pub fn refusing(&self) -> impl Iterator<Item = &AclTraversal> {
        let one_blocks = self
            .traversals
            .iter()
            .any(|traversal| traversal.reachability() == Reachability::Blocked);
        self.traversals.iter().filter(move |traversal| {
            let reachability = traversal.reachability();
            match one_blocks {
                true => reachability == Reachability::Blocked,
                false => reachability != Reachability::Open,
            }
        })
    }

    /// What refuses packets, as the end of a sentence.
    pub fn told(&self) -> String {
        let told: Vec<String> = self.refusing().filter_map(AclTraversal::told).collect();
        text::list(&told)
    }

    pub fn evidence(&self) -> Vec<Value> {
        self.refusing().filter_map(AclTraversal::evidence).collect()
    }
}
