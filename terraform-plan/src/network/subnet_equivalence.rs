//! Which subnets are equivalent. If the length of a list is unknown, it may lack some of its candidates: that does not
//! matter as long as all of them are equivalent.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashSet};
use std::mem::{Discriminant, discriminant};

use model::facts::RouteTarget;

use super::acls::network_acls;
use super::routes::route_tables;
use super::vpcs::subnet;
use crate::plan::resource::{Attribute, Resource};
use crate::resolve::{Resolver, ResourceKind};
use crate::unavailable::PlanValue;

/// Where packets from a subnet go.
#[derive(PartialEq)]
struct RoutingContext {
    vpc: String,
    /// Destinations with the kinds of their targets.
    routes: HashSet<(String, Discriminant<RouteTarget>)>,
    acl: Option<String>,
}

/// Compares the subnets of a plan.
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

    /// The subnets of tasks in an attribute, if it does not matter which of them are meant.
    pub fn task_subnets(&self, of: &Resource, path: &str) -> PlanValue<Vec<String>> {
        self.subnets(of, path, |one, other| one == other)
    }

    /// The subnets of an endpoint. Their routes do not matter: an endpoint opens no connections.
    pub fn endpoint_subnets(&self, of: &Resource, path: &str) -> PlanValue<Vec<String>> {
        self.subnets(of, path, |one, other| {
            one.vpc == other.vpc && one.acl == other.acl
        })
    }

    fn subnets(
        &self,
        of: &Resource,
        path: &str,
        are_equivalent: fn(&RoutingContext, &RoutingContext) -> bool,
    ) -> PlanValue<Vec<String>> {
        let subnets = self.resolver.resolve_all(of, path, ResourceKind::Subnet)?;
        if of.attribute(path) != Attribute::Unknown {
            return Ok(subnets);
        }
        let known = self
            .by_subnet
            .get_or_init(|| routing_contexts(self.resolver));
        let mut contexts = subnets.iter().filter_map(|id| known.get(id));
        let first = contexts.next();
        match first.is_none_or(|first| contexts.all(|other| are_equivalent(first, other))) {
            true => Ok(subnets),
            false => Err(of.known_after_apply(path)),
        }
    }
}

/// The routing contexts of all subnets of the plan, as far as it shows them.
fn routing_contexts(resolver: &Resolver) -> BTreeMap<String, RoutingContext> {
    let mut by_vpc: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let subnets = resolver.of_kind(ResourceKind::Subnet);
    for id in subnets.map(Resource::identity) {
        if let Ok(subnet) = subnet(resolver, id) {
            by_vpc.entry(subnet.vpc).or_default().push(id);
        }
    }
    let mut contexts = BTreeMap::new();
    for (vpc, subnets) in by_vpc {
        let tables = route_tables(resolver, &vpc).unwrap_or_default();
        let acls = network_acls(resolver, &vpc).unwrap_or_default();
        for subnet in subnets.into_iter().map(str::to_owned) {
            let own = tables.iter().find(|table| table.subnets.contains(&subnet));
            let table = own.or_else(|| tables.iter().find(|table| table.main));
            let routes = table.into_iter().flat_map(|table| &table.routes);
            let routes =
                routes.map(|route| (route.destination.clone(), discriminant(&route.target)));
            let acl = acls.iter().find(|acl| acl.subnets.contains(&subnet));
            let context = RoutingContext {
                vpc: vpc.clone(),
                routes: routes.collect(),
                acl: acl.map(|acl| acl.id.clone()),
            };
            contexts.insert(subnet, context);
        }
    }
    contexts
}
