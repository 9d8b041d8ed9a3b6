//! What AWS told, where the plan is laid over it: the plan's own resources replace those of AWS.

use std::collections::BTreeSet;

use checks::facts::*;

use super::network::Seen;
use crate::network::{self, Endpoints};
use crate::resolve::Resolver;
use crate::resolve::resource_kind::ResourceKind;

/// Takes over tasks that the plan has nothing to do with, and what they refer to.
pub fn take_tasks(facts: &mut Facts, live: &Facts, arns: &[String]) {
    for arn in arns {
        let Some(task) = live.tasks.get(arn) else {
            continue;
        };
        facts.tasks.insert(arn.clone(), task.clone());
        let Fact::Known(task) = task else {
            continue;
        };
        let definition = live.task_definitions.get_key_value(&*task.task_definition);
        if let Some((arn, known)) = definition {
            facts.task_definitions.insert(arn.clone(), known.clone());
        }
        let interface = task.interface.as_ref().and_then(|known| known.id.as_ref());
        if let Some((id, known)) =
            interface.and_then(|id| live.network.interfaces.get_key_value(id.as_str()))
        {
            facts.network.interfaces.insert(id.clone(), known.clone());
        }
    }
    let hosts = live.container_instances.clone();
    facts.container_instances.extend(hosts);
    facts.instance_profiles.clone_from(&live.instance_profiles);
    facts.network.instances.clone_from(&live.network.instances);
}

/// A plan does not say who opens sessions; the live facts do.
pub fn add_caller(facts: &mut Facts, live: &Facts) {
    facts.local = live.local.clone();
    facts.caller = live.caller.clone();
    let Some(Fact::Known(arn)) = live.caller.known().map(Caller::policy_arn) else {
        return;
    };
    let of_caller = live.simulations.iter();
    let of_caller = of_caller.filter(|simulation| simulation.principal == arn);
    facts.simulations.extend(of_caller.cloned());
    if let Some(identity) = live.identities.get(&arn) {
        facts.identities.insert(arn, identity.clone());
    }
}

/// IDs of what the plan manages, changes or takes away: what AWS says of them is over.
fn own(resolver: &Resolver, kind: ResourceKind) -> BTreeSet<String> {
    let plan = resolver.plan;
    let before = plan.before_of_type(kind.resource_types());
    plan.of_type(kind.resource_types())
        .chain(before)
        .filter_map(|instance| instance.id().map(str::to_owned))
        .collect()
}

/// Subnets that an association of the plan held, which it changes or takes away.
fn left(resolver: &Resolver, resource_type: &str) -> BTreeSet<String> {
    resolver
        .plan
        .before_of_type(&[resource_type])
        .filter_map(|join| join.text(&["subnet_id"]).ok().flatten())
        .map(str::to_owned)
        .collect()
}

pub fn endpoints(resolver: &Resolver, mut planned: Endpoints, live: Option<&Facts>) -> Seen {
    let told = live.and_then(|live| live.network.endpoints.as_ref()?.known());
    if let Some(told) = told {
        let own = own(resolver, ResourceKind::Endpoint);
        let others = told.iter().filter(|endpoint| !own.contains(&endpoint.id));
        planned.known.extend(others.cloned());
    }
    Seen {
        planned,
        is_complete: told.is_some(),
    }
}

pub fn route_tables(resolver: &Resolver, vpc: &str, live: Option<&Facts>) -> Fact<Vec<RouteTable>> {
    let told = live.and_then(|live| live.network.route_tables.get(vpc)?.known());
    let Some(told) = told else {
        return network::route_tables(resolver, vpc);
    };
    let mut tables = match network::own_route_tables(resolver, vpc) {
        Ok(tables) => tables,
        Err(why) => return Fact::Unavailable(why),
    };
    let own = own(resolver, ResourceKind::RouteTable);
    let joins = match network::table_associations(resolver) {
        Ok(joins) => joins,
        Err(why) => return Fact::Unavailable(why),
    };
    let mut placed = left(resolver, "aws_route_table_association");
    placed.extend(joins.iter().map(|(subnet, _)| subnet.clone()));
    let has_main = tables.iter().any(|table| table.main);
    let has = |tables: &[RouteTable], id: &str| tables.iter().any(|table| table.id == id);
    for other in told {
        if own.contains(&other.id) || has(&tables, &other.id) {
            continue;
        }
        let mut other = other.clone();
        other.main &= !has_main;
        other.subnets.retain(|subnet| !placed.contains(subnet));
        let here = joins.iter().filter(|(_, table)| *table == other.id);
        other.subnets.extend(here.map(|(subnet, _)| subnet.clone()));
        if let Err(why) = network::add_routes(resolver, &mut other) {
            return Fact::Unavailable(why);
        }
        let propagated = network::propagated(resolver, None, &other.id);
        other.routes.extend(propagated);
        tables.push(other);
    }
    Fact::Known(tables)
}

/// The NAT gateways of the plan, and those of others.
pub fn nat_gateways(
    resolver: &Resolver,
    vpc: &str,
    tables: &Fact<Vec<RouteTable>>,
    live: Option<&Facts>,
) -> Fact<Vec<NatGateway>> {
    let Some(told) = live.and_then(|live| live.network.nat_gateways.get(vpc)) else {
        return network::nat_gateways(resolver, vpc, tables);
    };
    let own = own(resolver, ResourceKind::NatGateway);
    // Those of other VPCs are of no use here, and none of these routes lead elsewhere.
    let planned = network::nat_gateways(resolver, vpc, &Fact::Known(Vec::new()));
    match (planned, told) {
        (Fact::Known(mut gateways), Fact::Known(told)) => {
            let others = told.iter().filter(|gateway| !own.contains(&gateway.id));
            gateways.extend(others.cloned());
            Fact::Known(gateways)
        }
        (Fact::Known(_), told) => told.clone(),
        (planned, _) => planned,
    }
}

pub fn network_acls(resolver: &Resolver, vpc: &str, live: Option<&Facts>) -> Fact<Vec<NetworkAcl>> {
    let told = live.and_then(|live| live.network.network_acls.get(vpc)?.known());
    let Some(told) = told else {
        return network::network_acls(resolver, vpc);
    };
    let mut acls = match network::own_network_acls(resolver, vpc) {
        Ok(acls) => acls,
        Err(why) => return Fact::Unavailable(why),
    };
    let own = own(resolver, ResourceKind::NetworkAcl);
    let mut placed = left(resolver, "aws_network_acl_association");
    placed.extend(acls.iter().flat_map(|acl| acl.subnets.clone()));
    match network::acl_associations(resolver) {
        Ok(joins) => placed.extend(joins.into_iter().map(|(subnet, _)| subnet)),
        Err(why) => return Fact::Unavailable(why),
    }
    let has_default = acls.iter().any(|acl| acl.default);
    for other in told {
        if own.contains(&other.id) || acls.iter().any(|acl| acl.id == other.id) {
            continue;
        }
        let mut other = other.clone();
        other.default &= !has_default;
        other.subnets.retain(|subnet| !placed.contains(subnet));
        if let Err(why) = network::add_separate(resolver, &mut other) {
            return Fact::Unavailable(why);
        }
        acls.push(other);
    }
    Fact::Known(acls)
}
