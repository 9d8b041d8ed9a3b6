//! The roles of the tasks, and what they allow.

use std::collections::{BTreeMap, BTreeSet};

use aws_rules::required_permissions::{AccountRegion, RequiredPermission, for_task_role};
use model::facts::*;

use crate::cloudformation;
use crate::iam::{self, PlannedPolicies};
use crate::resolve::Resolver;
use crate::unavailable::may_be_in_aws;

/// Adds the roles of the tasks, and the policies of task and execution roles.
pub fn add_roles(facts: &mut Facts, resolver: &Resolver) {
    let place = AccountRegion {
        partition: resolver.partition,
        region: resolver.region,
        account: resolver.account_id(),
    };
    let mut keys = facts.kms_keys.values();
    let key = keys.find_map(|key| Some(key.known()?.arn.clone()));
    let by_role = containers_by_role(facts)
        .into_iter()
        .map(|(role, containers)| {
            let logs = containers.iter().map(|container| container.log.as_ref());
            let needs = for_task_role(Some(place), facts.cluster.known(), key.as_deref(), logs);
            (role.to_owned(), needs)
        });
    let by_role: BTreeMap<String, Vec<RequiredPermission>> = by_role.collect();
    // Someone may have given the actions to the execution role by mistake.
    let mut others = execution_roles(facts);
    others.retain(|role| !by_role.contains_key(role));
    let attachments = iam::policy_attachments(resolver);
    let others = others.iter().map(|role| (role, &[][..]));
    let needs = by_role.iter().map(|(role, needs)| (role, &needs[..]));
    for (role, needs) in needs.chain(others) {
        let planned = iam::evaluate(resolver, &attachments, role, needs);
        add_policies(facts, resolver, role, planned);
    }
    for role in by_role.keys() {
        // A stack of the plan may create a role that does not exist yet.
        let may_be_created =
            |now: &Fact<Role>| now.is_absent() && cloudformation::changes_stacks(resolver.plan);
        let known = resolver.or_live(iam::role(resolver, role), |live| {
            live.roles.get(role).filter(|now| !may_be_created(now))
        });
        facts.roles.insert(role.clone(), known);
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
    let containers = by_role.into_iter().map(|(role, definitions)| {
        let definitions = definitions.into_values();
        (
            role,
            definitions
                .flat_map(|definition| &definition.containers)
                .collect(),
        )
    });
    containers.collect()
}

fn execution_roles(facts: &Facts) -> BTreeSet<String> {
    let tasks = facts.tasks.values().filter_map(Fact::known);
    let roles = tasks.filter_map(|task| {
        let definition = facts.task_definitions.get(&*task.task_definition);
        task.execution_role(definition.and_then(Fact::known))
    });
    roles.map(str::to_owned).collect()
}

/// Adds what a role allows. What AWS says of it holds after apply only if the plan does not change the role.
fn add_policies(facts: &mut Facts, resolver: &Resolver, role: &str, planned: PlannedPolicies) {
    let is_of_role = |simulation: &&Simulation| simulation.principal == role;
    let live = resolver.live.filter(|live| {
        may_be_in_aws(&planned.identity)
            && live.simulations.iter().any(|one| is_of_role(&one))
            && !iam::is_changed(resolver, role)
    });
    let identity = match live {
        Some(live) => {
            let simulations = live.simulations.iter().filter(is_of_role);
            facts.simulations.extend(simulations.cloned());
            live.identities.get(role).cloned()
        }
        None => {
            facts.simulations.extend(planned.simulations);
            Some(planned.identity)
        }
    };
    let identity = identity.map(|identity| (role.to_owned(), identity));
    facts.identities.extend(identity);
}
