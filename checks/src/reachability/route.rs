use ipnet::Ipv4Net;

use super::{Ranges, internet};
use crate::facts::{Fact, Interface, Network, Route, RouteTable, RouteTarget, Subnet, Unavailable};

const DEFAULT: &str = "0.0.0.0/0";

/// A way from a subnet to the internet.
#[derive(Debug, Clone, PartialEq)]
pub enum Way {
    /// Through this NAT gateway.
    Nat(String),
    /// Through this internet gateway, with a public address on the interface.
    InternetGateway(String),
    /// There is a route to this internet gateway, but the interface has no public address to use it with.
    NoPublicAddress(String),
    /// The route leads to this NAT gateway, whose own subnet has no way to an internet gateway.
    StrandedNat {
        gateway: String,
        subnet: String,
    },
    /// The default route leads to this, which is gone.
    Blackhole(String),
    /// There is none.
    None,
    /// Traffic leaves towards something that cannot be followed, or nobody could tell.
    Unclear(String),
    Unavailable(Unavailable),
}

impl Way {
    pub fn leads_out(&self) -> bool {
        matches!(self, Way::Nat(_) | Way::InternetGateway(_))
    }

    pub fn is_closed(&self) -> bool {
        matches!(
            self,
            Way::None | Way::NoPublicAddress(_) | Way::StrandedNat { .. } | Way::Blackhole(_)
        )
    }
}

/// The way from a subnet to the internet for an interface in it.
///
/// `may_have_public_ip`: the interface was asked to have a public address, though none is seen.
pub fn way_out(
    network: &Network,
    subnet: &Subnet,
    interface: Option<&Interface>,
    may_have_public_ip: bool,
) -> Way {
    let way = by_default_route(network, subnet, interface, may_have_public_ip);
    let way = unless_blocked(network, way);
    let closed = match &way {
        Way::NoPublicAddress(gateway) => {
            format!("the tasks have no public address to use {gateway} with")
        }
        Way::StrandedNat { gateway, .. } => format!("{gateway} leads to no internet gateway"),
        Way::Blackhole(target) => format!("the default route leads to {target}, which is gone"),
        _ => return way,
    };
    // An endpoint of another network may stand there, and a private hosted zone may name it.
    match detours(network, subnet).into_iter().next() {
        Some((told, _)) => Way::Unclear(format!("{closed}, but {told}")),
        None => way,
    }
}

/// Block Public Access stands above all routes: of both modes one leaves the way through NAT gateways.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html>
fn unless_blocked(network: &Network, way: Way) -> Way {
    let mode = match &network.block_public_access {
        Some(Fact::Known(mode)) => mode.as_str(),
        Some(Fact::Unavailable(why)) if way.leads_out() => return Way::Unavailable(why.clone()),
        Some(Fact::Unavailable(_) | Fact::Absent) | None => return way,
    };
    match (&way, mode) {
        (_, "off") | (Way::Nat(_), "block-ingress") => way,
        (Way::Nat(id) | Way::InternetGateway(id), _) => Way::Unclear(format!(
            "the route leads to {id}, and VPC Block Public Access is on ({mode}); what it leaves out is not looked at"
        )),
        _ => way,
    }
}

