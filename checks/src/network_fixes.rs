//! The fixes for what blocks the network path, worked out from the placements of all tasks of a VPC.

pub mod endpoint;
pub mod network_acl;

use crate::fixes::security_group::Sources;
use crate::prelude::*;
use crate::vpc_path::Placement;

/// The placements in a VPC, of all services: an endpoint with private DNS and a network ACL serve all of them.
fn placements_in<'w, 'a>(
    index: &'w FactIndex<'a>,
    vpc: &str,
) -> impl Iterator<Item = &'w Placement<'a>> {
    let placements = index
        .groups
        .iter()
        .flat_map(|group| &group.placements.placed);
    placements.filter(move |placement| placement.subnet.vpc == vpc)
}

/// The tasks as sources of inbound rules: by their first security groups if known, else by their subnets.
pub fn sources(placements: &[&Placement]) -> Sources {
    let first_group = |placement: &&Placement| match &placement.security_groups {
        Fact::Known([first, ..]) => Some(first.clone()),
        _ => None,
    };
    let placements = placements.iter();
    Sources {
        groups: distinct(placements.clone().filter_map(first_group)),
        cidrs: distinct(placements.filter_map(|one| one.subnet.cidr.clone())),
    }
}
