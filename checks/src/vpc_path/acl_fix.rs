//! The fix for a VPC's network ACLs: one for all that its tasks need and do not get, since rules share their numbers.

use std::collections::HashSet;
use std::sync::Arc;

use super::acl_traversal::AclPath;
use super::connection::Hop;
use super::destination::resolve_destination;
use super::new_endpoint::placed_in;
use super::obstacle::Obstacle;
use super::placement::{Placement, TaskClass};
use super::service_reach::{Reach, Service, reach};
use super::services::needed;
use crate::fact_index::FactIndex;
use crate::fixes;
use aws_rules::vpc::Reachability;
use model::fix::Fix;

pub fn let_through(index: &FactIndex, vpc: &str) -> Fix {
    let mut seen = HashSet::new();
    let mut services: Vec<Service> = Vec::new();
    let mut paths = Vec::new();
    for placement in placed_in(index, vpc) {
        for (number, class) in placement.classes.iter().enumerate() {
            // Other tasks of the class need the same of the subnet's ACL.
            let subnet = placement.subnet.id.as_str();
            if !seen.insert((subnet, class.id, class.on_windows)) {
                continue;
            }
            for (service, path) in shut_off(index, placement, class, number) {
                if !services.contains(&service) {
                    services.push(service);
                }
                paths.push(path);
            }
        }
    }
    let paths = paths.iter().flat_map(|paths| paths.iter());
    let traversals = paths.flat_map(|path| &path.traversals);
    let refused = traversals.filter(|traversal| traversal.reachability() != Reachability::Open);
    fixes::network_acl::allow(index.facts, vpc, &Vec::from_iter(refused), &services)
}

/// The services that network ACLs keep from the tasks, and the ACLs on the way there.
fn shut_off<'w>(
    index: &FactIndex<'w>,
    placement: &Placement<'w>,
    class: &TaskClass<'w>,
    number: usize,
) -> Vec<(Service, Arc<Vec<AclPath>>)> {
    let destination = resolve_destination(index, placement).ok();
    let ssmmessages = destination.and_then(|destination| {
        let mut connections = placement.connections(index, &destination);
        let (_, connections) = connections.nth(number)?;
        let is_blocked = connections.at(Hop::Acls) == Reachability::Blocked;
        is_blocked.then(|| ("ssmmessages", connections.acl_paths.clone()))
    });
    let others = needed(index).into_iter().filter_map(|service| {
        let Reach::Blocked(obstacles) = reach(index, placement, class, service) else {
            return None;
        };
        obstacles.into_iter().find_map(|obstacle| match obstacle {
            Obstacle::NetworkAcls { paths, .. } => Some((service, paths)),
            _ => None,
        })
    });
    ssmmessages.into_iter().chain(others).collect()
}
