//! The roles of the tasks, and what these may do.

use std::collections::{BTreeMap, BTreeSet};

use checks::facts::*;
use checks::needs::{Need, Place, of_task_role};

use crate::cloudformation;
use crate::iam;
use crate::resolve::Resolver;
use crate::unavailable::{is_elsewhere, or_live};

pub fn add_roles(facts: &mut Facts, resolver: &Resolver, live: Option<&Facts>) {
    let place = resolver.account.map(|account| Place {
        partition: resolver.partition,
        region: resolver.region,
        account,
    });
    let mut keys = facts.kms_keys.values();
    let key = keys.find_map(|key| Some(key.known()?.arn.clone()));
    let by_role: BTreeMap<String, Vec<Need>> = containers_by_role(facts)
        .into_iter()
        .map(|(role, containers)| {
            let logs = containers.iter().map(|container| container.log.as_ref());
            let needs = of_task_role(place, facts.cluster.known(), key.as_deref(), logs);
            (role.to_owned(), needs)
        })
        .collect();
    let executions = execution_roles(facts);
    for (role, needs) in &by_role {
        let judged = iam::judge(resolver, role, needs);
        add_judged(facts, resolver, role, judged, live);
        let of_live = live.and_then(|live| live.roles.get(role));
        // A stack of the plan may make what is not there yet.
        let is_made =
            |now: &&Fact<Role>| now.is_absent() && cloudformation::changes_stacks(resolver.plan);
        let of_live = of_live.filter(|now| !is_made(now));
        let known = or_live(iam::role(resolver, role), of_live);
        facts.roles.insert(role.clone(), known);
    }
    // The actions may have been given to the execution role by mistake.
    for role in executions
        .iter()
        .filter(|role| !by_role.contains_key(*role))
    {
        let judged = iam::judge(resolver, role, &[]);
        add_judged(facts, resolver, role, judged, live);
    }
}

/// The containers that get each role's credentials.
pub fn containers_by_role(facts: &Facts) -> BTreeMap<&str, Vec<&ContainerDefinition>> {
    let mut by_role: BTreeMap<&str, BTreeMap<&str, &TaskDefinition>> = BTreeMap::new();
    for task in facts.tasks.values().filter_map(Fact::known) {
        let arn = &*task.task_definition;
        let definition = facts.task_definitions.get(arn).and_then(Fact::known);
        if let Some(role) = task.role(definition) {
            let of_role = by_role.entry(role).or_default();
            of_role.extend(definition.map(|definition| (arn, definition)));
        }
    }
    by_role
        .into_iter()
        .map(|(role, definitions)| {
            let containers = definitions.into_values();
            let containers = containers.flat_map(|definition| &definition.containers);
            (role, containers.collect())
        })
        .collect()
}

fn execution_roles(facts: &Facts) -> BTreeSet<String> {
    let tasks = facts.tasks.values().filter_map(Fact::known);
    tasks
        .filter_map(|task| {
            let definition = facts.task_definitions.get(&*task.task_definition);
            task.execution_role(definition.and_then(Fact::known))
        })
        .map(str::to_owned)
        .collect()
}

/// What AWS says of a role holds after apply only where the plan leaves the role as it is.
fn add_judged(
    facts: &mut Facts,
    resolver: &Resolver,
    role: &str,
    judged: iam::Judged,
    live: Option<&Facts>,
) {
    let of_role = |simulation: &&Simulation| simulation.principal == role;
    let as_it_is = live.filter(|live| {
        is_elsewhere(&judged.identity)
            && live
                .simulations
                .iter()
                .any(|simulation| of_role(&simulation))
            && !iam::is_touched(resolver, role)
    });
    match as_it_is {
        Some(live) => {
            let simulations = live.simulations.iter().filter(of_role).cloned();
            facts.simulations.extend(simulations);
            if let Some(identity) = live.identities.get(role) {
                facts.identities.insert(role.to_owned(), identity.clone());
            }
        }
        None => {
            facts.simulations.extend(judged.simulations);
            facts.identities.insert(role.to_owned(), judged.identity);
        }
    }
}
