use ipnet::IpNet;

use super::route_map::{is_for_list, may_divert, net, told};
use super::rules::Rules;
use super::{Ranges, Reachability, internet};
use model::facts::{Route, RouteTarget, Subnet, Unavailable};

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
