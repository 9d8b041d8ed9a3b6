use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{self as sdk, Filter};
use ecs_exec_checks::facts::*;
use futures::future::{join, join_all};

use super::aws::{Aws, Failure};

/// How many values one filter takes.
const VALUES_A_FILTER: usize = 200;

/// The VPC endpoints of these services, in every VPC that the caller may see.
pub async fn endpoints(aws: &Aws, services: &[String]) -> Fact<Vec<Endpoint>> {
    let mut endpoints = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let page = aws
            .call("ec2:DescribeVpcEndpoints", || {
                aws.ec2
                    .describe_vpc_endpoints()
                    .filters(filter("service-name", services))
                    .set_next_token(token.clone())
                    .send()
            })
            .await;
        match page {
            Ok(page) => {
                endpoints.extend(page.vpc_endpoints().iter().map(endpoint));
                token = page.next_token.filter(|token| !token.is_empty());
            }
            Err(failure) => return Fact::Unavailable(failure.why),
        }
        if token.is_none() {
            return Fact::Known(endpoints);
        }
    }
}

/// The network around tasks: their interfaces and subnets, and what the VPCs of these hold.
pub async fn network(aws: &Aws, tasks: &[&Task]) -> Network {
    let attached = |pick: fn(&TaskInterface) -> Option<&String>| -> Vec<String> {
        let ids: BTreeSet<&String> = tasks
            .iter()
            .filter_map(|task| pick(task.interface.as_ref()?))
            .collect();
        ids.into_iter().cloned().collect()
    };
    let interface_ids = attached(|interface| interface.id.as_ref());
    let subnet_ids = attached(|interface| interface.subnet.as_ref());
    let (interfaces, (subnets, route_tables)) = join(interfaces(aws, &interface_ids), async {
        let subnets = subnets(aws, &subnet_ids).await;
        let vpcs: BTreeSet<String> = subnets
            .values()
            .filter_map(Fact::known)
            .map(|subnet| subnet.vpc.clone())
            .collect();
        let route_tables = route_tables(aws, &vpcs).await;
        (subnets, route_tables)
    })
    .await;
    Network {
        interfaces,
        subnets,
        route_tables,
        ..Network::default()
    }
}

/// Interfaces by ID. Asked by filter, because a call that names one that is gone fails for all of them.
async fn interfaces(aws: &Aws, ids: &[String]) -> BTreeMap<String, Fact<Interface>> {
    by_id(ids, async |chunk| {
        let page = aws
            .call("ec2:DescribeNetworkInterfaces", || {
                aws.ec2
                    .describe_network_interfaces()
                    .filters(filter("network-interface-id", &chunk))
                    .send()
            })
            .await?;
        Ok(page
            .network_interfaces()
            .iter()
            .map(interface)
            .map(|interface| (interface.id.clone(), interface))
            .collect())
    })
    .await
}

async fn subnets(aws: &Aws, ids: &[String]) -> BTreeMap<String, Fact<Subnet>> {
    by_id(ids, async |chunk| {
        let page = aws
            .call("ec2:DescribeSubnets", || {
                aws.ec2
                    .describe_subnets()
                    .filters(filter("subnet-id", &chunk))
                    .send()
            })
            .await?;
        Ok(page
            .subnets()
            .iter()
            .map(subnet)
            .map(|subnet| (subnet.id.clone(), subnet))
            .collect())
    })
    .await
}

/// Asks for things by ID, as many at a time as a filter takes; what is not in the answer is not there.
async fn by_id<T, F>(ids: &[String], ask: impl Fn(Vec<String>) -> F) -> BTreeMap<String, Fact<T>>
where
    F: Future<Output = Result<BTreeMap<String, T>, Failure>>,
{
    let answers = join_all(
        ids.chunks(VALUES_A_FILTER)
            .map(async |chunk| (chunk, ask(chunk.to_vec()).await)),
    )
    .await;
    let mut facts = BTreeMap::new();
    for (chunk, answer) in answers {
        match answer {
            Ok(mut found) => facts.extend(chunk.iter().map(|id| {
                let fact = found.remove(id).map_or(Fact::Absent, Fact::Known);
                (id.clone(), fact)
            })),
            Err(failure) => facts.extend(
                chunk
                    .iter()
                    .map(|id| (id.clone(), Fact::Unavailable(failure.why.clone()))),
            ),
        }
    }
    facts
}

async fn route_tables(
    aws: &Aws,
    vpcs: &BTreeSet<String>,
) -> BTreeMap<String, Fact<Vec<RouteTable>>> {
    if vpcs.is_empty() {
        return BTreeMap::new();
    }
    let vpcs: Vec<String> = vpcs.iter().cloned().collect();
    let mut tables: BTreeMap<String, Vec<RouteTable>> =
        vpcs.iter().map(|vpc| (vpc.clone(), Vec::new())).collect();
    let mut token: Option<String> = None;
    loop {
        let page = aws
            .call("ec2:DescribeRouteTables", || {
                aws.ec2
                    .describe_route_tables()
                    .filters(filter("vpc-id", &vpcs))
                    .set_next_token(token.clone())
                    .send()
            })
            .await;
        let page = match page {
            Ok(page) => page,
            Err(failure) => {
                return vpcs
                    .into_iter()
                    .map(|vpc| (vpc, Fact::Unavailable(failure.why.clone())))
                    .collect();
            }
        };
        for table in page.route_tables() {
            let of_vpc = table.vpc_id().and_then(|vpc| tables.get_mut(vpc));
            if let Some(of_vpc) = of_vpc {
                of_vpc.push(route_table(table));
            }
        }
        token = page.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return tables
                .into_iter()
                .map(|(vpc, tables)| (vpc, Fact::Known(tables)))
                .collect();
        }
    }
}

