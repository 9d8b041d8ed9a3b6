//! Walks through the network ACLs on a path, in each subnet and direction.

use super::acl_path::{AclPath, AclTraversal, Refusal};
use super::endpoint_eni::EndpointEni;
use super::placement::{Placement, TaskClass};
use aws_rules::vpc::{
    AddressSet, Direction, HTTPS, NetworkRules, OpenPorts, Ports, Reachability, public_addresses,
    unknown_address,
};
use model::facts::{Fact, NatGateway, Network, Unavailable};

const ANYWHERE: &str = "0.0.0.0/0";

/// The ports from which a NAT gateway calls.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports>
const NAT_GATEWAY_PORTS: Ports = 1024..=65535;

/// The path to an interface of an endpoint. Network ACLs do not apply within a subnet.
pub fn to_endpoint(
    rules: &NetworkRules,
    placement: &Placement,
    class: &TaskClass,
    eni: &EndpointEni,
) -> AclPath {
    if eni.subnet_id == placement.subnet.id {
        return AclPath::new(Vec::new());
    }
    let cidr = eni
        .subnet
        .as_ref()
        .ok()
        .and_then(|subnet| subnet.cidr.as_deref());
    let near = in_task_subnet(rules, placement, class, &eni.addresses, cidr);
    let far = in_endpoint_subnet(rules, placement, class, eni);
    AclPath::new(near.into_iter().chain(far).collect())
}

/// The paths to the internet: one for each NAT gateway that packets may take, or one without.
pub fn to_internet(rules: &NetworkRules, placement: &Placement, class: &TaskClass) -> Vec<AclPath> {
    let path = |gateway: Option<&NatGateway>| {
        let near = in_task_subnet(rules, placement, class, public_addresses(), None);
        let far = gateway.map(|gateway| in_gateway_subnet(rules, placement, class, gateway));
        AclPath::new(near.into_iter().chain(far.into_iter().flatten()).collect())
    };
    let gateways = placement.egress.gateways().into_iter();
    let paths: Vec<AclPath> = gateways
        .map(|id| path(nat_gateway(rules.network, placement, id)))
        .collect();
    match paths.is_empty() {
        true => vec![path(None)],
        false => paths,
    }
}

/// The path through the ACL of the tasks' own subnet alone, as to a gateway endpoint or to another network.
pub fn through_task_subnet(
    rules: &NetworkRules,
    placement: &Placement,
    class: &TaskClass,
    peers: &AddressSet,
) -> AclPath {
    AclPath::new(in_task_subnet(rules, placement, class, peers, None).into())
}

fn in_task_subnet(
    rules: &NetworkRules,
    placement: &Placement,
    class: &TaskClass,
    peers: &AddressSet,
    cidr: Option<&str>,
) -> [AclTraversal; 2] {
    [
        (Direction::Out, HTTPS..=HTTPS),
        (Direction::In, class.ephemeral_ports()),
    ]
    .map(|(direction, ports)| {
        let (vpc, subnet) = (Ok(placement.subnet.vpc.as_str()), &placement.subnet.id);
        traverse(rules, vpc, subnet, direction, peers, cidr, ports)
    })
}

fn in_endpoint_subnet(
    rules: &NetworkRules,
    placement: &Placement,
    class: &TaskClass,
    eni: &EndpointEni,
) -> [AclTraversal; 2] {
    let (tasks, cidr) = (&class.address, placement.subnet.cidr.as_deref());
    let vpc = eni.subnet.as_ref().map(|subnet| subnet.vpc.as_str());
    [
        (Direction::In, HTTPS..=HTTPS),
        (Direction::Out, class.ephemeral_ports()),
    ]
    .map(|(direction, ports)| traverse(rules, vpc, &eni.subnet_id, direction, tasks, cidr, ports))
}

/// In from the tasks, out to the internet, and back.
fn in_gateway_subnet(
    rules: &NetworkRules,
    placement: &Placement,
    class: &TaskClass,
    gateway: &NatGateway,
) -> [AclTraversal; 4] {
    let (tasks, cidr) = (&class.address, placement.subnet.cidr.as_deref());
    let anywhere = public_addresses();
    [
        (Direction::In, tasks, cidr, HTTPS..=HTTPS),
        (Direction::Out, anywhere, None, HTTPS..=HTTPS),
        (Direction::In, anywhere, None, NAT_GATEWAY_PORTS),
        (Direction::Out, tasks, cidr, class.ephemeral_ports()),
    ]
    .map(|(direction, peers, cidr, ports)| {
        let (vpc, subnet) = (Ok(placement.subnet.vpc.as_str()), &gateway.subnet);
        traverse(rules, vpc, subnet, direction, peers, cidr, ports)
    })
}

/// A NAT gateway that was read and is in a subnet.
pub fn nat_gateway<'a>(
    network: &'a Network,
    placement: &Placement,
    id: &str,
) -> Option<&'a NatGateway> {
    let known = network.nat_gateways.get(&placement.subnet.vpc);
    let mut known = known.and_then(Fact::known)?.iter();
    known.find(|gateway| gateway.id == id && !gateway.subnet.is_empty())
}

/// `vpc`: the VPC of the subnet, or why the subnet is unknown. `cidr`: `None` for any address.
fn traverse(
    rules: &NetworkRules,
    vpc: Result<&str, &Unavailable>,
    subnet: &str,
    direction: Direction,
    peers: &AddressSet,
    cidr: Option<&str>,
    ports: Ports,
) -> AclTraversal {
    let acl = vpc
        .map_err(Clone::clone)
        .and_then(|vpc| rules.acl(vpc, subnet, direction));
    let (admitted, refusal) = match acl {
        Ok(acl) => {
            let admitted = match peers.ipv4().is_empty() {
                true => Err(unknown_address()),
                false => Ok(acl.admit(peers, &ports)),
            };
            let is_open = |ports: &OpenPorts| ports.reachability() == Reachability::Open;
            let refusal = (!admitted.as_ref().is_ok_and(is_open)).then(|| Refusal {
                rule: acl.refusal(peers, &ports),
                acl: acl.id,
            });
            (admitted, refusal)
        }
        Err(why) => (Err(why), None),
    };
    AclTraversal {
        subnet: subnet.to_owned(),
        direction,
        cidr: cidr.unwrap_or(ANYWHERE).to_owned(),
        ports,
        admitted,
        refusal,
    }
}
