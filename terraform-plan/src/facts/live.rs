//! Merges the facts from AWS with the plan: the plan's own resources replace those of AWS.

use std::collections::{BTreeMap, BTreeSet};

use model::facts::*;

use crate::network::{self, Endpoints};
use crate::plan::resource::Resource;
use crate::resolve::{Resolver, ResourceKind};
use crate::unavailable::PlanValue;

/// Adds running tasks that the plan does not change, and what they refer to.
pub fn add_live_tasks(facts: &mut Facts, live: &Facts, arns: &[String]) {
    for (arn, task) in arns.iter().filter_map(|arn| live.tasks.get_key_value(arn)) {
        facts.tasks.insert(arn.clone(), task.clone());
        let Fact::Known(task) = task else {
            continue;
        };
        if let Some((arn, known)) = live.task_definitions.get_key_value(&*task.task_definition) {
            facts.task_definitions.insert(arn.clone(), known.clone());
        }
        let interface = task.interface.as_ref();
        let id = interface.and_then(|interface| interface.id.as_ref());
        let interface = id.and_then(|id| live.network.interfaces.get_key_value(id.as_str()));
        if let Some((id, known)) = interface {
            facts.network.interfaces.insert(id.clone(), known.clone());
        }
    }
    facts
        .container_instances
        .extend(live.container_instances.clone());
    facts.instance_profiles.clone_from(&live.instance_profiles);
    facts.network.instances.clone_from(&live.network.instances);
}

/// Adds the caller, who is not part of a plan.
pub fn add_caller(facts: &mut Facts, live: &Facts) {
    facts.local = live.local.clone();
    facts.caller = live.caller.clone();
    let Some(Fact::Known(arn)) = live.caller.known().map(Caller::policy_arn) else {
        return;
    };
    let simulations = live.simulations.iter().filter(|one| one.principal == arn);
    facts.simulations.extend(simulations.cloned());
    if let Some(identity) = live.identities.get(&arn) {
        facts.identities.insert(arn, identity.clone());
    }
}

/// The IDs of resources that the plan manages, changes or deletes: what AWS says of them no longer holds.
fn managed_ids(resolver: &Resolver, kind: ResourceKind) -> BTreeSet<String> {
    let types = kind.resource_types();
    let (after, before) = (&resolver.plan.resources, &resolver.plan.before);
    let resources = after.of_types(types).chain(before.of_types(types));
    resources
        .filter_map(|resource| resource.id().map(str::to_owned))
        .collect()
}

/// The subnets of associations of the plan, those that it changes or deletes among them.
fn associated_subnets(resolver: &Resolver, kind: ResourceKind) -> PlanValue<BTreeSet<String>> {
    let before = resolver.before(network::association_type(kind).0);
    let before = before.filter_map(|one| one.known_text("subnet_id").map(str::to_owned));
    let after = network::subnet_associations(resolver, kind)?.into_iter();
    Ok(before.chain(after.map(|(subnet, _)| subnet)).collect())
}

/// Adds the endpoints that the plan does not manage; false if AWS did not say which there are.
pub fn add_endpoints(resolver: &Resolver, planned: &mut Endpoints) -> bool {
    let endpoints = resolver
        .live
        .and_then(|live| live.network.endpoints.as_ref()?.known());
    let managed = managed_ids(resolver, ResourceKind::Endpoint);
    let others = endpoints
        .into_iter()
        .flatten()
        .filter(|one| !managed.contains(&one.id));
    planned.known.extend(others.cloned());
    endpoints.is_some()
}

/// The route tables of a VPC: those of the plan, and the others with the changes that the plan makes.
pub fn route_tables(resolver: &Resolver, vpc: &str) -> PlanValue<Vec<RouteTable>> {
    let live = resolver.live;
    let Some(live) = live.and_then(|live| live.network.route_tables.get(vpc)?.known()) else {
        return network::route_tables(resolver, vpc);
    };
    let associated = associated_subnets(resolver, ResourceKind::RouteTable)?;
    let mut tables = network::managed_route_tables(resolver, vpc)?;
    let kind = ResourceKind::RouteTable;
    let managed = managed_ids(resolver, kind);
    let has_main = tables.iter().any(|table| table.main);
    let mut shown = take_partly_shown(resolver, kind, &mut tables, |table| &table.id);
    for table in live {
        let shown = shown.remove(&table.id);
        let is_known = tables.iter().any(|known| known.id == table.id);
        if shown.is_none() && (managed.contains(&table.id) || is_known) {
            continue;
        }
        let mut table = table.clone();
        table.main &= !has_main;
        if let Some((resource, shown)) = shown {
            table.main |= shown.main;
            if resolver.is_set(resource, "route") {
                table.routes = shown.routes;
            }
        }
        table.subnets.retain(|subnet| !associated.contains(subnet));
        network::add_routes_and_associations(resolver, &mut table)?;
        table
            .routes
            .extend(network::propagated_routes(resolver, None, &table.id));
        tables.push(table);
    }
    tables.extend(shown.into_values().map(|(_, table)| table));
    Ok(tables)
}

