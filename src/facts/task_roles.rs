//! The task definitions of running tasks, the roles that these name, and what IAM says of them.

use std::collections::{BTreeMap, BTreeSet};

use ecs_exec_checks::facts::*;
use futures::future::{join, join_all};

use super::aws::Aws;
use super::workload::Workload;
use super::{ecs, iam, simulations};

pub async fn definitions(aws: &Aws, workload: &Workload) -> BTreeMap<String, Fact<TaskDefinition>> {
    let arns: BTreeSet<String> = workload
        .running()
        .iter()
        .map(|task| task.task_definition.clone())
        .collect();
    join_all(arns.into_iter().map(async |arn| {
        let definition = ecs::task_definition(aws, &arn).await;
        (arn, definition)
    }))
    .await
    .into_iter()
    .collect()
}

#[derive(Default)]
pub struct Roles {
    pub roles: BTreeMap<String, Fact<Role>>,
    pub simulations: Vec<Simulation>,
}

pub async fn roles(
    aws: &Aws,
    workload: &Workload,
    definitions: &BTreeMap<String, Fact<TaskDefinition>>,
) -> Roles {
    let tasks = workload.running();
    let definition = |task: &Task| definitions.get(&task.task_definition).and_then(Fact::known);
    let arns: BTreeSet<String> = tasks
        .iter()
        .filter_map(|task| task.role(definition(task)).map(str::to_owned))
        .collect();
    let answers = join_all(arns.into_iter().map(async |arn| {
        let (role, simulation) = join(
            iam::role(aws, role_name(&arn)),
            simulations::of_task_role(aws, &arn),
        )
        .await;
        (arn, role, simulation)
    }))
    .await;
    let mut roles = Roles::default();
    for (arn, role, simulation) in answers {
        roles.roles.insert(arn, role);
        roles.simulations.push(simulation);
    }
    let doubtful = mixed_up(&tasks, definitions, &roles.simulations);
    let more = join_all(
        doubtful
            .iter()
            .map(|arn| simulations::of_task_role(aws, arn)),
    )
    .await;
    roles.simulations.extend(more);
    roles
}

/// Execution roles of tasks whose task role lacks something: they may have been given it by mistake.
fn mixed_up(
    tasks: &[&Task],
    definitions: &BTreeMap<String, Fact<TaskDefinition>>,
    simulations: &[Simulation],
) -> BTreeSet<String> {
    let lacks = |role: &str| {
        simulations
            .iter()
            .filter(|simulation| simulation.principal == role)
            .filter_map(|simulation| simulation.decisions.known())
            .flatten()
            .any(|decision| !decision.is_allowed())
    };
    let definition = |task: &Task| definitions.get(&task.task_definition).and_then(Fact::known);
    tasks
        .iter()
        .filter(|task| task.role(definition(task)).is_some_and(lacks))
        .filter_map(|task| task.execution_role(definition(task)).map(str::to_owned))
        .filter(|execution| simulations.iter().all(|s| s.principal != *execution))
        .collect()
}
