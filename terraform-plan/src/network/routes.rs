//! Route tables.

use model::facts::{Route, RouteTable, RouteTarget};

use super::gateways::{may_be_private, propagated_routes};
use super::vpcs::{check_vpc_is_complete, may_be_in, subnet_associations};
use crate::plan::completeness::Completeness;
use crate::plan::resource::{Attribute, Resource};
use crate::resolve::{Resolver, ResourceKind};
use crate::unavailable::{PlanValue, not_in_plan, not_shown};

/// All route tables of a VPC, if the plan contains those of its subnets.
pub fn route_tables(resolver: &Resolver, vpc: &str) -> PlanValue<Vec<RouteTable>> {
    let associations = subnet_associations(resolver, ResourceKind::RouteTable)?;
    let mut tables = managed_route_tables(resolver, vpc)?;
    if !tables.iter().any(|table| table.main)
        && let Some(id) = resolver.vpc_default(vpc, ResourceKind::RouteTable)
    {
        tables.push(untouched_main_table(resolver, vpc, &id)?);
    }
    for (subnet, id) in &associations {
        if may_be_in(resolver, subnet, vpc) && !tables.iter().any(|table| table.id == *id) {
            return Err(not_in_plan(format!("route table {id} of {subnet}")));
        }
    }
    match tables.is_empty() {
        true => Err(not_shown(format!(
            "no route table of VPC {vpc} is part of the plan"
        ))),
        false => Ok(tables),
    }
}

/// The route tables of a VPC that are resources of the plan.
pub fn managed_route_tables(resolver: &Resolver, vpc: &str) -> PlanValue<Vec<RouteTable>> {
    let kind = ResourceKind::RouteTable;
    let mut tables = Vec::new();
    for resource in resolver.referring("aws_route_table", "vpc_id", ResourceKind::Vpc, vpc) {
        let resource = resource?;
        let id = resource.identity();
        let is_main = is_main(resolver, id)?;
        tables.push(read_table(resolver, Some(resource), id, is_main)?);
    }
    let has_main = tables.iter().any(|table| table.main);
    let (attribute, main) = ("default_route_table_id", resolver.vpc_default(vpc, kind));
    let main = main.unwrap_or_default();
    for resource in resolver.referring("aws_default_route_table", attribute, kind, &main) {
        tables.push(read_table(resolver, Some(resource?), &main, !has_main)?);
    }
    Ok(tables)
}

/// The main table that AWS creates with the VPC and no resource manages.
fn untouched_main_table(resolver: &Resolver, vpc: &str, id: &str) -> PlanValue<RouteTable> {
    let plan = resolver.plan;
    let mut main = read_table(resolver, None, id, true)?;
    let resource = resolver.find(vpc, ResourceKind::Vpc);
    let is_new = resource.is_some_and(|vpc| vpc.id().is_none());
    let may_have_more = !is_new && plan.completeness != Completeness::Declared;
    if may_have_more || check_vpc_is_complete(resolver, vpc).is_err() {
        // Someone may have added routes by hand.
        main.routes.push(Route {
            destination: "0.0.0.0/0".to_owned(),
            target: RouteTarget::Other(format!("something outside of the plan (main table {id})")),
            blackhole: false,
        });
    }
    Ok(main)
}

fn is_main(resolver: &Resolver, id: &str) -> PlanValue<bool> {
    const ASSOCIATION: &str = "aws_main_route_table_association";
    let (attribute, kind) = ("route_table_id", ResourceKind::RouteTable);
    let association = resolver.referring(ASSOCIATION, attribute, kind, id).next();
    Ok(association.transpose()?.is_some())
}

/// Reads a table with all of its routes; `resource` if it is one.
fn read_table(
    resolver: &Resolver,
    resource: Option<&Resource>,
    id: &str,
    main: bool,
) -> PlanValue<RouteTable> {
    let mut routes = vec![Route {
        destination: "local".to_owned(),
        target: RouteTarget::Local,
        blackhole: false,
    }];
    // Without routes in the configuration, the attribute shows those that AWS has before apply.
    if let Some(resource) = resource {
        for at in 0..resolver.count(resource, "route")? {
            routes.extend(read_route(resolver, resource, &format!("route.{at}.")));
        }
    }
    routes.extend(propagated_routes(resolver, resource, id));
    let mut table = RouteTable {
        id: id.to_owned(),
        main,
        subnets: Vec::new(),
        routes,
    };
    add_routes_and_associations(resolver, &mut table)?;
    let unshown = resource.and_then(|resource| unshown_default_route(resolver, resource, &table));
    table.routes.extend(unshown);
    Ok(table)
}

/// A route that stands for the default route of a table that has more routes than the plan shows.
fn unshown_default_route(
    resolver: &Resolver,
    resource: &Resource,
    table: &RouteTable,
) -> Option<Route> {
    const DEFAULT: &str = "0.0.0.0/0";
    let why = resolver.plan.check_shows_unchanged_parts(resource).err()?;
    let is_shown = table
        .routes
        .iter()
        .any(|route| route.destination == DEFAULT);
    let mut removed = resolver.before("aws_route");
    let is_removed = removed.any(|route| {
        route.has_text("route_table_id", &table.id) && destination(route, "") == DEFAULT
    });
    (!is_shown && !is_removed && !resolver.is_set(resource, "route")).then(|| Route {
        destination: DEFAULT.to_owned(),
        target: RouteTarget::Other(format!("an unknown target ({})", why.message)),
        blackhole: false,
    })
}