fn by_default_route(
    network: &Network,
    subnet: &Subnet,
    interface: Option<&Interface>,
    may_have_public_ip: bool,
) -> Way {
    let tables = match network.route_tables.get(&subnet.vpc) {
        Some(Fact::Known(tables)) => tables,
        Some(Fact::Unavailable(why)) => return Way::Unavailable(why.clone()),
        Some(Fact::Absent) | None => {
            return Way::Unclear(format!("the route tables of {} were not read", subnet.vpc));
        }
    };
    let Some(table) = RouteTable::of_subnet(tables, &subnet.id) else {
        return Way::Unclear(format!("no route table of {} was found", subnet.id));
    };
    let live = || table.routes.iter().filter(|route| !route.blackhole);
    let default = live().find(|route| route.destination == DEFAULT);
    if let Some(closer) = default.and_then(|default| closer_to_aws(network, table, default)) {
        return Way::Unclear(format!(
            "{}, which may have the address of ssmmessages",
            told(closer)
        ));
    }
    match default.map(|route| &route.target) {
        Some(RouteTarget::NatGateway(id)) => through_nat(network, &subnet.vpc, tables, id),
        Some(RouteTarget::InternetGateway(id)) => match interface {
            Some(interface) if interface.public_ip.is_some() => Way::InternetGateway(id.clone()),
            Some(_) if may_have_public_ip => Way::Unclear(format!(
                "the route leads to {id}, and whether the tasks have a public address cannot be told"
            )),
            Some(_) => Way::NoPublicAddress(id.clone()),
            None => Way::Unclear(format!(
                "the route leads to {id}, and the interface's public address could not be read"
            )),
        },
        Some(target) => Way::Unclear(format!("the default route leads to {}", id_of(target))),
        None => match live().find(|route| leads_elsewhere(&route.target)) {
            Some(route) => Way::Unclear(told(route)),
            None => table
                .routes
                .iter()
                .find(|route| route.blackhole && route.destination == DEFAULT)
                .map_or(Way::None, |route| {
                    Way::Blackhole(id_of(&route.target).to_owned())
                }),
        },
    }
}

/// What a NAT gateway leads to: by the routes of the subnet that it is in.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html>
fn through_nat(network: &Network, vpc: &str, tables: &[RouteTable], id: &str) -> Way {
    let gateways = match network.nat_gateways.get(vpc) {
        Some(Fact::Known(gateways)) => gateways,
        Some(Fact::Unavailable(why)) => return Way::Unavailable(why.clone()),
        Some(Fact::Absent) | None => return Way::Nat(id.to_owned()),
    };
    let Some(gateway) = gateways.iter().find(|gateway| gateway.id == id) else {
        return Way::Nat(id.to_owned());
    };
    match gateway.state.as_str() {
        "failed" | "deleting" | "deleted" => return Way::Blackhole(id.to_owned()),
        "pending" => return Way::Unclear(format!("{id} is pending")),
        _ => {}
    }
    if gateway.private {
        return Way::Unclear(format!(
            "{id} is a private NAT gateway, which leads to other networks and not to the internet"
        ));
    }
    let table = match gateway.subnet.as_str() {
        "" => None,
        subnet => RouteTable::of_subnet(tables, subnet),
    };
    let Some(table) = table else {
        return Way::Nat(id.to_owned());
    };
    let live = || table.routes.iter().filter(|route| !route.blackhole);
    let default = live().find(|route| route.destination == DEFAULT);
    let stranded = || Way::StrandedNat {
        gateway: id.to_owned(),
        subnet: gateway.subnet.clone(),
    };
    let unclear = |route: &Route| {
        Way::Unclear(format!(
            "{id} is in {}, where {}",
            gateway.subnet,
            told(route)
        ))
    };
    match default {
        Some(route) => match &route.target {
            RouteTarget::InternetGateway(_) => Way::Nat(id.to_owned()),
            RouteTarget::NatGateway(itself) if itself == id => stranded(),
            _ => unclear(route),
        },
        None => live()
            .find(|route| leads_elsewhere(&route.target))
            .map_or_else(stranded, unclear),
    }
}

/// A route for public addresses that packets take rather than the default one.
fn closer_to_aws<'t>(
    network: &Network,
    table: &'t RouteTable,
    default: &Route,
) -> Option<&'t Route> {
    let may_be_public = |route: &Route| match net(route) {
        Some(net) => Ranges::from(net).meets(&internet()),
        // What a list holds that was not read may be anything.
        None if route.destination.starts_with("pl-") => {
            list(network, &route.destination).is_none_or(|ranges| ranges.meets(&internet()))
        }
        None => false,
    };
    table.routes.iter().find(|route| {
        route.destination != DEFAULT
            && may_divert(route)
            && (route.blackhole || route.target != default.target)
            && may_be_public(route)
    })
}

