//! What routes lead to.

use ecs_exec_checks::facts::{Route, RouteTarget};

use crate::instance::{Instance, Seen};
use crate::resolve::Resolver;
use crate::things::Thing;

pub fn is_internet(resolver: &Resolver, id: &str) -> bool {
    id.starts_with("igw-") || resolver.plan.find(&["aws_internet_gateway"], id).is_some()
}

/// A private NAT gateway leads to other networks, and not to the internet by itself. `id`: none where it is not
/// known which gateway it is; it may be any then.
pub fn may_be_private(resolver: &Resolver, id: Option<&str>) -> bool {
    let kinds = Thing::NatGateway.kinds();
    let is_private = |gateway: &Instance| match gateway.text(&["connectivity_type"]) {
        Ok(kind) => kind == Some("private"),
        Err(_) => resolver.plan.is_set(gateway, "connectivity_type"),
    };
    let mut read = resolver.plan.data_of_kind("aws_nat_gateway");
    match id {
        Some(id) => {
            let managed = resolver.plan.find(kinds, id);
            let gateway = managed.or_else(|| read.find(|gateway| gateway.id() == Some(id)));
            gateway.is_some_and(is_private)
        }
        None => resolver.plan.of_kind(kinds).chain(read).any(is_private),
    }
}

/// Routes that a virtual private gateway adds to a table by itself: nobody sees them before it does.
pub fn propagated(resolver: &Resolver, table: Option<&Instance>, id: &str) -> Option<Route> {
    let own = table.is_some_and(|table| match table.at(&["propagating_vgws"]) {
        Seen::Value(gateways) => gateways.as_array().is_some_and(|all| !all.is_empty()),
        Seen::Unset => false,
        Seen::Later => resolver.plan.is_set(table, "propagating_vgws"),
    });
    let joins = || {
        let kind = "aws_vpn_gateway_route_propagation";
        resolver.plan.of_kind(&[kind]).any(|join| {
            let of = resolver.one(join, &["route_table_id"], Thing::RouteTable);
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
