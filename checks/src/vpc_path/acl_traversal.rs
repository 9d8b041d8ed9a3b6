//! Walks through the network ACLs on a path, in each subnet and direction.

use super::acl_path::{AclPath, AclTraversal, Refusal};
use super::endpoint_eni::EndpointEni;
use super::trace::Source;
use aws_rules::vpc::{
    AddressSet, Direction, HTTPS, OpenPorts, Ports, Reachability, public_addresses, unknown_address,
};
use model::facts::{Fact, NatGateway, Unavailable};

const ANYWHERE: &str = "0.0.0.0/0";

/// The ports from which a NAT gateway calls.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports>
const NAT_GATEWAY_PORTS: Ports = 1024..=65535;

impl<'a> Source<'_, 'a> {
    /// The path to an interface of an endpoint. Network ACLs do not apply within a subnet.
    pub(super) fn acls_to_endpoint(&self, eni: &EndpointEni) -> AclPath {
        if eni.subnet_id == self.placement.subnet.id {
            return AclPath::new(Vec::new());
        }
        let subnet = eni.subnet.as_ref().ok();
        let cidr = subnet.and_then(|subnet| subnet.cidr.as_deref());
        let near = self.in_task_subnet(&eni.addresses, cidr);
        AclPath::new(
            near.into_iter()
                .chain(self.in_endpoint_subnet(eni))
                .collect(),
        )
    }

    /// The paths to the internet: one for each NAT gateway that packets may take, or one without.
    pub(super) fn acls_to_internet(&self) -> Vec<AclPath> {
        let path = |gateway: Option<&NatGateway>| {
            let near = self.in_task_subnet(public_addresses(), None);
            let far = gateway.map(|gateway| self.in_gateway_subnet(gateway));
            AclPath::new(near.into_iter().chain(far.into_iter().flatten()).collect())
        };
        let gateways = self.placement.egress.gateways().into_iter();
        let paths: Vec<AclPath> = gateways.map(|id| path(self.nat_gateway(id))).collect();
        match paths.is_empty() {
            true => vec![path(None)],
            false => paths,
        }
    }

    /// The path through the ACL of the tasks' own subnet alone, as to a gateway endpoint or to another network.
    pub fn acls_of_task_subnet(&self, peers: &AddressSet) -> AclPath {
        AclPath::new(self.in_task_subnet(peers, None).into())
    }

    fn in_task_subnet(&self, peers: &AddressSet, cidr: Option<&str>) -> [AclTraversal; 2] {
        [
            (Direction::Out, HTTPS..=HTTPS),
            (Direction::In, self.class.ephemeral_ports()),
        ]
        .map(|(direction, ports)| {
            let subnet = &self.placement.subnet.id;
            self.traverse(self.vpc(), subnet, direction, peers, cidr, ports)
        })
    }

    fn in_endpoint_subnet(&self, eni: &EndpointEni) -> [AclTraversal; 2] {
        let (tasks, cidr) = (&self.class.address, self.placement.subnet.cidr.as_deref());
        let vpc = eni.subnet.as_ref().map(|subnet| subnet.vpc.as_str());
        [
            (Direction::In, HTTPS..=HTTPS),
            (Direction::Out, self.class.ephemeral_ports()),
        ]
        .map(|(direction, ports)| self.traverse(vpc, &eni.subnet_id, direction, tasks, cidr, ports))
    }

    /// In from the tasks, out to the internet, and back.
    fn in_gateway_subnet(&self, gateway: &NatGateway) -> [AclTraversal; 4] {
        let (tasks, cidr) = (&self.class.address, self.placement.subnet.cidr.as_deref());
        let anywhere = public_addresses();
        [
            (Direction::In, tasks, cidr, HTTPS..=HTTPS),
            (Direction::Out, anywhere, None, HTTPS..=HTTPS),
            (Direction::In, anywhere, None, NAT_GATEWAY_PORTS),
            (Direction::Out, tasks, cidr, self.class.ephemeral_ports()),
        ]
        .map(|(direction, peers, cidr, ports)| {
            self.traverse(self.vpc(), &gateway.subnet, direction, peers, cidr, ports)
        })
    }

    fn vpc(&self) -> Result<&'a str, &Unavailable> {
        Ok(&self.placement.subnet.vpc)
    }

    /// A NAT gateway that was read and is in a subnet.
    pub(super) fn nat_gateway(&self, id: &str) -> Option<&'a NatGateway> {
        let network = &self.network.facts.network;
        let known = network.nat_gateways.get(&self.placement.subnet.vpc);
        let mut known = known.and_then(Fact::known)?.iter();
        known.find(|gateway| gateway.id == id && !gateway.subnet.is_empty())
    }

    /// `vpc`: the VPC of the subnet, or why the subnet is unknown. `cidr`: `None` for any address.
    fn traverse(
        &self,
        vpc: Result<&str, &Unavailable>,
        subnet: &str,
        direction: Direction,
        peers: &AddressSet,
        cidr: Option<&str>,
        ports: Ports,
    ) -> AclTraversal {
        let acl = vpc
            .map_err(Clone::clone)
            .and_then(|vpc| self.network.rules.acl(vpc, subnet, direction));
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
}
