use ipnet::IpNet;

use super::route_map::{describe, leaves_vpc, range};
use super::rules::NetworkRules;
use super::{AddressSet, Reachability, public_addresses};
use model::facts::{Route, RouteTarget, Subnet, Unavailable};

/// The routes of a subnet that lead out of its VPC to other networks than the internet: a clause that describes each,
/// with its addresses.
pub fn non_internet_routes(rules: &NetworkRules, subnet: &Subnet) -> Vec<(String, AddressSet)> {
    let Ok(map) = rules.routes(&subnet.vpc, &subnet.id) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for route in map
        .routes
        .iter()
        .filter(|route| !route.blackhole && leaves_vpc(route))
    {
        let addresses = match range(route) {
            Some(range) if range.prefix_len() == 0 => continue,
            Some(range) => [IpNet::V4(range)].into_iter().collect(),
            // A route to IPv6 is not for a list either.
            None => match rules.prefix_list(&route.destination) {
                Ok(addresses) => addresses.clone(),
                Err(_) => continue,
            },
        };
        let is_gateway = matches!(
            route.target,
            RouteTarget::NatGateway(_) | RouteTarget::InternetGateway(_)
        );
        if !is_gateway || !addresses.overlaps(public_addresses()) {
            found.push((describe(route), addresses));
        }
    }
    found
}

/// A route that takes packets for an address inside the VPC elsewhere.
pub struct RouteDiversion {
    /// A clause that describes the route.
    pub description: String,
    /// Blocked if the target of the route is gone, else unknown.
    pub reachability: Reachability,
}

/// The route by which packets for an address inside the VPC leave it: one that is more specific than the VPC's own, or one
/// that replaces it, as for an appliance.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/RouteTables.html#route-priority>
pub fn find_diversion(
    rules: &NetworkRules,
    vpc: &str,
    subnet: &str,
    addresses: &AddressSet,
) -> Option<RouteDiversion> {
    let map = rules.routes(vpc, subnet).ok()?;
    let is_local_known = map.is_local_known();
    let diverting = map.parts.iter().find(|(route, part)| {
        let can_be_inside = || range(route).is_none_or(|range| range.prefix_len() >= LARGEST_VPC);
        part.overlaps(addresses) && leaves_vpc(route) && (is_local_known || can_be_inside())
    });
    if let Some((route, part)) = diverting {
        let description = describe(route);
        let reachability = match route.blackhole && part.covers(addresses) {
            true => Reachability::Blocked,
            false => Reachability::Unknown(Unavailable::not_asked(
                "ec2:DescribeRouteTables",
                format!("{description}, and the path from there is unknown"),
            )),
        };
        return Some(RouteDiversion {
            description,
            reachability,
        });
    }
    let mut unread = map.unread.iter();
    let (route, why) = unread.find(|(route, _)| can_override_local(route))?;
    Some(RouteDiversion {
        description: describe(route),
        reachability: Reachability::Unknown(why.clone()),
    })
}

/// The shortest prefix of a VPC's range.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html>
const LARGEST_VPC: u8 = 16;

/// Whether AWS lets a route with this target be more specific than the VPC's own.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/RouteTables.html>
fn can_override_local(route: &Route) -> bool {
    match &route.target {
        RouteTarget::NatGateway(_) => true,
        RouteTarget::Other(id) => ["eni-", "i-", "vpce-"]
            .iter()
            .any(|kind| id.starts_with(kind)),
        _ => false,
    }
}
