//! Route tables.

use checks::facts::{Fact, Route, RouteTable, RouteTarget};

use super::{is_in, is_whole};
use crate::plan::Completeness;
use crate::plan::resource::{Attribute, Resource};
use crate::resolve::Resolver;
use crate::resolve::resource_kind::ResourceKind;
use crate::unavailable::{PlanValue, not_in_plan};

/// The tables of a VPC. Those of another stack are not among them, and neither is the main one then.
pub fn route_tables(resolver: &Resolver, vpc: &str) -> Fact<Vec<RouteTable>> {
    match tables(resolver, vpc) {
        Ok(tables) if tables.is_empty() => {
            Fact::Unavailable(not_in_plan(format!("every route table of VPC {vpc}")))
        }
        Ok(tables) => Fact::Known(tables),
        Err(why) => Fact::Unavailable(why),
    }
}

/// The tables that are resources of the plan.
pub fn own_route_tables(resolver: &Resolver, vpc: &str) -> PlanValue<Vec<RouteTable>> {
    own_tables(resolver, vpc, &associations(resolver)?)
}

fn own_tables(resolver: &Resolver, vpc: &str, joins: &[Join]) -> PlanValue<Vec<RouteTable>> {
    let mut tables = Vec::new();
    for instance in resolver.plan.of_type(&["aws_route_table"]) {
        if resolver
            .one(instance, &["vpc_id"], ResourceKind::Vpc)?
            .as_deref()
            == Some(vpc)
        {
            let id = instance.identity();
            let main = is_main(resolver, id)?;
            tables.push(table(resolver, Some(instance), id, main, joins)?);
        }
    }
    let has_main = tables.iter().any(|table| table.main);
    for instance in resolver.plan.of_type(&["aws_default_route_table"]) {
        let named = resolver.one(
            instance,
            &["default_route_table_id"],
            ResourceKind::RouteTable,
        )?;
        if let Some(id) = named.filter(|id| main_of(resolver, vpc).as_deref() == Some(id)) {
            tables.push(table(resolver, Some(instance), &id, !has_main, joins)?);
        }
    }
    Ok(tables)
}

/// The main table that AWS makes with the VPC.
fn main_of(resolver: &Resolver, vpc: &str) -> Option<String> {
    let vpc = resolver
        .plan
        .find(ResourceKind::Vpc.resource_types(), vpc)?;
    resolver.default_of(vpc, ResourceKind::RouteTable)
}

fn tables(resolver: &Resolver, vpc: &str) -> PlanValue<Vec<RouteTable>> {
    let joins = associations(resolver)?;
    let mut tables = own_tables(resolver, vpc, &joins)?;
    add_main(resolver, vpc, &joins, &mut tables)?;
    for (subnet, id) in &joins {
        if is_in(resolver, subnet, vpc) && !tables.iter().any(|table| table.id == *id) {
            return Err(not_in_plan(format!("route table {id} of {subnet}")));
        }
    }
    Ok(tables)
}

fn add_main(
    resolver: &Resolver,
    vpc: &str,
    joins: &[Join],
    tables: &mut Vec<RouteTable>,
) -> PlanValue<()> {
    let main = main_of(resolver, vpc).filter(|_| !tables.iter().any(|table| table.main));
    let Some(id) = main else {
        return Ok(());
    };
    let mut main = table(resolver, None, &id, true, joins)?;
    let of_vpc = resolver.plan.find(ResourceKind::Vpc.resource_types(), vpc);
    let is_new = of_vpc.is_some_and(|vpc| vpc.id().is_none());
    let may_have_more = !is_new && resolver.plan.completeness != Completeness::Declared;
    if may_have_more || is_whole(resolver, vpc).is_err() {
        // Somebody may have given it routes by hand.
        main.routes.push(Route {
            destination: "0.0.0.0/0".to_owned(),
            target: RouteTarget::Other(format!("what is not part of the plan (main table {id})")),
            blackhole: false,
        });
    }
    tables.push(main);
    Ok(())
}

