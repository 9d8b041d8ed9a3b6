//! The network interfaces of an endpoint. The service's name resolves to the addresses of all of them.

use aws_rules::vpc::{AddressSet, known, single_address, subnet_addresses};
use model::facts::{Endpoint, Fact, Interface, Network, Subnet, Unavailable};

/// A network interface of an endpoint.
pub struct EndpointEni {
    /// A noun phrase.
    pub name: String,
    /// ID of the interface's subnet; empty if unknown.
    pub subnet_id: String,
    pub subnet: Result<Subnet, Unavailable>,
    /// The address; all addresses of the subnet if it is unknown.
    pub addresses: AddressSet,
}

/// The known interfaces of an endpoint, and one for each of its other subnets. If the endpoint names no subnets, its
/// unreadable interfaces too.
pub fn endpoint_enis(network: &Network, endpoint: &Endpoint) -> Vec<EndpointEni> {
    let ids = endpoint.interfaces.iter();
    let interfaces: Vec<&Interface> = ids
        .clone()
        .filter_map(|id| network.interfaces.get(id)?.known())
        .collect();
    let mut enis: Vec<EndpointEni> = interfaces
        .iter()
        .map(|one| known_eni(network, one))
        .collect();
    for subnet in &endpoint.subnets {
        if !interfaces.iter().any(|one| one.subnet == subnet.as_str()) {
            enis.push(unread_eni(network, endpoint, subnet));
        }
    }
    if endpoint.subnets.is_empty() {
        let unread = ids.filter(|id| !interfaces.iter().any(|one| one.id == id.as_str()));
        enis.extend(unread.map(|id| unplaced_eni(network, id)));
    }
    enis
}

fn known_eni(network: &Network, interface: &Interface) -> EndpointEni {
    let address = interface.private_ips.first();
    let id = &interface.id;
    EndpointEni {
        name: match address {
            Some(address) => format!("{address} ({id} in {})", interface.subnet),
            None => format!("{id} in {}", interface.subnet),
        },
        subnet_id: interface.subnet.to_string(),
        subnet: subnet(network, &interface.subnet),
        addresses: address
            .and_then(|address| single_address(address))
            .unwrap_or_default(),
    }
}

fn unread_eni(network: &Network, endpoint: &Endpoint, subnet_id: &str) -> EndpointEni {
    let subnet = subnet(network, subnet_id);
    EndpointEni {
        name: format!("the interface of {} in {subnet_id}", endpoint.id),
        subnet_id: subnet_id.to_owned(),
        addresses: subnet.as_ref().map(subnet_addresses).unwrap_or_default(),
        subnet,
    }
}

fn unplaced_eni(network: &Network, id: &str) -> EndpointEni {
    let why = match network.interfaces.get(id) {
        Some(Fact::Unavailable(why)) => why.clone(),
        _ => Unavailable::not_asked(
            "ec2:DescribeNetworkInterfaces",
            format!("this account cannot see the endpoint's interface {id}"),
        ),
    };
    EndpointEni {
        name: id.to_owned(),
        subnet_id: String::new(),
        subnet: Err(why),
        addresses: AddressSet::default(),
    }
}

fn subnet(network: &Network, id: &str) -> Result<Subnet, Unavailable> {
    let unseen = || format!("this account cannot see the endpoint's subnet {id}");
    known(network.subnets.get(id), "ec2:DescribeSubnets", unseen).cloned()
}
