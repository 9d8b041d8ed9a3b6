//! What routes lead to.

use checks::facts::{Fact, NatGateway, Route, RouteTable, RouteTarget};

use super::subnet;
use crate::plan::resource::{Attribute, Resource};
use crate::resolve::Resolver;
use crate::resolve::resource_kind::ResourceKind;
use crate::unavailable::{PlanValue, not_in_plan};

/// The NAT gateways of a VPC, in whose own subnets its packets go on. One that the routes lead to and the plan does not
/// have may be anywhere.
pub fn nat_gateways(
    resolver: &Resolver,
    vpc: &str,
    tables: &Fact<Vec<RouteTable>>,
) -> Fact<Vec<NatGateway>> {
    let gateways = match all_in(resolver, vpc) {
        Ok(gateways) => gateways,
        Err(why) => return Fact::Unavailable(why),
    };
    let tables = tables.known().map(Vec::as_slice).unwrap_or_default();
    let mut routes = tables.iter().flat_map(|table| &table.routes);
    let unknown = routes.find_map(|route| match &route.target {
        RouteTarget::NatGateway(id) => {
            let is_known = gateways.iter().any(|gateway| gateway.id == *id);
            (!is_known).then_some(id)
        }
        _ => None,
    });
    match unknown {
        Some(id) => Fact::Unavailable(not_in_plan(format!("the subnet of NAT gateway {id}"))),
        None => Fact::Known(gateways),
    }
}

fn all_in(resolver: &Resolver, vpc: &str) -> PlanValue<Vec<NatGateway>> {
    let mut found = Vec::new();
    let managed = resolver
        .plan
        .of_type(ResourceKind::NatGateway.resource_types());
    for gateway in managed.chain(resolver.plan.data_of_type("aws_nat_gateway")) {
        let of = resolver.one(gateway, &["vpc_id"], ResourceKind::Vpc);
        // A regional one is in no subnet, and routes by itself.
        let own = match gateway.at(&["subnet_id"]) {
            Attribute::Unknown
                if !resolver.plan.is_set(gateway, "subnet_id") && !gateway.is_data =>
            {
                None
            }
            _ => resolver.one(gateway, &["subnet_id"], ResourceKind::Subnet)?,
        };
        let is_here = match &own {
            Some(id) => match subnet(resolver, id) {
                Fact::Known(subnet) => subnet.vpc == vpc,
                Fact::Absent | Fact::Unavailable(_) => true,
            },
            None => of.is_ok_and(|of| of.is_none_or(|of| of == vpc)),
        };
        if is_here {
            found.push(NatGateway {
                id: resolver.name_of(gateway, ResourceKind::NatGateway),
                subnet: own.unwrap_or_default(),
                state: "available".to_owned(),
                private: gateway.text(&["connectivity_type"]) == Ok(Some("private")),
            });
        }
    }
    Ok(found)
}

pub fn is_internet(resolver: &Resolver, id: &str) -> bool {
    id.starts_with("igw-") || resolver.plan.find(&["aws_internet_gateway"], id).is_some()
}

pub fn is_nat(resolver: &Resolver, id: &str) -> bool {
    id.starts_with("nat-")
        || resolver
            .plan
            .find(ResourceKind::NatGateway.resource_types(), id)
            .is_some()
}

/// A private NAT gateway leads to other networks, and not to the internet by itself. `id`: none where it is not
/// known which gateway it is; it may be any then.
pub fn may_be_private(resolver: &Resolver, id: Option<&str>) -> bool {
    let kinds = ResourceKind::NatGateway.resource_types();
    let is_private = |gateway: &Resource| match gateway.text(&["connectivity_type"]) {
        Ok(kind) => kind == Some("private"),
        Err(_) => resolver.plan.is_set(gateway, "connectivity_type"),
    };
    let mut read = resolver.plan.data_of_type("aws_nat_gateway");
    match id {
        Some(id) => {
            let managed = resolver.plan.find(kinds, id);
            let gateway = managed.or_else(|| read.find(|gateway| gateway.id() == Some(id)));
            gateway.is_some_and(is_private)
        }
        None => resolver.plan.of_type(kinds).chain(read).any(is_private),
    }
}

/// Routes that a virtual private gateway adds to a table by itself: nobody sees them before it does.
pub fn propagated(resolver: &Resolver, table: Option<&Resource>, id: &str) -> Option<Route> {
    let own = table.is_some_and(|table| match table.at(&["propagating_vgws"]) {
        Attribute::Known(gateways) => gateways.as_array().is_some_and(|all| !all.is_empty()),
        Attribute::Null => false,
        Attribute::Unknown => resolver.plan.is_set(table, "propagating_vgws"),
    });
    let joins = || {
        let kind = "aws_vpn_gateway_route_propagation";
        resolver.plan.of_type(&[kind]).any(|join| {
            let of = resolver.one(join, &["route_table_id"], ResourceKind::RouteTable);
            // Where it is not known which table it is, it may be any.
            of.map_or(true, |of| of.as_deref() == Some(id))
        })
    };
    (own || joins()).then(|| Route {
        destination: "propagated routes".to_owned(),
        target: RouteTarget::Other("a virtual private gateway".to_owned()),
        blackhole: false,
    })
}