fn is_main(resolver: &Resolver, id: &str) -> PlanValue<bool> {
    for join in resolver.plan.of_type(&["aws_main_route_table_association"]) {
        if resolver
            .one(join, &["route_table_id"], ResourceKind::RouteTable)?
            .as_deref()
            == Some(id)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `instance`: the resource, where the table has one.
fn table(
    resolver: &Resolver,
    instance: Option<&Resource>,
    id: &str,
    main: bool,
    joins: &[Join],
) -> PlanValue<RouteTable> {
    let mut routes = vec![Route {
        destination: "local".to_owned(),
        target: RouteTarget::Local,
        blackhole: false,
    }];
    if let Some(instance) = instance {
        routes.extend(inline(resolver, instance)?);
    }
    routes.extend(super::gateways::propagated(resolver, instance, id));
    let mut table = RouteTable {
        id: id.to_owned(),
        main,
        subnets: joins
            .iter()
            .filter(|(_, table)| table == id)
            .map(|(subnet, _)| subnet.clone())
            .collect(),
        routes,
    };
    add_routes(resolver, &mut table)?;
    Ok(table)
}

/// Routes that are resources of their own.
pub fn add_routes(resolver: &Resolver, table: &mut RouteTable) -> PlanValue<()> {
    for gone in resolver.plan.before_of_type(&["aws_route"]) {
        if gone.text(&["route_table_id"]) == Ok(Some(&table.id)) {
            let destination = destination(gone, &[]);
            table
                .routes
                .retain(|known| known.destination != destination);
        }
    }
    for route in resolver.plan.of_type(&["aws_route"]) {
        let of = resolver.one(route, &["route_table_id"], ResourceKind::RouteTable)?;
        if of.as_deref() == Some(&table.id) {
            let destination = destination(route, &[]);
            table
                .routes
                .retain(|known| known.destination != destination);
            table.routes.extend(read_route(resolver, route, &[]));
        }
    }
    Ok(())
}

/// A subnet with its table.
type Join = (String, String);

/// Subnets with the tables that the plan's associations give them.
pub fn associations(resolver: &Resolver) -> PlanValue<Vec<Join>> {
    let mut found = Vec::new();
    for join in resolver.plan.of_type(&["aws_route_table_association"]) {
        let subnet = resolver.one(join, &["subnet_id"], ResourceKind::Subnet)?;
        let table = resolver.one(join, &["route_table_id"], ResourceKind::RouteTable)?;
        found.extend(subnet.zip(table));
    }
    Ok(found)
}

/// Where the configuration has no routes in the table, it shows all that AWS has now.
fn inline(resolver: &Resolver, table: &Resource) -> PlanValue<Vec<Route>> {
    let mut routes = Vec::new();
    let is_set = resolver.plan.is_set(table, "route");
    match table.count(&["route"]) {
        Err(why) if is_set => return Err(why),
        Err(_) => {}
        Ok(count) => {
            for at in 0..count {
                routes.extend(read_route(resolver, table, &["route", &at.to_string()]));
            }
        }
    }
    Ok(routes)
}

const DESTINATIONS: [&str; 6] = [
    "destination_cidr_block",
    "destination_ipv6_cidr_block",
    "destination_prefix_list_id",
    "cidr_block",
    "ipv6_cidr_block",
    "prefix_list_id",
];

fn destination(instance: &Resource, path: &[&str]) -> String {
    DESTINATIONS
        .iter()
        .find_map(|name| instance.text(&[path, &[name]].concat()).ok().flatten())
        .unwrap_or_default()
        .to_owned()
}

/// A route of which not even the destination is known may be the default route.
fn read_route(resolver: &Resolver, instance: &Resource, path: &[&str]) -> Option<Route> {
    let destination = destination(instance, path);
    let is_later = DESTINATIONS.iter().any(|name| {
        is_given(resolver, instance, path, name) && at(instance, path, name) == Attribute::Unknown
    });
    let is_list = destination.starts_with("pl-");
    match (destination.is_empty(), is_later) {
        (true, false) => None,
        (true, true) => Some(Route {
            destination: "0.0.0.0/0".to_owned(),
            target: RouteTarget::Other(format!(
                "what is known only after apply ({})",
                instance.address
            )),
            blackhole: false,
        }),
        (false, _) => Some(Route {
            destination,
            target: match target(resolver, instance, path) {
                // To a range rather than to a service's prefix list, it is a firewall's.
                RouteTarget::GatewayEndpoint(id) if !is_list => RouteTarget::Other(id),
                target => target,
            },
            blackhole: instance.text(&["state"]) == Ok(Some("blackhole")),
        }),
    }
}

fn at<'i>(instance: &'i Resource, path: &[&str], name: &str) -> Attribute<'i> {
    instance.at(&[path, &[name]].concat())
}

