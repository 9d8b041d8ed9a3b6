//! The fix that makes an endpoint: in which subnets, and who is let in.

use super::placement::Placement;
use crate::fixes::endpoint::{self, Sites, Sources};
use crate::world::World;
use model::distinct::distinct;
use model::facts::{Fact, RouteTable, Subnet, Task};
use model::fix::Fix;

/// One endpoint of the service, in the subnets of the VPC whose tasks have no way out, whatever their service.
pub fn everywhere(world: &World, vpc: &str, service: &str) -> Fix {
    let subnets: Vec<&Subnet> = placed_in(world, vpc)
        .into_iter()
        .filter(|placement| placement.way.is_closed())
        .map(|placement| placement.subnet)
        .collect();
    make(world, vpc, &subnets, service)
}

/// An ssmmessages endpoint where these tasks are.
pub fn here(world: &World, vpc: &str, placements: &[&Placement]) -> Fix {
    let subnets: Vec<&Subnet> = placements
        .iter()
        .map(|placement| placement.subnet)
        .collect();
    make(world, vpc, &subnets, "ssmmessages")
}

/// The tasks of the VPC that are known, all of which an endpoint with private DNS captures.
pub fn placed_in<'w, 'a>(world: &'w World<'a>, vpc: &str) -> Vec<&'w Placement<'a>> {
    world
        .groups
        .iter()
        .flat_map(|group| &group.placements.placed)
        .filter(|placement| placement.subnet.vpc == vpc)
        .collect()
}

fn make(world: &World, vpc: &str, subnets: &[&Subnet], service: &str) -> Fix {
    let all = placed_in(world, vpc);
    let tasks: Vec<&Task> = all
        .iter()
        .flat_map(|placement| placement.tasks.iter().copied())
        .collect();
    let sources = Sources {
        groups: security_groups(world, &tasks),
        cidrs: distinct(
            all.iter()
                .filter_map(|placement| placement.subnet.cidr.clone()),
        ),
    };
    let sites = Sites {
        vpc,
        subnets: one_a_zone(subnets),
        route_tables: route_tables(world, vpc, subnets, service),
    };
    endpoint::create(world.facts, &sites, &sources, service)
}

/// The tables in which a gateway endpoint puts its routes: each has room for those of one.
fn route_tables(world: &World, vpc: &str, subnets: &[&Subnet], service: &str) -> Vec<String> {
    let tables = world
        .facts
        .network
        .route_tables
        .get(vpc)
        .and_then(Fact::known);
    let tables = tables.map_or(&[][..], Vec::as_slice);
    let others = world.seen_endpoints_of(vpc, service);
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

fn security_groups(world: &World, tasks: &[&Task]) -> Vec<String> {
    distinct(
        tasks
            .iter()
            .filter_map(|task| world.interface(task).known().copied())
            .flat_map(|interface| interface.security_groups.iter().cloned()),
    )
}
