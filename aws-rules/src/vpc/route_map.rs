use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::slice;

use ipnet::Ipv4Net;

use super::address_set::{interval, parse};
use super::intervals::{Interval, Intervals};
use super::prefix_list::PrefixLists;
use super::{AddressSet, public_addresses};
use model::facts::{Fact, Network, Route, RouteTable, RouteTarget, Unavailable};

/// The IPv4 routes of a table, each with the addresses that it decides for: the longest prefix decides, and of equal
/// ones a route to a range before a route to a prefix list.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html>
pub struct RouteMap<'a> {
    pub(super) routes: &'a [Route],
    /// Each route that decides for some addresses, with these.
    pub(super) parts: Vec<(&'a Route, AddressSet)>,
    /// Routes to prefix lists that could not be read, and why.
    pub(super) unread: Vec<(&'a Route, Unavailable)>,
}

/// One destination of a route, ordered by precedence.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    prefix: Reverse<u8>,
    by_list: bool,
    blackhole: bool,
    /// Index in the table.
    route: usize,
    addresses: Interval,
}

impl<'a> RouteMap<'a> {
    pub(super) fn new(
        lists: &PrefixLists,
        network: &'a Network,
        table: &'a RouteTable,
    ) -> RouteMap<'a> {
        let mut unread = Vec::new();
        let mut entries: Vec<Entry> = Vec::new();
        for (number, route) in table.routes.iter().enumerate() {
            let by_list = is_for_list(route);
            let texts = match network.prefix_lists.get(&route.destination) {
                Some(Fact::Known(texts)) if by_list => texts.as_slice(),
                _ if by_list => {
                    unread.extend(lists.get(&route.destination).err().map(|why| (route, why)));
                    continue;
                }
                _ => slice::from_ref(&route.destination),
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
        let parts = table
            .routes
            .iter()
            .zip(divide(&entries, table.routes.len()));
        RouteMap {
            routes: &table.routes,
            parts: parts.filter(|(_, part)| !part.is_empty()).collect(),
            unread,
        }
    }

    /// The routes out of the VPC that lead to public addresses, one for each target, and whether all routes together
    /// cover all public addresses.
    pub(super) fn to_internet(&self) -> (Vec<&'a Route>, bool) {
        let mut routes: Vec<&Route> = Vec::new();
        for (route, part) in &self.parts {
            let is_same =
                |other: &&Route| other.target == route.target && other.blackhole == route.blackhole;
            if part.overlaps(public_addresses()) && leaves_vpc(route) && !routes.iter().any(is_same)
            {
                routes.push(route);
            }
        }
        let covered = AddressSet::union(self.parts.iter().map(|(_, part)| part));
        (routes, covered.covers(public_addresses()))
    }

    /// Whether the ranges of the VPC are known. In a Terraform plan they can be unknown.
    pub(super) fn is_local_known(&self) -> bool {
        let local = |route: &&Route| route.target == RouteTarget::Local;
        let mut local = self.routes.iter().filter(local).peekable();
        local.peek().is_some() && local.all(|route| parse(&route.destination).is_some())
    }

    /// A live route out of the VPC. Even without a default route its packets may reach AWS: a hub network behind a
    /// transit gateway can hold the endpoint.
    pub(super) fn to_other_network(&self) -> Option<&'a Route> {
        let mut routes = self.routes.iter();
        routes.find(|route| !route.blackhole && leaves_vpc(route))
    }
}

/// For each route the addresses for which no other route takes precedence.
fn divide(entries: &[Entry], routes: usize) -> Vec<AddressSet> {
    let mut won: Vec<Vec<Interval>> = vec![Vec::new(); routes];
    let mut taken = Intervals::default();
    for equal in
        entries.chunk_by(|one, other| (one.prefix, one.by_list) == (other.prefix, other.by_list))
    {
        // A static and a propagated route can have the same range.
        let mut once = BTreeSet::new();
        for of_route in equal.chunk_by(|one, other| one.route == other.route) {
            let new = of_route
                .iter()
                .filter(|entry| entry.by_list || once.insert(entry.addresses));
            let new: Intervals = new.map(|entry| entry.addresses).collect();
            won[of_route[0].route].extend(new.difference(&taken).iter());
        }
        let addresses = equal.iter().map(|entry| entry.addresses);
        taken = taken.iter().chain(addresses).collect();
    }
    won.into_iter()
        .map(|addresses| AddressSet::from_ipv4(addresses.into_iter().collect()))
        .collect()
}

/// Whether a route leads out of the VPC, or nowhere. A gateway endpoint serves its own service only.
pub(super) fn leaves_vpc(route: &Route) -> bool {
    !matches!(
        route.target,
        RouteTarget::Local | RouteTarget::GatewayEndpoint(_)
    )
}

fn is_for_list(route: &Route) -> bool {
    route.destination.starts_with("pl-")
}

/// The range of a route; `None` for one to a prefix list or to IPv6.
pub(super) fn range(route: &Route) -> Option<Ipv4Net> {
    route.destination.parse().ok()
}

/// A clause that describes a route.
pub(super) fn describe(route: &Route) -> String {
    let (destination, target) = (&route.destination, target_id(&route.target));
    match route.blackhole {
        true => format!("the route for {destination} leads to {target}, which is gone"),
        false => format!("the route for {destination} leads to {target}"),
    }
}

pub(super) fn target_id(target: &RouteTarget) -> &str {
    match target {
        RouteTarget::Local => "the VPC itself",
        RouteTarget::NatGateway(id)
        | RouteTarget::InternetGateway(id)
        | RouteTarget::EgressOnlyInternetGateway(id)
        | RouteTarget::GatewayEndpoint(id)
        | RouteTarget::Other(id) => id,
    }
}