/// The provider fills in some attributes of a route by itself.
fn is_given(resolver: &Resolver, instance: &Resource, path: &[&str], name: &str) -> bool {
    !path.is_empty() || resolver.plan.is_set(instance, name)
}

const LATER: &str = "known only after apply";

fn through_nat(resolver: &Resolver, id: Option<String>) -> RouteTarget {
    let may_be_private = super::gateways::may_be_private(resolver, id.as_deref());
    let id = id.unwrap_or_else(|| LATER.to_owned());
    match may_be_private {
        true => RouteTarget::Other(id),
        false => RouteTarget::NatGateway(id),
    }
}

fn target(resolver: &Resolver, instance: &Resource, path: &[&str]) -> RouteTarget {
    // What it leads to, or nothing; an empty text is as good as none.
    let named = |name: &str, kind: ResourceKind| {
        let is_there = match at(instance, path, name) {
            Attribute::Null => false,
            Attribute::Known(value) => value.as_str() != Some(""),
            Attribute::Unknown => is_given(resolver, instance, path, name),
        };
        is_there.then(|| {
            let known = resolver.one(instance, &[path, &[name]].concat(), kind);
            known.ok().flatten()
        })
    };
    if let Some(id) = named("nat_gateway_id", ResourceKind::NatGateway) {
        return through_nat(resolver, id);
    }
    if let Some(id) = named("egress_only_gateway_id", ResourceKind::EgressOnlyGateway) {
        return RouteTarget::EgressOnlyInternetGateway(id.unwrap_or_else(|| LATER.to_owned()));
    }
    match named("gateway_id", ResourceKind::Gateway) {
        Some(Some(id)) if id == "local" => return RouteTarget::Local,
        Some(Some(id)) if id.starts_with("vpce-") => return RouteTarget::GatewayEndpoint(id),
        Some(Some(id)) if resolver.plan.find(&["aws_vpc_endpoint"], &id).is_some() => {
            return RouteTarget::GatewayEndpoint(id);
        }
        Some(Some(id)) if super::gateways::is_internet(resolver, &id) => {
            return RouteTarget::InternetGateway(id);
        }
        Some(Some(id)) if super::gateways::is_nat(resolver, &id) => {
            return through_nat(resolver, Some(id));
        }
        Some(id) => return RouteTarget::Other(id.unwrap_or_else(|| LATER.to_owned())),
        None => {}
    }
    let other = [
        "transit_gateway_id",
        "vpc_peering_connection_id",
        "network_interface_id",
        "vpc_endpoint_id",
        "local_gateway_id",
        "carrier_gateway_id",
        "core_network_arn",
    ]
    .iter()
    .find_map(|name| named(name, ResourceKind::Endpoint));
    RouteTarget::Other(other.flatten().unwrap_or_else(|| LATER.to_owned()))
}