/// Takes out what the plan shows in part: the rest is in AWS.
fn take_partly_shown<'p, T>(
    resolver: &Resolver<'p>,
    kind: ResourceKind,
    all: &mut Vec<T>,
    id: impl Fn(&T) -> &String,
) -> BTreeMap<String, (&'p Resource, T)> {
    let mut taken = BTreeMap::new();
    let (mut whole, plan) = (Vec::new(), resolver.plan);
    for one in all.drain(..) {
        match resolver.find(id(&one), kind) {
            Some(resource) if plan.check_shows_parts(resource).is_err() => {
                taken.insert(id(&one).clone(), (resource, one));
            }
            _ => whole.push(one),
        }
    }
    *all = whole;
    taken
}

/// The NAT gateways of a VPC: those of the plan, and the others.
pub fn nat_gateways(
    resolver: &Resolver,
    vpc: &str,
    tables: &Fact<Vec<RouteTable>>,
) -> Fact<Vec<NatGateway>> {
    let live = resolver.live;
    let Some(live) = live.and_then(|live| live.network.nat_gateways.get(vpc)) else {
        return network::nat_gateways(resolver, vpc, tables).into();
    };
    let managed = managed_ids(resolver, ResourceKind::NatGateway);
    // AWS knows the gateways that the plan does not: without routes, none is missing.
    match network::nat_gateways(resolver, vpc, &Fact::Known(Vec::new())) {
        Ok(mut gateways) => live.clone().map(|live| {
            gateways.extend(live.into_iter().filter(|one| !managed.contains(&one.id)));
            gateways
        }),
        Err(why) => Fact::Unavailable(why),
    }
}

/// The ACLs of a VPC: those of the plan, and the others with the changes that the plan makes.
pub fn network_acls(resolver: &Resolver, vpc: &str) -> PlanValue<Vec<NetworkAcl>> {
    let live = resolver.live;
    let Some(live) = live.and_then(|live| live.network.network_acls.get(vpc)?.known()) else {
        return network::network_acls(resolver, vpc);
    };
    let kind = ResourceKind::NetworkAcl;
    let mut acls = network::managed_acls(resolver, vpc)?;
    let managed = managed_ids(resolver, kind);
    let mut associated = associated_subnets(resolver, kind)?;
    associated.extend(acls.iter().flat_map(|acl| acl.subnets.clone()));
    let has_default = acls.iter().any(|acl| acl.default);
    let mut shown = take_partly_shown(resolver, kind, &mut acls, |acl| &acl.id);
    for acl in live {
        let shown = shown.remove(&acl.id);
        let is_known = acls.iter().any(|known| known.id == acl.id);
        if shown.is_none() && (managed.contains(&acl.id) || is_known) {
            continue;
        }
        let mut acl = acl.clone();
        acl.default &= !has_default;
        acl.subnets.retain(|subnet| !associated.contains(subnet));
        if let Some((resource, shown)) = shown {
            acl.default |= shown.default;
            acl.subnets.extend(shown.subnets);
            for (attribute, egress) in [("ingress", false), ("egress", true)] {
                if resolver.is_set(resource, attribute) {
                    acl.entries.retain(|entry| entry.egress != egress);
                    let own = shown.entries.iter().filter(|entry| entry.egress == egress);
                    acl.entries.extend(own.cloned());
                }
            }
        }
        network::add_rules_and_associations(resolver, &mut acl)?;
        acls.push(acl);
    }
    match shown.into_values().next() {
        // AWS did not report it.
        Some((resource, _)) => resolver
            .plan
            .check_shows_unchanged_parts(resource)
            .map(|()| acls),
        None => Ok(acls),
    }
}
