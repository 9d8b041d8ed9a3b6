//! The fix that makes an endpoint: in which subnets, and who is let in.

use super::placement::{Placement, placements};
use crate::facts::{Subnet, Task};
use crate::fix::Fix;
use crate::fixes::endpoint::{self, Sources};
use crate::world::World;

/// One ssmmessages endpoint for all tasks in the VPC that have no way out, whatever their service.
pub fn everywhere(world: &World, vpc: &str) -> Fix {
    let (mut subnets, mut tasks): (Vec<&Subnet>, Vec<&Task>) = (Vec::new(), Vec::new());
    for group in &world.groups {
        for placement in placements(world, group, &group.running()).placed {
            if placement.subnet.vpc == vpc && placement.way.is_closed() {
                subnets.push(placement.subnet);
                tasks.extend(placement.tasks);
            }
        }
    }
    make(world, vpc, &subnets, &tasks, &["ssmmessages"])
}

/// Endpoints of these services for the tasks in these places.
pub fn here(world: &World, vpc: &str, places: &[&Placement], services: &[&str]) -> Fix {
    let subnets: Vec<&Subnet> = places.iter().map(|placement| placement.subnet).collect();
    let tasks: Vec<&Task> = places
        .iter()
        .flat_map(|placement| placement.tasks.iter().copied())
        .collect();
    make(world, vpc, &subnets, &tasks, services)
}

fn make(world: &World, vpc: &str, subnets: &[&Subnet], tasks: &[&Task], services: &[&str]) -> Fix {
    let sources = Sources {
        groups: security_groups(world, tasks),
        cidrs: crate::iam::distinct(subnets.iter().filter_map(|subnet| subnet.cidr.clone())),
    };
    endpoint::create_all(world.facts, vpc, &one_a_zone(subnets), &sources, services)
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
    crate::iam::distinct(
        tasks
            .iter()
            .filter_map(|task| world.interface(task).known().copied())
            .flat_map(|interface| interface.security_groups.iter().cloned()),
    )
}
