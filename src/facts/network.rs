//! The network around tasks: what depends on what, and so in which order it is read.

use std::collections::{BTreeMap, BTreeSet};

use futures::join;
use model::facts::*;
use terraform_plan::ExistingResources;

use super::{ec2, hosted_zones};
use crate::aws::Aws;

/// Reads the interfaces and subnets of tasks and of the endpoints that may serve them, then what their VPCs
/// and interfaces refer to. `instances`: those of tasks without an interface of their own; `planned`: what tasks will
/// refer to that do not run yet.
pub async fn network(
    aws: &Aws,
    tasks: &[&Task],
    planned: &ExistingResources,
    instances: BTreeMap<String, Fact<Instance>>,
    endpoints: Fact<Vec<Endpoint>>,
) -> Network {
    let on_instances = || {
        let known = instances.values().filter_map(Fact::known);
        known.map(|instance| &instance.interface)
    };
    let of_endpoints = || endpoints.known().into_iter().flatten();
    let attached = || tasks.iter().filter_map(|task| task.interface.as_ref());

    let interface_ids = distinct(
        attached()
            .filter_map(|interface| Some(interface.id.as_ref()?.to_string()))
            .chain(of_endpoints().flat_map(|endpoint| endpoint.interfaces.clone())),
    );
    let subnet_ids = distinct(
        attached()
            .filter_map(|interface| Some(interface.subnet.as_ref()?.to_string()))
            .chain(on_instances().map(|interface| interface.subnet.to_string()))
            .chain(planned.subnets.iter().cloned())
            .chain(of_endpoints().flat_map(|endpoint| endpoint.subnets.clone())),
    );
    let task_subnets: BTreeSet<String> = attached()
        .filter_map(|interface| Some(interface.subnet.as_ref()?.to_string()))
        .chain(on_instances().map(|interface| interface.subnet.to_string()))
        .chain(planned.subnets.iter().cloned())
        .collect();

    let groups = async {
        let interfaces = ec2::interfaces(aws, &interface_ids).await;
        let ids = distinct(
            attached()
                .filter_map(|interface| interfaces.get(interface.id.as_deref()?)?.known())
                .flat_map(|interface| interface.security_groups.clone())
                .chain(on_instances().flat_map(|interface| interface.security_groups.clone()))
                .chain(planned.security_groups.iter().cloned())
                .chain(of_endpoints().flat_map(|endpoint| endpoint.security_groups.clone())),
        );
        let security_groups = ec2::security_groups(aws, &ids).await;
        let lists = distinct(
            security_groups
                .values()
                .filter_map(Fact::known)
                .flat_map(|group| group.ingress.iter().chain(&group.egress))
                .flat_map(|rule| rule.prefix_lists.clone()),
        );
        let prefix_lists = ec2::prefix_lists(aws, &lists).await;
        (interfaces, security_groups, prefix_lists)
    };
    let places = async {
        let subnets = ec2::subnets(aws, &subnet_ids).await;
        let vpcs = distinct(
            subnets
                .values()
                .filter_map(Fact::known)
                .filter(|subnet| task_subnets.contains(&subnet.id))
                .map(|subnet| subnet.vpc.clone()),
        );
        // A private hosted zone may name what has no private DNS.
        let unnamed = vpcs_of(&endpoints, |endpoint| {
            endpoint.may_be_named_by_a_zone() && vpcs.contains(&endpoint.vpc)
        });
        let (route_tables, nat_gateways, network_acls, zones, vpcs) = join!(
            ec2::route_tables(aws, &vpcs),
            ec2::nat_gateways(aws, &vpcs),
            ec2::network_acls(aws, &vpcs),
            hosted_zones::names(aws, &unnamed),
            ec2::vpcs(aws, &vpcs),
        );
        (
            subnets,
            route_tables,
            nat_gateways,
            network_acls,
            zones,
            vpcs,
        )
    };
    let servers = async {
        let vpcs = vpcs_of(&endpoints, |endpoint| endpoint.private_dns);
        ec2::own_name_servers(aws, &vpcs).await
    };
    let blocked = async {
        match task_subnets.is_empty() {
            true => None,
            false => Some(ec2::block_public_access(aws).await),
        }
    };
    let (groups, places, mut servers, blocked) = join!(groups, places, servers, blocked);
    let (interfaces, security_groups, mut prefix_lists) = groups;
    let (subnets, route_tables, nat_gateways, network_acls, hosted_zones, mut vpcs) = places;
    let lists = distinct(lists_of_routes(&route_tables));
    prefix_lists.extend(ec2::prefix_lists(aws, &lists).await);
    for vpc in vpcs.values_mut().filter_map(Fact::known_mut) {
        vpc.own_name_servers = servers.remove(&vpc.id);
    }
    Network {
        interfaces,
        subnets,
        vpcs,
        endpoints: Some(endpoints),
        unseen_endpoints: Vec::new(),
        route_tables,
        nat_gateways,
        network_acls,
        security_groups,
        prefix_lists,
        hosted_zones,
        block_public_access: blocked,
        instances,
    }
}

/// Prefix lists for which routes lead out of the VPC; those of gateway endpoints are AWS's own.
fn lists_of_routes(
    tables: &BTreeMap<String, Fact<Vec<RouteTable>>>,
) -> impl Iterator<Item = String> {
    let tables = tables.values().filter_map(Fact::known).flatten();
    tables
        .flat_map(|table| &table.routes)
        .filter(|route| !matches!(route.target, RouteTarget::GatewayEndpoint(_)))
        .filter(|route| route.destination.starts_with("pl-"))
        .map(|route| route.destination.clone())
}

/// The VPCs of the endpoints that are meant.
fn vpcs_of(endpoints: &Fact<Vec<Endpoint>>, are_meant: impl Fn(&Endpoint) -> bool) -> Vec<String> {
    let known = endpoints.known().into_iter().flatten();
    let meant = known.filter(|endpoint| are_meant(endpoint));
    distinct(meant.map(|endpoint| endpoint.vpc.clone()))
}

fn distinct(ids: impl Iterator<Item = String>) -> Vec<String> {
    let ids: BTreeSet<String> = ids.filter(|id| !id.is_empty()).collect();
    ids.into_iter().collect()
}
