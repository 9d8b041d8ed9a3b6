//! The roles of the tasks, and what these may do.

use std::collections::{BTreeMap, BTreeSet};

use ecs_exec_checks::facts::*;
use ecs_exec_checks::needs::{Place, of_task_role};

use crate::iam;
use crate::known::{is_elsewhere, or_live};
use crate::others;
use crate::resolve::Resolver;

pub fn add_roles(facts: &mut Facts, resolver: &Resolver, live: Option<&Facts>) {
    let mut by_role: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut executions = BTreeSet::new();
    for task in facts.tasks.values().filter_map(Fact::known) {
        let definition = facts.task_definitions.get(&task.task_definition);
        let definition = definition.and_then(Fact::known);
        if let Some(role) = task.role(definition) {
            let of_role = by_role.entry(role.to_owned()).or_default();
            of_role.insert(task.task_definition.clone());
        }
        executions.extend(task.execution_role(definition).map(str::to_owned));
    }
    let place = resolver.account.map(|account| Place {
        partition: resolver.partition,
        region: resolver.region,
        account,
    });
    let mut keys = facts.kms_keys.values();
    let key = keys.find_map(|key| Some(key.known()?.arn.clone()));
    for (role, definitions) in &by_role {
        let containers: Vec<&ContainerDefinition> = definitions
            .iter()
            .filter_map(|arn| facts.task_definitions.get(arn)?.known())
            .flat_map(|definition| &definition.containers)
            .collect();
        let needs = of_task_role(
            place,
            facts.cluster.known(),
            key.as_deref(),
            containers.iter().map(|container| container.log.as_ref()),
        );
        let judged = iam::judge(resolver, role, &needs);
        add_judged(facts, resolver, role, judged, live);
        let of_live = live.and_then(|live| live.roles.get(role));
        // A stack of the plan may make what is not there yet.
        let is_made = |now: &&Fact<Role>| now.is_absent() && others::changes_stacks(resolver.plan);
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
