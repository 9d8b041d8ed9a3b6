//! The fix that makes an endpoint: in which subnets, and who is let in.

use super::placement::Placement;
use crate::fact_index::FactIndex;
use crate::fixes::endpoint::{self, EndpointPlace, Sources};
use model::distinct::distinct;
use model::facts::{Fact, RouteTable, Subnet, Task};
use model::fix::Fix;

/// One endpoint of the service, in the subnets of the VPC whose tasks have no way out, whatever their service.
pub fn everywhere(index: &FactIndex, vpc: &str, service: &str) -> Fix {
    let subnets: Vec<&Subnet> = placed_in(index, vpc)
        .into_iter()
        .filter(|placement| placement.way.is_closed())
        .map(|placement| placement.subnet)
        .collect();
    make(index, vpc, &subnets, service)
}

/// An ssmmessages endpoint where these tasks are.
pub fn here(index: &FactIndex, vpc: &str, placements: &[&Placement]) -> Fix {
    let subnets: Vec<&Subnet> = placements
        .iter()
        .map(|placement| placement.subnet)
        .collect();
    make(index, vpc, &subnets, "ssmmessages")
}

/// The tasks of the VPC that are known, all of which an endpoint with private DNS captures.
pub fn placed_in<'w, 'a>(index: &'w FactIndex<'a>, vpc: &str) -> Vec<&'w Placement<'a>> {
    index
        .groups
        .iter()
        .flat_map(|group| &group.placements.placed)
        .filter(|placement| placement.subnet.vpc == vpc)
        .collect()
}

fn make(index: &FactIndex, vpc: &str, subnets: &[&Subnet], service: &str) -> Fix {
    let all = placed_in(index, vpc);
    let tasks: Vec<&Task> = all
        .iter()
        .flat_map(|placement| placement.tasks.iter().copied())
        .collect();
    let sources = Sources {
        groups: security_groups(index, &tasks),
        cidrs: distinct(
            all.iter()
                .filter_map(|placement| placement.subnet.cidr.clone()),
        ),
    };
    let place = EndpointPlace {
        vpc,
        subnets: one_a_zone(subnets),
        route_tables: route_tables(index, vpc, subnets, service),
    };
    endpoint::create(index.facts, &place, &sources, service)
}

/// The tables in which a gateway endpoint puts its routes: each has room for those of one.
fn route_tables(index: &FactIndex, vpc: &str, subnets: &[&Subnet], service: &str) -> Vec<String> {
    let tables = index
        .facts
        .network
        .route_tables
        .get(vpc)
        .and_then(Fact::known);
    let tables = tables.map_or(&[][..], Vec::as_slice);
    let others = index.seen_endpoints_of(vpc, service);
    let others = others.known().map_or(&[][..], Vec::as_slice);
    let taken: Vec<&String> = others
        .iter()
        .flat_map(|other| &other.route_tables)
        .collect();
    distinct(
        subnets
            .iter()
            .filter_map(|subnet| Some(RouteTable::of_subnet(tables, &subnet.id)?.id.clone()))
            .filter(|table| !taken.contains(&table)),
    )
}

/// An endpoint takes one subnet of each zone.
fn one_a_zone<'a>(subnets: &[&'a Subnet]) -> Vec<&'a str> {
    let mut zones: Vec<Option<&str>> = Vec::new();
    let mut chosen: Vec<&str> = Vec::new();
    for subnet in subnets {
        let zone = subnet.availability_zone.as_deref();
        let taken = match zone {
            Some(_) => zones.contains(&zone),
            None => chosen.contains(&subnet.id.as_str()),
        };
        if !taken {
            zones.push(zone);
            chosen.push(&subnet.id);
        }
    }
    chosen
}

fn security_groups(index: &FactIndex, tasks: &[&Task]) -> Vec<String> {
    distinct(
        tasks
            .iter()
            .filter_map(|task| index.interface(task).known().copied())
            .flat_map(|interface| interface.security_groups.iter().cloned()),
    )
}
