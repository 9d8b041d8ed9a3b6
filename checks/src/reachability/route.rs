use std::cmp::Reverse;
use std::collections::BTreeSet;

use ipnet::{IpNet, Ipv4Net};

use super::intervals::{Interval, Intervals};
use super::range::{interval, parse};
use super::rules::Rules;
use super::{Ranges, Reachability, internet};
use crate::facts::{Fact, Interface, Route, RouteTable, RouteTarget, Subnet, Unavailable};
use crate::text;

/// How packets get from a subnet to the internet.
#[derive(Debug, Clone, PartialEq)]
pub enum Egress {
    /// Through this NAT gateway.
    Nat(String),
    /// Through this internet gateway, with a public address on the interface.
    InternetGateway(String),
    /// Through one of these, by their destination: all of them lead to the internet.
    Several(Vec<Egress>),
    /// There is a route to this internet gateway, but the interface has no public address to use it with.
    NoPublicAddress(String),
    /// The route leads to this NAT gateway, whose own subnet has no route to an internet gateway.
    NatWithoutInternet {
        gateway: String,
        subnet: String,
    },
    /// The default route leads to this, which is gone.
    Blackhole(String),
    /// There is no route.
    None,
    /// Traffic leaves towards something that cannot be followed, or nobody could tell.
    Unclear(String),
    Unavailable(Unavailable),
}

impl Egress {
    pub fn leads_out(&self) -> bool {
        matches!(
            self,
            Egress::Nat(_) | Egress::InternetGateway(_) | Egress::Several(_)
        )
    }

    pub fn is_closed(&self) -> bool {
        matches!(
            self,
            Egress::None
                | Egress::NoPublicAddress(_)
                | Egress::NatWithoutInternet { .. }
                | Egress::Blackhole(_)
        )
    }

    /// The gateways through which it leads out.
    pub fn gateways(&self) -> Vec<&str> {
        match self {
            Egress::Nat(id) | Egress::InternetGateway(id) => vec![id],
            Egress::Several(all) => all.iter().flat_map(Egress::gateways).collect(),
            _ => Vec::new(),
        }
    }

    fn is_by_nat_only(&self) -> bool {
        match self {
            Egress::Nat(_) => true,
            Egress::Several(all) => all.iter().all(Egress::is_by_nat_only),
            _ => false,
        }
    }
}

/// The routes of a table for IPv4, each with the addresses for which it is the one that counts: the route with the
/// longest prefix, and of equal ones that to a range before that to a prefix list.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html>
pub struct RouteMap {
    routes: Vec<Route>,
    /// By the number of the route.
    parts: Vec<(usize, Ranges)>,
    /// Routes to prefix lists that could not be read, by number, and why.
    unread: Vec<(usize, Unavailable)>,
}

/// One destination of a route. In the order in which routes count.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    prefix: Reverse<u8>,
    by_list: bool,
    blackhole: bool,
    route: usize,
    addresses: Interval,
}

impl RouteMap {
    pub(super) fn of(rules: &Rules, table: &RouteTable) -> RouteMap {
        let mut unread = Vec::new();
        let mut entries: Vec<Entry> = Vec::new();
        for (number, route) in table.routes.iter().enumerate() {
            let by_list = is_for_list(route);
            let texts = match rules.network.prefix_lists.get(&route.destination) {
                Some(Fact::Known(texts)) if by_list => texts.as_slice(),
                _ if by_list => {
                    if let Err(why) = &*rules.prefix_list(&route.destination) {
                        unread.push((number, why.clone()));
                    }
                    continue;
                }
                _ => std::slice::from_ref(&route.destination),
            };
            let nets = texts.iter().filter_map(|text| parse(text));
            entries.extend(nets.filter(|net| net.addr().is_ipv4()).map(|net| Entry {
                prefix: Reverse(net.prefix_len()),
                by_list,
                blackhole: route.blackhole,
                route: number,
                addresses: interval(&net),
            }));
        }
        entries.sort_unstable();
        let parts = divide(&entries, table.routes.len()).into_iter().enumerate();
        RouteMap {
            routes: table.routes.clone(),
            parts: parts.filter(|(_, ranges)| !ranges.is_empty()).collect(),
            unread,
        }
    }

    pub fn parts(&self) -> impl Iterator<Item = (&Route, &Ranges)> {
        let parts = self.parts.iter();
        parts.map(|(number, ranges)| (&self.routes[*number], ranges))
    }

