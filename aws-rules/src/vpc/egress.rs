use super::diversion::non_internet_routes;
use super::route_map::{describe, leaves_vpc, target_id};
use super::rules::NetworkRules;
use model::facts::{Fact, Interface, Route, RouteTarget, Subnet, Unavailable};
use model::text;

/// How packets get from a subnet to the internet.
#[derive(Debug, Clone, PartialEq)]
pub enum Egress {
    /// Through this NAT gateway.
    Nat(String),
    /// Through this internet gateway, with a public address on the interface.
    InternetGateway(String),
    /// Through one of these, which all lead to the internet; the destination address decides.
    Several(Vec<Egress>),
    /// To this internet gateway, but the interface has no public address, which the gateway requires.
    NoPublicAddress(String),
    /// To this NAT gateway, whose own subnet has no route to an internet gateway.
    NatWithoutInternet {
        /// ID of the NAT gateway.
        gateway: String,
        /// ID of the gateway's own subnet.
        subnet: String,
    },
    /// To this target, which is gone.
    Blackhole(String),
    /// There is no route.
    None,
    /// To a target beyond which the path is unknown; a clause says why.
    Unclear(String),
    /// The facts are missing.
    Unavailable(Unavailable),
}

impl Egress {
    /// Whether packets reach the internet.
    pub fn reaches_internet(&self) -> bool {
        matches!(
            self,
            Egress::Nat(_) | Egress::InternetGateway(_) | Egress::Several(_)
        )
    }

    /// Whether packets certainly do not reach the internet.
    pub fn is_blocked(&self) -> bool {
        matches!(
            self,
            Egress::None
                | Egress::NoPublicAddress(_)
                | Egress::NatWithoutInternet { .. }
                | Egress::Blackhole(_)
        )
    }

    /// The gateways on the path to the internet.
    pub fn gateways(&self) -> Vec<&str> {
        match self {
            Egress::Nat(id) | Egress::InternetGateway(id) => vec![id],
            Egress::Several(all) => all.iter().flat_map(Egress::gateways).collect(),
            _ => Vec::new(),
        }
    }

    fn uses_nat_only(&self) -> bool {
        match self {
            Egress::Nat(_) => true,
            Egress::Several(all) => all.iter().all(Egress::uses_nat_only),
            _ => false,
        }
    }
}

/// How an interface in a subnet reaches the internet.
///
/// `may_have_public_ip`: a public address was requested for the interface, though the facts have none.
pub fn trace_egress(
    rules: &NetworkRules,
    subnet: &Subnet,
    interface: Option<&Interface>,
    may_have_public_ip: bool,
) -> Egress {
    let egress = by_routes(rules, subnet, interface, may_have_public_ip);
    let egress = apply_block_public_access(rules, egress);
    let obstacle = match &egress {
        Egress::NoPublicAddress(gateway) => {
            format!("the tasks have no public address, which {gateway} requires")
        }
        Egress::NatWithoutInternet { gateway, .. } => {
            format!("{gateway} leads to no internet gateway")
        }
        Egress::Blackhole(target) => format!("the default route leads to {target}, which is gone"),
        _ => return egress,
    };
    // Another network may have an endpoint, and a private hosted zone may resolve the name to it.
    match non_internet_routes(rules, subnet).into_iter().next() {
        Some((route, _)) => Egress::Unclear(format!("{obstacle}, but {route}")),
        None => egress,
    }
}

/// Block Public Access overrides all routes. One of its two modes leaves NAT gateways open.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html>
fn apply_block_public_access(rules: &NetworkRules, egress: Egress) -> Egress {
    if !egress.reaches_internet() {
        return egress;
    }
    let mode = match &rules.network.block_public_access {
        Some(Fact::Known(mode)) => mode.as_str(),
        Some(Fact::Unavailable(why)) => return Egress::Unavailable(why.clone()),
        Some(Fact::Absent) | None => return egress,
    };
    if mode == "off" || mode == "block-ingress" && egress.uses_nat_only() {
        return egress;
    }
    Egress::Unclear(format!(
        "the route leads to {}, and VPC Block Public Access is on ({mode}); its exclusions are not read",
        text::list(&egress.gateways())
    ))
}

