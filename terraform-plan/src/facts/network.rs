//! The network of the tasks.

use std::collections::BTreeSet;

use model::facts::*;

use super::live;
use crate::cloudformation;
use crate::network::{
    self, Endpoints, SERVICES, SecurityGroups, check_vpc_is_complete, subnet_or_live,
};
use crate::resolve::Resolver;

/// Adds everything around the network interfaces of the tasks.
pub fn add_network(facts: &mut Facts, resolver: &Resolver) {
    let mut endpoints = network::endpoints(resolver);
    let is_complete = live::add_endpoints(resolver, &mut endpoints);
    let network = &mut facts.network;
    let tasks = facts.tasks.values().filter_map(Fact::known);
    let task_subnets: BTreeSet<String> = tasks
        .filter_map(|task| Some(task.interface.as_ref()?.subnet.as_ref()?.to_string()))
        .collect();
    let endpoint_subnets = endpoints
        .known
        .iter()
        .flat_map(|endpoint| &endpoint.subnets);
    for id in task_subnets.iter().chain(endpoint_subnets) {
        let known = || subnet_or_live(resolver, id);
        network.subnets.entry(id.clone()).or_insert_with(known);
    }
    let vpcs: BTreeSet<String> = task_subnets
        .iter()
        .filter_map(|id| Some(network.subnets.get(id)?.known()?.vpc.clone()))
        .collect();
    for id in &vpcs {
        add_vpc(network, resolver, id);
    }
    network.block_public_access = network::block_public_access(resolver, &vpcs)
        .or_else(|| resolver.live?.network.block_public_access.clone());
    let mut groups = SecurityGroups::new(resolver);
    let interfaces = network.interfaces.values().filter_map(Fact::known);
    let task_groups = interfaces.flat_map(|interface| &interface.security_groups);
    let endpoint_groups = endpoints
        .known
        .iter()
        .flat_map(|endpoint| &endpoint.security_groups);
    let ids: BTreeSet<&String> = task_groups.chain(endpoint_groups).collect();
    let groups_by_id = ids.into_iter().map(|id| (id.clone(), groups.group(id)));
    network.security_groups.extend(groups_by_id);
    network.prefix_lists.extend(groups.prefix_lists());
    network.unseen_endpoints = unseen_endpoints(resolver, &endpoints, is_complete, &vpcs);
    network.endpoints = Some(Fact::Known(endpoints.known));
}

fn add_vpc(network: &mut Network, resolver: &Resolver, id: &str) {
    let of_live = resolver.live.and_then(|live| live.network.vpcs.get(id));
    let mut vpc = resolver.or_live(network::vpc(resolver, id), |_| of_live);
    if let Some(vpc) = vpc.known_mut() {
        let of_live = || of_live?.known()?.own_name_servers.clone();
        vpc.own_name_servers = network::own_dns_servers(resolver, id).or_else(of_live);
    }
    let id = id.to_owned();
    let tables = live::route_tables(resolver, &id).into();
    let gateways = live::nat_gateways(resolver, &id, &tables);
    let zones = network::hosted_zones(resolver, &id);
    let zones = zones.or_else(|| resolver.live?.network.hosted_zones.get(&id).cloned());
    let acls = live::network_acls(resolver, &id).into();
    network.vpcs.insert(id.clone(), vpc);
    network.route_tables.insert(id.clone(), tables);
    network.nat_gateways.insert(id.clone(), gateways);
    network
        .hosted_zones
        .extend(zones.map(|zones| (id.clone(), zones)));
    network.network_acls.insert(id, acls);
}

/// The VPCs and services that may have endpoints that neither the plan nor AWS shows.
fn unseen_endpoints(
    resolver: &Resolver,
    endpoints: &Endpoints,
    is_complete: bool,
    vpcs: &BTreeSet<String>,
) -> Vec<UnseenEndpoints> {
    let mut unseen = endpoints.unknown.clone();
    for vpc in vpcs {
        let opaque = cloudformation::check_vpc(resolver.plan, vpc);
        let has_opaque = opaque.is_err();
        let checked = match is_complete {
            true => opaque,
            false => opaque.and_then(|()| check_vpc_is_complete(resolver, vpc)),
        };
        let Err(why) = checked else {
            continue;
        };
        for service in SERVICES {
            let names = endpoint_services(resolver.partition, resolver.region, service);
            let is_deleted = || network::deletes_endpoint(resolver, vpc, &names);
            if !endpoints.has_interface(vpc, &names) && (has_opaque || !is_deleted()) {
                unseen.push(UnseenEndpoints {
                    vpc: Some(vpc.clone()),
                    service: Some(service.to_owned()),
                    why: why.clone(),
                });
            }
        }
    }
    unseen
}