    fn unread(&self) -> impl Iterator<Item = (&Route, &Unavailable)> {
        let unread = self.unread.iter();
        unread.map(|(number, why)| (&self.routes[*number], why))
    }

    /// The routes that lead to public addresses, without those of services' own and of the VPC, and whether they lead
    /// to all of them.
    fn to_internet(&self) -> (Vec<&Route>, bool) {
        let mut routes: Vec<&Route> = Vec::new();
        for (route, _) in self.parts().filter(|(_, part)| part.meets(internet())) {
            let is_same =
                |other: &&Route| other.target == route.target && other.blackhole == route.blackhole;
            if may_divert(route) && !routes.iter().any(is_same) {
                routes.push(route);
            }
        }
        let covered = Ranges::union(self.parts().map(|(_, part)| part));
        (routes, covered.covers(internet()))
    }

    /// Whether the ranges of the VPC itself are known; those of a plan may not be.
    fn is_local_known(&self) -> bool {
        let mut local = self
            .routes
            .iter()
            .filter(|route| route.target == RouteTarget::Local);
        let is_range = |route: &Route| parse(&route.destination).is_some();
        local.next().is_some_and(is_range) && local.all(is_range)
    }

    /// A live route that may lead to another network.
    fn elsewhere(&self) -> Option<&Route> {
        let mut routes = self.routes.iter();
        routes.find(|route| !route.blackhole && leads_elsewhere(&route.target))
    }
}

/// For each route the addresses for which no other one counts more.
fn divide(entries: &[Entry], routes: usize) -> Vec<Ranges> {
    let mut won: Vec<Vec<Interval>> = vec![Vec::new(); routes];
    let mut taken = Intervals::default();
    for equal in
        entries.chunk_by(|one, other| (one.prefix, one.by_list) == (other.prefix, other.by_list))
    {
        // A static and a propagated route may be for the same range.
        let mut once = BTreeSet::new();
        for of_route in equal.chunk_by(|one, other| one.route == other.route) {
            let new = of_route
                .iter()
                .filter(|entry| entry.by_list || once.insert(entry.addresses));
            let new: Intervals = new.map(|entry| entry.addresses).collect();
            won[of_route[0].route].extend(new.without(&taken).iter());
        }
        let addresses = equal.iter().map(|entry| entry.addresses);
        taken = taken.iter().chain(addresses).collect();
    }
    won.into_iter()
        .map(|addresses| Ranges::of_v4(addresses.into_iter().collect()))
        .collect()
}

/// How an interface in a subnet gets to the internet.
///
/// `may_have_public_ip`: the interface was asked to have a public address, though none is seen.
pub fn way_out(
    rules: &Rules,
    subnet: &Subnet,
    interface: Option<&Interface>,
    may_have_public_ip: bool,
) -> Egress {
    let way = by_routes(rules, subnet, interface, may_have_public_ip);
    let way = unless_blocked(rules, way);
    let closed = match &way {
        Egress::NoPublicAddress(gateway) => {
            format!("the tasks have no public address to use {gateway} with")
        }
        Egress::NatWithoutInternet { gateway, .. } => {
            format!("{gateway} leads to no internet gateway")
        }
        Egress::Blackhole(target) => format!("the default route leads to {target}, which is gone"),
        _ => return way,
    };
    // An endpoint of another network may stand there, and a private hosted zone may name it.
    match detours(rules, subnet).into_iter().next() {
        Some((told, _)) => Egress::Unclear(format!("{closed}, but {told}")),
        None => way,
    }
}

/// Block Public Access stands above all routes: of both modes one leaves the way through NAT gateways.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html>
fn unless_blocked(rules: &Rules, way: Egress) -> Egress {
    if !way.leads_out() {
        return way;
    }
    let mode = match &rules.network.block_public_access {
        Some(Fact::Known(mode)) => mode.as_str(),
        Some(Fact::Unavailable(why)) => return Egress::Unavailable(why.clone()),
        Some(Fact::Absent) | None => return way,
    };
    if mode == "off" || mode == "block-ingress" && way.is_by_nat_only() {
        return way;
    }
    Egress::Unclear(format!(
        "the route leads to {}, and VPC Block Public Access is on ({mode}); its exclusions are not read",
        text::list(&way.gateways())
    ))
}