fn by_routes(
    rules: &NetworkRules,
    subnet: &Subnet,
    interface: Option<&Interface>,
    may_have_public_ip: bool,
) -> Egress {
    if let Some(Fact::Unavailable(why)) = rules.network.route_tables.get(&subnet.vpc) {
        return Egress::Unavailable(why.clone());
    }
    let map = rules.routes(&subnet.vpc, &subnet.id);
    let map = match map {
        Ok(map) => map,
        Err(why) => return Egress::Unclear(why.message.clone()),
    };
    let (routes, cover_all) = map.to_internet();
    let is_other = |route: &&Route| {
        let is_same = |other: &Route| other.target == route.target && !other.blackhole;
        leaves_vpc(route) && (route.blackhole || !routes.iter().all(|other| is_same(other)))
    };
    let mut unread = map.unread.iter().map(|(route, _)| *route);
    if let Some(route) = unread.find(is_other).filter(|_| !routes.is_empty()) {
        return Egress::Unclear(format!(
            "{}, which may include the address of ssmmessages",
            describe(route)
        ));
    }
    let by = |route: &&Route| by_route(rules, subnet, route, interface, may_have_public_ip);
    let mut paths: Vec<Egress> = routes.iter().map(by).collect();
    if paths.is_empty() {
        return map
            .to_other_network()
            .map_or(Egress::None, |route| Egress::Unclear(describe(route)));
    }
    if paths.iter().all(Egress::is_blocked) {
        let elsewhere = map
            .to_other_network()
            .filter(|_| routes.iter().all(|route| route.blackhole));
        return match elsewhere {
            Some(route) => Egress::Unclear(describe(route)),
            None => paths.swap_remove(0),
        };
    }
    if cover_all && paths.len() == 1 {
        return paths.swap_remove(0);
    }
    if cover_all && paths.iter().all(Egress::reaches_internet) {
        return Egress::Several(paths);
    }
    let unavailable = |path: &Egress| matches!(path, Egress::Unavailable(_));
    if let Some(number) = paths.iter().position(unavailable) {
        return paths.swap_remove(number);
    }
    let routes: Vec<String> = routes.into_iter().map(describe).collect();
    let rest = match cover_all {
        true => "",
        false => ", no route leads to other public addresses",
    };
    Egress::Unclear(format!(
        "{}{rest}, and the address of ssmmessages is unknown",
        text::list(&routes)
    ))
}

/// How packets that take this route reach the internet.
fn by_route(
    rules: &NetworkRules,
    subnet: &Subnet,
    route: &Route,
    interface: Option<&Interface>,
    may_have_public_ip: bool,
) -> Egress {
    if route.blackhole {
        return Egress::Blackhole(target_id(&route.target).to_owned());
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
        _ => Egress::Unclear(describe(route)),
    }
}

/// The path behind a NAT gateway, by the routes of its own subnet.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html>
fn through_nat(rules: &NetworkRules, vpc: &str, id: &str) -> Egress {
    let gateways = match rules.network.nat_gateways.get(vpc) {
        Some(Fact::Known(gateways)) => gateways,
        Some(Fact::Unavailable(why)) => return Egress::Unavailable(why.clone()),
        Some(Fact::Absent) | None => return Egress::Nat(id.to_owned()),
    };
    let Some(gateway) = gateways.iter().find(|gateway| gateway.id == id) else {
        return Egress::Nat(id.to_owned());
    };
    if gateway.is_gone() {
        return Egress::Blackhole(id.to_owned());
    }
    if gateway.is_pending() {
        return Egress::Unclear(format!("{id} is pending"));
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
    let Ok(map) = map else {
        return Egress::Nat(id.to_owned());
    };
    let (routes, cover_all) = map.to_internet();
    let is_stranded = |route: &&Route| {
        route.blackhole || matches!(&route.target, RouteTarget::NatGateway(itself) if itself == id)
    };
    let is_internet_gateway = |route: &&Route| {
        !route.blackhole && matches!(route.target, RouteTarget::InternetGateway(_))
    };
    let only_blackholes = routes.iter().all(|route| route.blackhole);
    let unclear = match () {
        () if cover_all && !routes.is_empty() && routes.iter().all(is_internet_gateway) => {
            return Egress::Nat(id.to_owned());
        }
        () if only_blackholes => map.to_other_network(),
        () if routes.iter().all(is_stranded) => None,
        () => routes
            .iter()
            .find(|route| !is_internet_gateway(route))
            .or(routes.first())
            .copied(),
    };
    match unclear {
        Some(route) => Egress::Unclear(format!(
            "{id} is in {}, and {}",
            gateway.subnet,
            describe(route)
        )),
        None => Egress::NatWithoutInternet {
            gateway: id.to_owned(),
            subnet: gateway.subnet.clone(),
        },
    }
}
