//! The network around tasks, read in the order of its dependencies.

use std::collections::{BTreeMap, BTreeSet};

use futures::join;
use model::facts::*;
use terraform_plan::ExistingResources;

use super::{ec2, route53};
use crate::aws::AwsClients;

/// Reads the interfaces and subnets of tasks and endpoints, then what their VPCs and interfaces refer to. `instances`:
/// those of tasks without their own interface. `planned`: what planned tasks refer to.
pub async fn network(
    aws: &AwsClients,
    tasks: &[&Task],
    planned: &ExistingResources,
    instances: BTreeMap<String, Fact<Instance>>,
    endpoints: Fact<Vec<Endpoint>>,
) -> Network {
    let instance_interfaces = || {
        let known = instances.values().filter_map(Fact::known);
        known.map(|instance| &instance.interface)
    };
    let known_endpoints = || endpoints.known().into_iter().flatten();
    let attached = || tasks.iter().filter_map(|task| task.interface.as_ref());

    let interface_ids = distinct(
        attached()
            .filter_map(|interface| Some(interface.id.as_ref()?.to_string()))
            .chain(known_endpoints().flat_map(|endpoint| endpoint.interfaces.clone())),
    );
    let task_subnets = distinct(
        attached()
            .filter_map(|interface| Some(interface.subnet.as_ref()?.to_string()))
            .chain(instance_interfaces().map(|interface| interface.subnet.to_string()))
            .chain(planned.subnets.iter().cloned()),
    );
    let subnet_ids = distinct(
        known_endpoints()
            .flat_map(|endpoint| endpoint.subnets.clone())
            .chain(task_subnets.iter().cloned()),
    );

    let groups = async {
        let interfaces = ec2::interfaces(aws, &interface_ids).await;
        let ids = distinct(
            attached()
                .filter_map(|interface| interfaces.get(interface.id.as_deref()?)?.known())
                .flat_map(|interface| interface.security_groups.clone())
                .chain(
                    instance_interfaces().flat_map(|interface| interface.security_groups.clone()),
                )
                .chain(planned.security_groups.iter().cloned())
                .chain(known_endpoints().flat_map(|endpoint| endpoint.security_groups.clone())),
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
    let subnets = async {
        let subnets = ec2::subnets(aws, &subnet_ids).await;
        let vpcs = distinct(
            subnets
                .values()
                .filter_map(Fact::known)
                .filter(|subnet| task_subnets.contains(&subnet.id))
                .map(|subnet| subnet.vpc.clone()),
        );
        // A private hosted zone may resolve the name of an endpoint without private DNS.
        let zone_vpcs = endpoint_vpcs(&endpoints, |endpoint| {
            endpoint.may_be_named_by_a_zone() && vpcs.contains(&endpoint.vpc)
        });
        let (route_tables, nat_gateways, network_acls, zones, vpcs) = join!(
            ec2::route_tables(aws, &vpcs),
            ec2::nat_gateways(aws, &vpcs),
            ec2::network_acls(aws, &vpcs),
            route53::private_zones(aws, zone_vpcs),
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
        let vpcs = endpoint_vpcs(&endpoints, |endpoint| endpoint.private_dns);
        ec2::own_name_servers(aws, &vpcs).await
    };
    let blocked = async {
        match task_subnets.is_empty() {
            true => None,
            false => Some(ec2::block_public_access(aws).await),
        }
    };
    let (groups, subnets, mut servers, blocked) = join!(groups, subnets, servers, blocked);
    let (interfaces, security_groups, mut prefix_lists) = groups;
    let (subnets, route_tables, nat_gateways, network_acls, hosted_zones, mut vpcs) = subnets;
    let lists = distinct(route_prefix_lists(&route_tables));
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

/// Prefix lists in routes. Those of gateway endpoints are AWS's own, and are not needed.
fn route_prefix_lists(
    tables: &BTreeMap<String, Fact<Vec<RouteTable>>>,
) -> impl Iterator<Item = String> {
    let tables = tables.values().filter_map(Fact::known).flatten();
    tables
        .flat_map(|table| &table.routes)
        .filter(|route| !matches!(route.target, RouteTarget::GatewayEndpoint(_)))
        .filter(|route| route.destination.starts_with("pl-"))
        .map(|route| route.destination.clone())
}

/// The VPCs of the endpoints that pass the filter.
fn endpoint_vpcs(
    endpoints: &Fact<Vec<Endpoint>>,
    filter: impl Fn(&Endpoint) -> bool,
) -> Vec<String> {
    let endpoints = endpoints.known().into_iter().flatten();
    let endpoints = endpoints.filter(|endpoint| filter(endpoint));
    distinct(endpoints.map(|endpoint| endpoint.vpc.clone()))
}

fn distinct(ids: impl Iterator<Item = String>) -> Vec<String> {
    let ids: BTreeSet<String> = ids.filter(|id| !id.is_empty()).collect();
    ids.into_iter().collect()
}