fn by_routes(
    rules: &Rules,
    subnet: &Subnet,
    interface: Option<&Interface>,
    may_have_public_ip: bool,
) -> Egress {
    if let Some(Fact::Unavailable(why)) = rules.network.route_tables.get(&subnet.vpc) {
        return Egress::Unavailable(why.clone());
    }
    let map = rules.routes(&subnet.vpc, &subnet.id);
    let map = match &*map {
        Ok(map) => map,
        Err(why) => return Egress::Unclear(why.message.clone()),
    };
    let (routes, are_all) = map.to_internet();
    let mut unread = map.unread().map(|(route, _)| route);
    let is_other = |route: &&Route| {
        let is_same = |other: &Route| other.target == route.target && !other.blackhole;
        may_divert(route) && (route.blackhole || !routes.iter().all(|other| is_same(other)))
    };
    if let Some(route) = unread.find(is_other).filter(|_| !routes.is_empty()) {
        return Egress::Unclear(format!(
            "{}, which may have the address of ssmmessages",
            told(route)
        ));
    }
    let by = |route: &&Route| by_route(rules, subnet, route, interface, may_have_public_ip);
    let mut ways: Vec<Egress> = routes.iter().map(by).collect();
    if ways.is_empty() {
        return map
            .elsewhere()
            .map_or(Egress::None, |route| Egress::Unclear(told(route)));
    }
    if ways.iter().all(Egress::is_closed) {
        let elsewhere = map
            .elsewhere()
            .filter(|_| routes.iter().all(|route| route.blackhole));
        return match elsewhere {
            Some(route) => Egress::Unclear(told(route)),
            None => ways.swap_remove(0),
        };
    }
    if are_all && ways.len() == 1 {
        return ways.swap_remove(0);
    }
    if are_all && ways.iter().all(Egress::leads_out) {
        return Egress::Several(ways);
    }
    let unavailable = |way: &Egress| matches!(way, Egress::Unavailable(_));
    if let Some(number) = ways.iter().position(unavailable) {
        return ways.swap_remove(number);
    }
    let told: Vec<String> = routes.into_iter().map(told).collect();
    let rest = match are_all {
        true => "",
        false => ", no route leads to other public addresses",
    };
    Egress::Unclear(format!(
        "{}{rest}, and which address ssmmessages has is unknown",
        text::list(&told)
    ))
}

/// How packets get to the internet that take this route.
fn by_route(
    rules: &Rules,
    subnet: &Subnet,
    route: &Route,
    interface: Option<&Interface>,
    may_have_public_ip: bool,
) -> Egress {
    if route.blackhole {
        return Egress::Blackhole(id_of(&route.target).to_owned());
    }
    match &route.target {
        RouteTarget::NatGateway(id) => through_nat(rules, &subnet.vpc, id),
        RouteTarget::InternetGateway(id) => match interface {
            Some(interface) if interface.public_ip.is_some() => Egress::InternetGateway(id.clone()),
            Some(_) if may_have_public_ip => Egress::Unclear(format!(
                "the route leads to {id}, and whether the tasks have a public address is unknown"
            )),
            Some(_) => Egress::NoPublicAddress(id.clone()),
            None => Egress::Unclear(format!(
                "the route leads to {id}, and the interface's public address could not be read"
            )),
        },
        _ => Egress::Unclear(told(route)),
    }
}

/// What a NAT gateway leads to: by the routes of the subnet that it is in.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html>
fn through_nat(rules: &Rules, vpc: &str, id: &str) -> Egress {
    let gateways = match rules.network.nat_gateways.get(vpc) {
        Some(Fact::Known(gateways)) => gateways,
        Some(Fact::Unavailable(why)) => return Egress::Unavailable(why.clone()),
        Some(Fact::Absent) | None => return Egress::Nat(id.to_owned()),
    };
    let Some(gateway) = gateways.iter().find(|gateway| gateway.id == id) else {
        return Egress::Nat(id.to_owned());
    };
    match gateway.state.as_str() {
        "failed" | "deleting" | "deleted" => return Egress::Blackhole(id.to_owned()),
        "pending" => return Egress::Unclear(format!("{id} is pending")),
        _ => {}
    }
    if gateway.private {
        return Egress::Unclear(format!(
            "{id} is a private NAT gateway, which leads to other networks and not to the internet"
        ));
    }
    if gateway.subnet.is_empty() {
        return Egress::Nat(id.to_owned());
    }
    let map = rules.routes(vpc, &gateway.subnet);
    let Ok(map) = &*map else {
        return Egress::Nat(id.to_owned());
    };
    let (routes, are_all) = map.to_internet();
    let is_stranded = |route: &&Route| {
        route.blackhole || matches!(&route.target, RouteTarget::NatGateway(itself) if itself == id)
    };
    let leads_out = |route: &&Route| {
        !route.blackhole && matches!(route.target, RouteTarget::InternetGateway(_))
    };
    let only_blackholes = routes.iter().all(|route| route.blackhole);
    let doubtful = match () {
        () if are_all && !routes.is_empty() && routes.iter().all(leads_out) => {
            return Egress::Nat(id.to_owned());
        }
        () if only_blackholes => map.elsewhere(),
        () if routes.iter().all(is_stranded) => None,
        () => routes
            .iter()
            .find(|route| !leads_out(route))
            .or(routes.first())
            .copied(),
    };
    match doubtful {
        Some(route) => Egress::Unclear(format!(
            "{id} is in {}, where {}",
            gateway.subnet,
            told(route)
        )),
        None => Egress::NatWithoutInternet {
            gateway: id.to_owned(),
            subnet: gateway.subnet.clone(),
        },
    }
}

