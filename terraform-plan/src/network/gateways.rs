//! NAT gateways, and routes from virtual private gateways.

use model::facts::{Fact, NatGateway, Route, RouteTable, RouteTarget};

use super::vpcs::may_be_in;
use crate::plan::resource::{Attribute, Resource};
use crate::resolve::{Resolver, ResourceKind};
use crate::unavailable::{PlanValue, not_in_plan};

/// The NAT gateways of a VPC. Fails if routes lead to one that the plan does not have, since its subnet is unknown.
pub fn nat_gateways(
    resolver: &Resolver,
    vpc: &str,
    tables: &Fact<Vec<RouteTable>>,
) -> PlanValue<Vec<NatGateway>> {
    let gateways = planned_nat_gateways(resolver, vpc)?;
    let tables = tables.known().map(Vec::as_slice).unwrap_or_default();
    for route in tables.iter().flat_map(|table| &table.routes) {
        if let RouteTarget::NatGateway(id) = &route.target
            && !gateways.iter().any(|gateway| gateway.id == *id)
        {
            return Err(not_in_plan(format!("the subnet of NAT gateway {id}")));
        }
    }
    Ok(gateways)
}

fn planned_nat_gateways(resolver: &Resolver, vpc: &str) -> PlanValue<Vec<NatGateway>> {
    let mut found = Vec::new();
    let resources = resolver.resources("aws_nat_gateway");
    for gateway in resources.chain(resolver.data("aws_nat_gateway")) {
        let of = resolver.resolve(gateway, "vpc_id", ResourceKind::Vpc);
        // A regional gateway is in no subnet.
        let subnet_id = resolver.resolve(gateway, "subnet_id", ResourceKind::Subnet)?;
        let is_in_vpc = match &subnet_id {
            Some(id) => may_be_in(resolver, id, vpc),
            None => of.is_ok_and(|of| of.is_none_or(|of| of == vpc)),
        };
        if is_in_vpc {
            found.push(NatGateway {
                id: resolver.name_of(gateway, ResourceKind::NatGateway),
                subnet: subnet_id.unwrap_or_default(),
                state: "available".to_owned(),
                private: gateway.has_text("connectivity_type", "private"),
            });
        }
    }
    Ok(found)
}

/// Whether a NAT gateway may be private: it leads to other networks then, not to the internet. Without an ID it may be
/// any of the plan's gateways.
pub fn may_be_private(resolver: &Resolver, id: Option<&str>) -> bool {
    let is_private = |gateway: &Resource| match gateway.text("connectivity_type") {
        Ok(connectivity) => connectivity == Some("private"),
        Err(_) => resolver.is_set(gateway, "connectivity_type"),
    };
    match id {
        Some(id) => {
            let gateway = resolver.find_or_data(id, ResourceKind::NatGateway);
            gateway.is_some_and(is_private)
        }
        None => {
            let data = resolver.data("aws_nat_gateway");
            resolver
                .resources("aws_nat_gateway")
                .chain(data)
                .any(is_private)
        }
    }
}

/// A route that stands for those that a virtual private gateway propagates to a table: the plan does not show them.
pub fn propagated_routes(resolver: &Resolver, table: Option<&Resource>, id: &str) -> Option<Route> {
    let (attribute, kind) = ("route_table_id", ResourceKind::RouteTable);
    let of_table = table.is_some_and(|table| match table.attribute("propagating_vgws") {
        Attribute::Known(gateways) => gateways.as_array().is_some_and(|all| !all.is_empty()),
        Attribute::Null => false,
        Attribute::Unknown => resolver.is_set(table, "propagating_vgws"),
    });
    // An unknown table may be this one.
    let mut propagations =
        resolver.referring("aws_vpn_gateway_route_propagation", attribute, kind, id);
    (of_table || propagations.next().is_some()).then(|| Route {
        destination: "propagated routes".to_owned(),
        target: RouteTarget::Other("a virtual private gateway".to_owned()),
        blackhole: false,
    })
}
