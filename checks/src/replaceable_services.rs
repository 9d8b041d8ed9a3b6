//! The services whose tasks a fix can replace.

use crate::fact_index::{FactIndex, Group};
use crate::fixes::definition::Rollout;
use model::facts::{DeploymentController, Fact, TaskDefinition};

/// The services that ECS itself deploys and whose running tasks are affected.
pub fn affected_services<'a>(
    index: &FactIndex<'a>,
    is_affected: impl Fn(&Group<'a>) -> bool,
) -> Vec<&'a str> {
    let affected = index.groups.iter().filter(|group| is_affected(group));
    affected
        .filter(|group| {
            let service = group.service_fact.and_then(Fact::known);
            service.is_some_and(|service| service.controller == DeploymentController::Ecs)
        })
        .filter_map(|group| group.service)
        .collect()
}

/// The change of a task definition, for the services that ECS itself deploys and that run it.
pub fn rollout<'a>(index: &FactIndex<'a>, definition: &'a TaskDefinition) -> Rollout<'a> {
    let arn = definition.arn.as_str();
    Rollout {
        facts: index.facts,
        definition,
        services: affected_services(index, |group| group.by_definition.contains_key(arn)),
    }
}
