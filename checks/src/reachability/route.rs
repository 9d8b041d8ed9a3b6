use crate::facts::{Fact, Interface, Network, RouteTable, RouteTarget, Subnet, Unavailable};

/// A way from a subnet to the internet.
#[derive(Debug, Clone, PartialEq)]
pub enum Way {
    /// Through this NAT gateway.
    Nat(String),
    /// Through this internet gateway, with a public address on the interface.
    InternetGateway(String),
    /// There is a route to this internet gateway, but the interface has no public address to use it with.
    NoPublicAddress(String),
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
            Way::None | Way::NoPublicAddress(_) | Way::Blackhole(_)
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
    let default = live().find(|route| route.destination == "0.0.0.0/0");
    match default.map(|route| &route.target) {
        Some(RouteTarget::NatGateway(id)) => Way::Nat(id.clone()),
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
            Some(route) => Way::Unclear(format!(
                "the route for {} leads to {}",
                route.destination,
                id_of(&route.target)
            )),
            None => table
                .routes
                .iter()
                .find(|route| route.blackhole && route.destination == "0.0.0.0/0")
                .map_or(Way::None, |route| {
                    Way::Blackhole(id_of(&route.target).to_owned())
                }),
        },
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
