//! The network around the tasks.

use std::collections::BTreeSet;

use checks::facts::*;

use super::live;
use crate::network::{self, Endpoints, Groups, SERVICES, endpoints, is_whole, refuse_others};
use crate::resolve::Resolver;
use crate::unavailable::or_live;

pub fn subnet(resolver: &Resolver, id: &str, live: Option<&Facts>) -> Fact<Subnet> {
    let of_live = live.and_then(|live| live.network.subnets.get(id));
    or_live(network::subnet(resolver, id), of_live)
}

pub fn add_network(facts: &mut Facts, resolver: &Resolver, live: Option<&Facts>) {
    let endpoints = live::endpoints(resolver, endpoints(resolver), live);
    let network = &mut facts.network;
    let of_tasks: BTreeSet<String> = facts
        .tasks
        .values()
        .filter_map(Fact::known)
        .filter_map(|task| Some(task.interface.as_ref()?.subnet.as_ref()?.to_string()))
        .collect();
    let of_endpoints = endpoints.planned.known.iter();
    let of_endpoints = of_endpoints.flat_map(|endpoint| endpoint.subnets.clone());
    for id in of_tasks.iter().cloned().chain(of_endpoints) {
        let known = || subnet(resolver, &id, live);
        network.subnets.entry(id.clone()).or_insert_with(known);
    }
    let vpcs: BTreeSet<String> = of_tasks
        .iter()
        .filter_map(|id| network.subnets.get(id)?.known())
        .map(|subnet| subnet.vpc.clone())
        .collect();
    for id in &vpcs {
        let of_live = live.and_then(|live| live.network.vpcs.get(id));
        let mut vpc = or_live(network::vpc(resolver, id), of_live);
        if let Some(vpc) = vpc.known_mut() {
            let of_live = of_live.and_then(Fact::known);
            let of_live = || of_live?.own_name_servers.clone();
            vpc.own_name_servers = network::own_name_servers(resolver, id).or_else(of_live);
        }
        network.vpcs.insert(id.clone(), vpc);
        let tables = live::route_tables(resolver, id, live);
        let gateways = live::nat_gateways(resolver, id, &tables, live);
        network.route_tables.insert(id.clone(), tables);
        network.nat_gateways.insert(id.clone(), gateways);
        let zones = network::hosted_zones(resolver, id);
        let zones = zones.or_else(|| live?.network.hosted_zones.get(id).cloned());
        network
            .hosted_zones
            .extend(zones.map(|zones| (id.clone(), zones)));
        let acls = live::network_acls(resolver, id, live);
        network.network_acls.insert(id.clone(), acls);
    }
    network.block_public_access = network::block_public_access(resolver, &vpcs)
        .or_else(|| live?.network.block_public_access.clone());
    let mut groups = Groups::new(resolver, live);
    let of_tasks = network
        .interfaces
        .values()
        .filter_map(Fact::known)
        .flat_map(|interface| interface.security_groups.clone());
    let of_endpoints = endpoints.planned.known.iter();
    let of_endpoints = of_endpoints.flat_map(|endpoint| endpoint.security_groups.clone());
    let ids: BTreeSet<String> = of_tasks.chain(of_endpoints).collect();
    for id in ids {
        network
            .security_groups
            .insert(id.clone(), groups.group(&id));
    }
    network.prefix_lists.extend(groups.prefix_lists());
    network.unseen_endpoints = unseen(resolver, &endpoints, &vpcs);
    network.endpoints = Some(Fact::Known(endpoints.planned.known));
}

/// The endpoints, and whether AWS told of all that the plan does not manage.
pub struct Seen {
    pub planned: Endpoints,
    pub is_complete: bool,
}

/// Where there may be more: a VPC has its own endpoint of a service, or would have to have it in what was seen.
fn unseen(resolver: &Resolver, endpoints: &Seen, vpcs: &BTreeSet<String>) -> Vec<UnseenEndpoints> {
    let mut unseen = endpoints.planned.doubts.clone();
    for vpc in vpcs {
        let others = refuse_others(resolver, vpc);
        let has_others = others.is_err();
        let whole = match endpoints.is_complete {
            true => others,
            false => others.and_then(|()| is_whole(resolver, vpc)),
        };
        let Err(why) = whole else {
            continue;
        };
        for service in SERVICES {
            let names = endpoint_services(resolver.partition, resolver.region, service);
            let is_told = endpoints.planned.has(vpc, &names)
                || !has_others && Endpoints::loses(resolver, vpc, &names);
            if !is_told {
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