/// Adds the routes and associations that are resources of their own, and removes the routes that the plan removes.
pub fn add_routes_and_associations(resolver: &Resolver, table: &mut RouteTable) -> PlanValue<()> {
    let (attribute, kind) = ("route_table_id", ResourceKind::RouteTable);
    let routes = &mut table.routes;
    let drop_same = |routes: &mut Vec<Route>, resource: &Resource| {
        let destination = destination(resource, "");
        routes.retain(|route| route.destination != destination);
    };
    let removed = resolver.before("aws_route");
    for removed in removed.filter(|one| one.has_text(attribute, &table.id)) {
        drop_same(routes, removed);
    }
    for resource in resolver.referring("aws_route", attribute, kind, &table.id) {
        let resource = resource?;
        drop_same(routes, resource);
        routes.extend(read_route(resolver, resource, ""));
    }
    let associations = subnet_associations(resolver, kind)?.into_iter();
    let own = associations.filter(|(_, id)| *id == table.id);
    table.subnets.extend(own.map(|(subnet, _)| subnet));
    Ok(())
}

const DESTINATIONS: [&str; 6] = [
    "destination_cidr_block",
    "destination_ipv6_cidr_block",
    "destination_prefix_list_id",
    "cidr_block",
    "ipv6_cidr_block",
    "prefix_list_id",
];

/// The destination of the route whose attributes start with a prefix; empty if it is unknown.
fn destination(resource: &Resource, prefix: &str) -> String {
    let mut paths = DESTINATIONS.iter().map(|name| format!("{prefix}{name}"));
    let destination = paths.find_map(|path| resource.known_text(&path));
    destination.unwrap_or_default().to_owned()
}

/// Reads the route whose attributes start with a prefix. If its destination is unknown, it may be the default route.
fn read_route(resolver: &Resolver, resource: &Resource, prefix: &str) -> Option<Route> {
    let destination = destination(resource, prefix);
    if destination.is_empty() {
        let mut names = DESTINATIONS.iter();
        let may_be_default = names.any(|name| is_unknown(resolver, resource, prefix, name));
        let address = &resource.address;
        return may_be_default.then(|| Route {
            destination: "0.0.0.0/0".to_owned(),
            target: RouteTarget::Other(format!("a target known only after apply ({address})")),
            blackhole: false,
        });
    }
    let target = match target(resolver, resource, prefix) {
        // A route to an address range, not to a prefix list, leads to the endpoint of a firewall.
        RouteTarget::GatewayEndpoint(id) if !destination.starts_with("pl-") => {
            RouteTarget::Other(id)
        }
        target => target,
    };
    Some(Route {
        destination,
        target,
        blackhole: resource.has_text("state", "blackhole"),
    })
}

/// Whether an attribute of a route is unknown. The provider fills in some that the configuration leaves out.
fn is_unknown(resolver: &Resolver, resource: &Resource, prefix: &str, name: &str) -> bool {
    resource.attribute(&format!("{prefix}{name}")) == Attribute::Unknown
        && (!prefix.is_empty() || resolver.is_set(resource, name))
}

const UNKNOWN_ID: &str = "known only after apply";

fn target(resolver: &Resolver, resource: &Resource, prefix: &str) -> RouteTarget {
    // The target in an attribute, if the route has it there; `Some(None)` if it is unknown.
    let target_in = |name: &str, kind: ResourceKind| -> Option<Option<String>> {
        let path = format!("{prefix}{name}");
        let is_there = match resource.attribute(&path) {
            Attribute::Null => false,
            Attribute::Known(value) => value.as_str() != Some(""),
            Attribute::Unknown => is_unknown(resolver, resource, prefix, name),
        };
        is_there.then(|| resolver.resolve(resource, &path, kind).ok().flatten())
    };
    let or_unknown = |id: Option<String>| id.unwrap_or_else(|| UNKNOWN_ID.to_owned());
    if let Some(id) = target_in("nat_gateway_id", ResourceKind::NatGateway) {
        return match may_be_private(resolver, id.as_deref()) {
            true => RouteTarget::Other(or_unknown(id)),
            false => RouteTarget::NatGateway(or_unknown(id)),
        };
    }
    if let Some(id) = target_in("egress_only_gateway_id", ResourceKind::EgressOnlyGateway) {
        return RouteTarget::EgressOnlyInternetGateway(or_unknown(id));
    }
    if let Some(id) = target_in("gateway_id", ResourceKind::Gateway) {
        return match id {
            Some(id) => gateway_target(resolver, id),
            None => RouteTarget::Other(or_unknown(None)),
        };
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
    .find_map(|name| target_in(name, ResourceKind::Endpoint));
    RouteTarget::Other(or_unknown(other.flatten()))
}

/// The target that a `gateway_id` identifies, by its prefix or its resource in the plan.
fn gateway_target(resolver: &Resolver, id: String) -> RouteTarget {
    let gateway = resolver.find(&id, ResourceKind::Gateway);
    let is = |prefix, resource_type| {
        id.starts_with(prefix) || gateway.is_some_and(|gateway| gateway.is(&[resource_type]))
    };
    if id == "local" {
        RouteTarget::Local
    } else if is("vpce-", "aws_vpc_endpoint") {
        RouteTarget::GatewayEndpoint(id)
    } else if is("igw-", "aws_internet_gateway") {
        RouteTarget::InternetGateway(id)
    } else if is("nat-", "aws_nat_gateway") && !may_be_private(resolver, Some(&id)) {
        RouteTarget::NatGateway(id)
    } else {
        RouteTarget::Other(id)
    }
}
