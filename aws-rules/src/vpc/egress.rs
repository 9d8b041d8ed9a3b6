use super::detour::detours;
use super::route_map::{id_of, may_divert, told};
use super::rules::Rules;
use model::facts::{Fact, Interface, Route, RouteTarget, Subnet, Unavailable};
use model::text;

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
