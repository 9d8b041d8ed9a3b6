//! The fix that creates an endpoint.

use super::placements_in;
use crate::fixes::endpoint::{self, EndpointPlace};
use crate::fixes::security_group::Sources;
use crate::prelude::*;
use crate::vpc_path::Placement;

/// An endpoint in the subnets of a VPC from which tasks of any service cannot reach the internet. `service`: the last part
/// of the endpoint's name.
pub fn create_for_vpc(index: &FactIndex, vpc: &str, service: &str) -> Fix {
    let blocked = placements_in(index, vpc).filter(|placement| placement.egress.is_blocked());
    create(index, vpc, service, blocked)
}

/// An endpoint in the subnets of these placements.
pub fn create<'p, 'a: 'p>(
    index: &FactIndex,
    vpc: &str,
    service: &str,
    placements: impl Iterator<Item = &'p Placement<'a>>,
) -> Fix {
    let subnets: Vec<&Subnet> = placements.map(|placement| placement.subnet).collect();
    let tasks = placements_in(index, vpc).flat_map(|placement| &placement.tasks);
    let interfaces = tasks.filter_map(|task| index.interface(task).known().copied());
    let cidrs = placements_in(index, vpc).filter_map(|placement| placement.subnet.cidr.clone());
    let place = EndpointPlace {
        vpc,
        subnets: one_per_zone(&subnets),
        route_tables: route_tables(index, vpc, &subnets, service),
        sources: Sources {
            groups: distinct(interfaces.flat_map(|one| one.security_groups.iter().cloned())),
            cidrs: distinct(cidrs),
        },
    };
    endpoint::create(index.facts, &place, service)
}

/// The route tables for a gateway endpoint. A table has room for the routes of one endpoint of a service.
fn route_tables(index: &FactIndex, vpc: &str, subnets: &[&Subnet], service: &str) -> Vec<String> {
    let tables = index.facts.network.route_tables.get(vpc);
    let tables = tables.and_then(Fact::known).map_or(&[][..], Vec::as_slice);
    let others = index.network.visible_endpoints_of(vpc, service);
    let others = others.known().into_iter().flatten();
    let taken: Vec<&String> = others.flat_map(|other| &other.route_tables).collect();
    let tables = subnets
        .iter()
        .filter_map(|subnet| Some(RouteTable::of_subnet(tables, &subnet.id)?.id.clone()));
    distinct(tables.filter(|table| !taken.contains(&table)))
}

/// One subnet of each Availability Zone, as an endpoint requires.
fn one_per_zone<'a>(subnets: &[&'a Subnet]) -> Vec<&'a str> {
    let mut chosen: Vec<&Subnet> = Vec::new();
    for subnet in subnets {
        let is_taken = chosen.iter().any(|other| match &subnet.availability_zone {
            Some(_) => other.availability_zone == subnet.availability_zone,
            None => other.id == subnet.id,
        });
        if !is_taken {
            chosen.push(subnet);
        }
    }
    chosen
        .into_iter()
        .map(|subnet| subnet.id.as_str())
        .collect()
}
