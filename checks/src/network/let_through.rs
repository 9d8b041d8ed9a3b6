//! The fix for a VPC's network ACLs: one for all that its tasks need and do not get, since rules share their numbers.

use std::collections::HashSet;

use super::crossing::{Crossing, acl_crossings, acls, ephemeral};
use super::goal::goal;
use super::link::Goal;
use super::new_endpoint::placed_in;
use super::placement::Placement;
use super::service_reach::{Obstacle, Reach, Service, reach};
use super::services::needed;
use crate::fix::Fix;
use crate::fixes;
use crate::reachability::Gate;
use crate::world::World;

pub fn let_through(world: &World, vpc: &str) -> Fix {
    let mut seen = HashSet::new();
    let mut services: Vec<Service> = Vec::new();
    let mut refused: Vec<Crossing> = Vec::new();
    for placement in placed_in(world, vpc) {
        // Other tasks of the subnet need the same of its ACL.
        if !seen.insert((placement.subnet.id.as_str(), ephemeral(placement))) {
            continue;
        }
        for (service, goal) in shut_off(world, placement) {
            if !services.contains(&service) {
                services.push(service);
            }
            let crossings = acl_crossings(world, placement, &goal);
            let crossings = crossings.into_iter().flatten();
            refused.extend(crossings.filter(|crossing| crossing.gate != Gate::Open));
        }
    }
    fixes::network_acl::let_through(world.facts, vpc, &refused, &services)
}

/// The services that network ACLs keep from the tasks, and how these get there.
fn shut_off<'w>(world: &World<'w>, placement: &Placement<'w>) -> Vec<(Service, Goal<'w>)> {
    let ssmmessages = goal(world, placement).ok();
    let ssmmessages = ssmmessages.filter(|goal| acls(world, placement, goal) == Gate::Shut);
    let others =
        needed(world)
            .into_iter()
            .filter_map(|service| match reach(world, placement, service) {
                Reach::Shut(Obstacle::NetworkAcls(goal)) => Some((service, goal)),
                _ => None,
            });
    ssmmessages
        .map(|goal| ("ssmmessages", goal))
        .into_iter()
        .chain(others)
        .collect()
}
