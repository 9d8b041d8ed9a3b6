//! Which subnets are alike. Of a list of which nobody can tell how long it is, some may be left out: it does not
//! matter which as long as all of them are alike.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use checks::facts::{Fact, RouteTarget};

use super::{network_acls, route_tables, subnet};
use crate::plan::resource::{Attribute, Resource};
use crate::resolve::Resolver;
use crate::resolve::resource_kind::ResourceKind;
use crate::unavailable::PlanValue;

/// Where the packets of a subnet's tasks go.
#[derive(PartialEq)]
struct RoutingContext {
    vpc: String,
    /// Each destination with the kind of what is behind it.
    routes: BTreeSet<(String, &'static str)>,
    acl: Option<String>,
}

pub struct SubnetEquivalence<'r, 'p> {
    resolver: &'r Resolver<'p>,
    by_subnet: OnceCell<BTreeMap<String, RoutingContext>>,
}

impl<'r, 'p> SubnetEquivalence<'r, 'p> {
    pub fn new(resolver: &'r Resolver<'p>) -> SubnetEquivalence<'r, 'p> {
        SubnetEquivalence {
            resolver,
            by_subnet: OnceCell::new(),
        }
    }

    /// The subnets of tasks that an attribute names, where it does not matter which of them they are.
    pub fn of_tasks(&self, of: &Resource, path: &[&str]) -> PlanValue<Vec<String>> {
        self.subnets(of, path, |one, other| one == other)
    }

    /// The same of an endpoint, from which nobody goes anywhere.
    pub fn of_endpoint(&self, of: &Resource, path: &[&str]) -> PlanValue<Vec<String>> {
        self.subnets(of, path, |one, other| {
            one.vpc == other.vpc && one.acl == other.acl
        })
    }

    fn subnets(
        &self,
        of: &Resource,
        path: &[&str],
        are_alike: fn(&RoutingContext, &RoutingContext) -> bool,
    ) -> PlanValue<Vec<String>> {
        let subnets = self.resolver.all(of, path, ResourceKind::Subnet)?;
        let may_be_less = of.at(path) == Attribute::Unknown && subnets.len() > 1;
        if !may_be_less {
            return Ok(subnets);
        }
        let known = self.by_subnet.get_or_init(|| surroundings(self.resolver));
        let around: Vec<&RoutingContext> = subnets.iter().filter_map(|id| known.get(id)).collect();
        match around.windows(2).all(|pair| are_alike(pair[0], pair[1])) {
            true => Ok(subnets),
            false => Err(of.known_after_apply(path)),
        }
    }
}

/// Of all subnets of the plan, as far as it shows them.
fn surroundings(resolver: &Resolver) -> BTreeMap<String, RoutingContext> {
    let subnets = resolver.plan.of_type(ResourceKind::Subnet.resource_types());
    let mut by_vpc: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for instance in subnets {
        let id = instance.identity();
        if let Fact::Known(known) = subnet(resolver, id) {
            by_vpc.entry(known.vpc).or_default().push(id.to_owned());
        }
    }
    let of_vpc = by_vpc
        .into_iter()
        .map(|(vpc, subnets)| in_vpc(resolver, &vpc, subnets));
    of_vpc.flatten().collect()
}

fn in_vpc(resolver: &Resolver, vpc: &str, subnets: Vec<String>) -> Vec<(String, RoutingContext)> {
    let (tables, acls) = (route_tables(resolver, vpc), network_acls(resolver, vpc));
    let tables = tables.known().map(Vec::as_slice).unwrap_or_default();
    let acls = acls.known().map(Vec::as_slice).unwrap_or_default();
    let around = |subnet: &String| {
        let own = tables.iter().find(|table| table.subnets.contains(subnet));
        let table = own.or_else(|| tables.iter().find(|table| table.main));
        let routes = table.into_iter().flat_map(|table| &table.routes);
        let acl = acls.iter().find(|acl| acl.subnets.contains(subnet));
        RoutingContext {
            vpc: vpc.to_owned(),
            routes: routes
                .map(|route| (route.destination.clone(), kind(&route.target)))
                .collect(),
            acl: acl.map(|acl| acl.id.clone()),
        }
    };
    let around = subnets.into_iter().map(|subnet| {
        let around = around(&subnet);
        (subnet, around)
    });
    around.collect()
}

fn kind(target: &RouteTarget) -> &'static str {
    match target {
        RouteTarget::Local => "local",
        RouteTarget::NatGateway(_) => "NAT gateway",
        RouteTarget::InternetGateway(_) => "internet gateway",
        RouteTarget::EgressOnlyInternetGateway(_) => "egress-only internet gateway",
        RouteTarget::GatewayEndpoint(_) => "gateway endpoint",
        RouteTarget::Other(_) => "other",
    }
}