/// Where a subnet's routes for private addresses lead out of its VPC: told as a sentence, with the addresses.
pub fn detours(network: &Network, subnet: &Subnet) -> Vec<(String, Ranges)> {
    let Some(Fact::Known(tables)) = network.route_tables.get(&subnet.vpc) else {
        return Vec::new();
    };
    let table = RouteTable::of_subnet(tables, &subnet.id);
    table
        .map_or(&[][..], |table| table.routes.as_slice())
        .iter()
        .filter(|route| !route.blackhole && route.destination != DEFAULT && may_divert(route))
        .filter_map(|route| {
            let ranges = match net(route) {
                Some(net) => Ranges::from(net),
                None => list(network, &route.destination)?,
            };
            Some((told(route), ranges.somewhere()))
        })
        .collect()
}

/// A route that takes packets for an address inside the VPC elsewhere: only one that is closer than the VPC's own
/// can, or one that was put in its place, as for an appliance.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/RouteTables.html#route-priority>
pub fn diversion(network: &Network, subnet: &Subnet, addresses: &Ranges) -> Option<String> {
    let tables = network.route_tables.get(&subnet.vpc)?.known()?;
    let routes = &RouteTable::of_subnet(tables, &subnet.id)?.routes;
    let local: Vec<Ipv4Net> = routes
        .iter()
        .filter(|route| route.target == RouteTarget::Local)
        .filter_map(net)
        .collect();
    let mut own = routes
        .iter()
        .filter(|route| route.target == RouteTarget::Local);
    let is_own = own.any(|route| net(route).is_none_or(|net| addresses.are_within(net)));
    routes
        .iter()
        .filter(|route| may_divert(route))
        .find(|route| {
            net(route).is_some_and(|net| {
                let is_closer = local.iter().any(|local| local.contains(&net));
                (is_closer || !is_own) && Ranges::from(net).meets(addresses)
            })
        })
        .map(told)
}

/// Whether a route leads out of the VPC, or nowhere; a gateway endpoint serves a service of its own.
fn may_divert(route: &Route) -> bool {
    !matches!(
        route.target,
        RouteTarget::Local | RouteTarget::GatewayEndpoint(_)
    )
}

fn net(route: &Route) -> Option<Ipv4Net> {
    route.destination.parse().ok()
}

/// What is in a prefix list, where it was read.
fn list(network: &Network, id: &str) -> Option<Ranges> {
    let entries = network.prefix_lists.get(id)?.known()?;
    Some(Ranges::parse(entries.iter().map(String::as_str)))
}

fn told(route: &Route) -> String {
    let (destination, target) = (&route.destination, id_of(&route.target));
    match route.blackhole {
        true => format!("the route for {destination} leads to {target}, which is gone"),
        false => format!("the route for {destination} leads to {target}"),
    }
}

/// Whether packets for this target may reach AWS though there is no default route: a hub network behind a
/// transit gateway, say, can hold the endpoint.
fn leads_elsewhere(target: &RouteTarget) -> bool {
    match target {
        RouteTarget::Local | RouteTarget::GatewayEndpoint(_) => false,
        RouteTarget::NatGateway(_)
        | RouteTarget::InternetGateway(_)
        | RouteTarget::EgressOnlyInternetGateway(_)
        | RouteTarget::Other(_) => true,
    }
}

fn id_of(target: &RouteTarget) -> &str {
    match target {
        RouteTarget::Local => "the VPC itself",
        RouteTarget::NatGateway(id)
        | RouteTarget::InternetGateway(id)
        | RouteTarget::EgressOnlyInternetGateway(id)
        | RouteTarget::GatewayEndpoint(id)
        | RouteTarget::Other(id) => id,
    }
}