/// Where a subnet's routes lead out of its VPC besides to the internet: told as a sentence, with the addresses.
pub fn detours(rules: &Rules, subnet: &Subnet) -> Vec<(String, Ranges)> {
    let map = rules.routes(&subnet.vpc, &subnet.id);
    let Ok(map) = &*map else {
        return Vec::new();
    };
    let is_gateway = |route: &Route| {
        matches!(
            route.target,
            RouteTarget::NatGateway(_) | RouteTarget::InternetGateway(_)
        )
    };
    map.routes
        .iter()
        .filter(|route| !route.blackhole && may_divert(route))
        .filter_map(|route| {
            let ranges = match net(route) {
                Some(net) if net.prefix_len() == 0 => return None,
                Some(net) => [IpNet::V4(net)].into_iter().collect(),
                None if is_for_list(route) => rules
                    .prefix_list(&route.destination)
                    .as_ref()
                    .as_ref()
                    .ok()?
                    .clone(),
                None => return None,
            };
            let is_to_internet = is_gateway(route) && ranges.meets(internet());
            (!is_to_internet).then(|| (told(route), ranges))
        })
        .collect()
}

/// A route that takes packets for an address inside the VPC elsewhere.
pub struct Diversion {
    /// As the end of a sentence.
    pub told: String,
    /// Blocked where what the route leads to is gone, else unknown.
    pub reachability: Reachability,
}

/// The route by which packets for an address inside the VPC leave it: only one that is closer than the VPC's own can, or
/// one that was put in its place, as for an appliance.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/RouteTables.html#route-priority>
pub fn diversion(rules: &Rules, vpc: &str, subnet: &str, addresses: &Ranges) -> Option<Diversion> {
    let map = rules.routes(vpc, subnet);
    let map = map.as_ref().as_ref().ok()?;
    let is_local_known = map.is_local_known();
    let mut met = map.parts().filter(|(route, part)| {
        let is_closer = || net(route).is_none_or(|net| net.prefix_len() >= LARGEST_VPC);
        part.meets(addresses) && may_divert(route) && (is_local_known || is_closer())
    });
    if let Some((route, part)) = met.next() {
        let told = told(route);
        let reachability = match route.blackhole && part.covers(addresses) {
            true => Reachability::Blocked,
            false => Reachability::Unknown(Unavailable::not_asked(
                "ec2:DescribeRouteTables",
                format!("{told}, and where packets go from there is unknown"),
            )),
        };
        return Some(Diversion { told, reachability });
    }
    let (route, why) = map.unread().find(|(route, _)| may_be_inside(route))?;
    Some(Diversion {
        told: told(route),
        reachability: Reachability::Unknown(why.clone()),
    })
}

/// The shortest prefix of a VPC's range.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html>
const LARGEST_VPC: u8 = 16;

/// Whether a route may be closer than the VPC's own: AWS allows that for few targets.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/RouteTables.html>
fn may_be_inside(route: &Route) -> bool {
    match &route.target {
        RouteTarget::NatGateway(_) => true,
        RouteTarget::Other(id) => ["eni-", "i-", "vpce-"]
            .iter()
            .any(|kind| id.starts_with(kind)),
        _ => false,
    }
}

/// Whether a route leads out of the VPC, or nowhere; a gateway endpoint serves a service of its own.
fn may_divert(route: &Route) -> bool {
    !matches!(
        route.target,
        RouteTarget::Local | RouteTarget::GatewayEndpoint(_)
    )
}

fn is_for_list(route: &Route) -> bool {
    route.destination.starts_with("pl-")
}

fn net(route: &Route) -> Option<Ipv4Net> {
    route.destination.parse().ok()
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
