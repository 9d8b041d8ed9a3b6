//! The interfaces of an endpoint: the name of its service resolves to the addresses of all of them.

use crate::fact_index::FactIndex;
use aws_rules::vpc::{Ranges, single, subnet_ranges};
use model::facts::{Endpoint, Fact, Interface, Subnet, Unavailable};

pub struct EndpointEni {
    /// How to name it in a sentence.
    pub name: String,
    /// ID of its subnet; empty where it is not known.
    pub subnet_id: String,
    pub subnet: Result<EniSubnet, Unavailable>,
    /// Its address; all of the subnet's where it is not known which.
    pub addresses: Ranges,
}

pub struct EniSubnet {
    pub vpc: String,
    pub cidr: Option<String>,
}

/// One for each subnet of the endpoint, and for each interface in no subnet that it names.
pub fn endpoint_enis(index: &FactIndex, endpoint: &Endpoint) -> Vec<EndpointEni> {
    let network = &index.facts.network;
    let ids = endpoint.interfaces.iter();
    let known: Vec<&Interface> = ids
        .clone()
        .filter_map(|id| network.interfaces.get(id)?.known())
        .collect();
    let of_known = known.iter().map(|interface| of_interface(index, interface));
    let is_placed = |subnet: &&String| known.iter().any(|one| one.subnet == subnet.as_str());
    let unplaced = endpoint.subnets.iter().filter(|subnet| !is_placed(subnet));
    let of_subnets = unplaced.map(|subnet| of_subnet(index, endpoint, subnet));
    let mut all: Vec<EndpointEni> = of_known.chain(of_subnets).collect();
    if endpoint.subnets.is_empty() {
        let unread = ids.filter(|id| !known.iter().any(|one| one.id == id.as_str()));
        all.extend(unread.map(|id| unseen(index, id)));
    }
    all
}

fn of_interface(index: &FactIndex, interface: &Interface) -> EndpointEni {
    let address = interface.private_ips.first();
    let id = &interface.id;
    EndpointEni {
        name: match address {
            Some(address) => format!("{address} ({id} in {})", interface.subnet),
            None => format!("{id} in {}", interface.subnet),
        },
        subnet_id: interface.subnet.to_string(),
        subnet: subnet(index, &interface.subnet).map(EniSubnet::from),
        addresses: address
            .and_then(|address| single(address))
            .unwrap_or_default(),
    }
}

fn of_subnet(index: &FactIndex, endpoint: &Endpoint, id: &str) -> EndpointEni {
    let subnet = subnet(index, id);
    EndpointEni {
        name: format!("the interface of {} in {id}", endpoint.id),
        subnet_id: id.to_owned(),
        addresses: subnet
            .as_ref()
            .map_or_else(|_| Ranges::default(), |subnet| subnet_ranges(subnet)),
        subnet: subnet.map(EniSubnet::from),
    }
}

fn unseen(index: &FactIndex, id: &str) -> EndpointEni {
    let why = match index.facts.network.interfaces.get(id) {
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
        addresses: Ranges::default(),
    }
}

fn subnet<'a>(index: &FactIndex<'a>, id: &str) -> Result<&'a Subnet, Unavailable> {
    match index.facts.network.subnets.get(id) {
        Some(Fact::Known(subnet)) => Ok(subnet),
        Some(Fact::Unavailable(why)) => Err(why.clone()),
        Some(Fact::Absent) | None => Err(Unavailable::not_asked(
            "ec2:DescribeSubnets",
            format!("this account cannot see the endpoint's subnet {id}"),
        )),
    }
}

impl From<&Subnet> for EniSubnet {
    fn from(subnet: &Subnet) -> EniSubnet {
        EniSubnet {
            vpc: subnet.vpc.clone(),
            cidr: subnet.cidr.clone(),
        }
    }
}
