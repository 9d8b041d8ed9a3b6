//! The fix for a VPC's network ACLs. It is one fix for all that its tasks need, because rules share their numbers.

use std::collections::BTreeSet;

use super::placements_in;
use crate::prelude::*;
use crate::service_access::obstacle::Obstacle;
use crate::service_access::{Call, ServiceAccess, configured_services};
use crate::vpc_path::{AclPath, AclTraversal, Hop, Source, resolve_ssmmessages};
use aws_rules::vpc::Reachability;
use model::distinct::push_new;

/// Allows what the network ACLs of a VPC refuse its tasks.
pub fn allow_traffic(index: &FactIndex, vpc: &str) -> Fix {
    let mut seen = BTreeSet::new();
    let mut services: Vec<&str> = Vec::new();
    let mut refused = Vec::new();
    for placement in placements_in(index, vpc) {
        for source in placement.sources(&index.network) {
            // Other tasks of the class need the same of the subnet's ACL.
            let subnet = placement.subnet.id.as_str();
            if !seen.insert((subnet, source.class.id, source.class.on_windows)) {
                continue;
            }
            for (service, traversals) in refused_traversals(index, source) {
                push_new(&mut services, service);
                refused.extend(traversals);
            }
        }
    }
    let refused: Vec<&AclTraversal> = refused.iter().collect();
    fixes::network_acl::allow(index.facts, vpc, &refused, &services)
}

/// The services that network ACLs block, with the traversals that they refuse.
fn refused_traversals<'a>(
    index: &FactIndex<'a>,
    source: Source<'_, 'a>,
) -> Vec<(&'static str, Vec<AclTraversal>)> {
    let destination = resolve_ssmmessages(source.network, source.placement).ok();
    let ssmmessages = destination.and_then(|destination| {
        let connections = source.connections(&destination);
        let is_blocked = connections.at(Hop::Acls) == Reachability::Blocked;
        is_blocked.then(|| ("ssmmessages", AclPath::refused(&connections.acl_paths)))
    });
    let others = configured_services(index)
        .into_iter()
        .filter_map(|service| {
            let call = Call {
                index,
                source,
                service,
            };
            let ServiceAccess::Blocked(obstacles) = call.access() else {
                return None;
            };
            obstacles.into_iter().find_map(|obstacle| match obstacle {
                Obstacle::NetworkAcls(refusals) => Some((service.name(), refusals.traversals)),
                _ => None,
            })
        });
    ssmmessages.into_iter().chain(others).collect()
}
