use std::cmp::Reverse;
use std::collections::BTreeSet;

use ipnet::Ipv4Net;

use super::intervals::{Interval, Intervals};
use super::range::{interval, parse};
use super::rules::Rules;
use super::{Ranges, internet};
use model::facts::{Fact, Route, RouteTable, RouteTarget, Unavailable};

/// The routes of a table for IPv4, each with the addresses for which it is the one that counts: the route with the
/// longest prefix, and of equal ones that to a range before that to a prefix list.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html>
pub struct RouteMap {
    pub(super) routes: Vec<Route>,
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

    pub(super) fn unread(&self) -> impl Iterator<Item = (&Route, &Unavailable)> {
        let unread = self.unread.iter();
        unread.map(|(number, why)| (&self.routes[*number], why))
    }

    /// The routes that lead to public addresses, without those of services' own and of the VPC, and whether they lead
    /// to all of them.
    pub(super) fn to_internet(&self) -> (Vec<&Route>, bool) {
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
    pub(super) fn is_local_known(&self) -> bool {
        let mut local = self
            .routes
            .iter()
            .filter(|route| route.target == RouteTarget::Local);
        let is_range = |route: &Route| parse(&route.destination).is_some();
        local.next().is_some_and(is_range) && local.all(is_range)
    }

    /// A live route that may lead to another network.
    pub(super) fn elsewhere(&self) -> Option<&Route> {
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

/// Whether a route leads out of the VPC, or nowhere; a gateway endpoint serves a service of its own.
pub(super) fn may_divert(route: &Route) -> bool {
    !matches!(
        route.target,
        RouteTarget::Local | RouteTarget::GatewayEndpoint(_)
    )
}

pub(super) fn is_for_list(route: &Route) -> bool {
    route.destination.starts_with("pl-")
}

pub(super) fn net(route: &Route) -> Option<Ipv4Net> {
    route.destination.parse().ok()
}

pub(super) fn told(route: &Route) -> String {
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

pub(super) fn id_of(target: &RouteTarget) -> &str {
    match target {
        RouteTarget::Local => "the VPC itself",
        RouteTarget::NatGateway(id)
        | RouteTarget::InternetGateway(id)
        | RouteTarget::EgressOnlyInternetGateway(id)
        | RouteTarget::GatewayEndpoint(id)
        | RouteTarget::Other(id) => id,
    }
}