fn filter(name: &str, values: &[String]) -> Filter {
    Filter::builder()
        .name(name)
        .set_values(Some(values.to_vec()))
        .build()
}

fn endpoint(endpoint: &sdk::VpcEndpoint) -> Endpoint {
    Endpoint {
        id: text(endpoint.vpc_endpoint_id()),
        service: text(endpoint.service_name()),
        kind: endpoint
            .vpc_endpoint_type()
            .map_or_else(String::new, |kind| kind.as_str().to_owned()),
        vpc: text(endpoint.vpc_id()),
        state: endpoint
            .state()
            .map_or_else(String::new, |state| state.as_str().to_owned()),
        private_dns: endpoint.private_dns_enabled().unwrap_or(false),
        subnets: endpoint.subnet_ids().to_vec(),
        security_groups: endpoint
            .groups()
            .iter()
            .filter_map(|group| group.group_id().map(str::to_owned))
            .collect(),
        route_tables: endpoint.route_table_ids().to_vec(),
        policy: endpoint
            .policy_document()
            .and_then(|document| serde_json::from_str(document).ok()),
    }
}

fn interface(interface: &sdk::NetworkInterface) -> Interface {
    Interface {
        id: text(interface.network_interface_id()),
        vpc: text(interface.vpc_id()),
        subnet: text(interface.subnet_id()),
        security_groups: interface
            .groups()
            .iter()
            .filter_map(|group| group.group_id().map(str::to_owned))
            .collect(),
        private_ips: interface
            .private_ip_addresses()
            .iter()
            .filter_map(|address| address.private_ip_address().map(str::to_owned))
            .collect(),
        ipv6: interface
            .ipv6_addresses()
            .iter()
            .filter_map(|address| address.ipv6_address().map(str::to_owned))
            .collect(),
        public_ip: interface
            .association()
            .and_then(|association| association.public_ip())
            .map(str::to_owned),
    }
}

fn subnet(subnet: &sdk::Subnet) -> Subnet {
    Subnet {
        id: text(subnet.subnet_id()),
        vpc: text(subnet.vpc_id()),
        cidr: subnet.cidr_block().map(str::to_owned),
        ipv6_cidrs: subnet
            .ipv6_cidr_block_association_set()
            .iter()
            .filter_map(|association| association.ipv6_cidr_block().map(str::to_owned))
            .collect(),
        availability_zone: subnet.availability_zone().map(str::to_owned),
        owner: subnet.owner_id().map(str::to_owned),
    }
}

fn route_table(table: &sdk::RouteTable) -> RouteTable {
    RouteTable {
        id: text(table.route_table_id()),
        main: table
            .associations()
            .iter()
            .any(|association| association.main().unwrap_or(false)),
        subnets: table
            .associations()
            .iter()
            .filter_map(|association| association.subnet_id().map(str::to_owned))
            .collect(),
        routes: table.routes().iter().filter_map(route).collect(),
    }
}

fn route(route: &sdk::Route) -> Option<Route> {
    let destination = route
        .destination_cidr_block()
        .or(route.destination_ipv6_cidr_block())
        .or(route.destination_prefix_list_id())?;
    Some(Route {
        destination: destination.to_owned(),
        target: target(route),
        blackhole: route.state() == Some(&sdk::RouteState::Blackhole),
    })
}

fn target(route: &sdk::Route) -> RouteTarget {
    if let Some(id) = route.nat_gateway_id() {
        return RouteTarget::NatGateway(id.to_owned());
    }
    if let Some(id) = route.egress_only_internet_gateway_id() {
        return RouteTarget::EgressOnlyInternetGateway(id.to_owned());
    }
    match route.gateway_id() {
        Some("local") => return RouteTarget::Local,
        Some(id) if id.starts_with("igw-") => return RouteTarget::InternetGateway(id.to_owned()),
        Some(id) if id.starts_with("vpce-") => return RouteTarget::GatewayEndpoint(id.to_owned()),
        Some(_) | None => {}
    }
    let other = route
        .transit_gateway_id()
        .or(route.vpc_peering_connection_id())
        .or(route.network_interface_id())
        .or(route.instance_id())
        .or(route.local_gateway_id())
        .or(route.carrier_gateway_id())
        .or(route.core_network_arn())
        .or(route.gateway_id())
        .unwrap_or("a target that is not named");
    RouteTarget::Other(other.to_owned())
}

fn text(value: Option<&str>) -> String {
    value.unwrap_or_default().to_owned()
}
