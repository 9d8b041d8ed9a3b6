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
    let arns: BTreeSet<String> = tasks
        .iter()
        .filter_map(|task| task_role(task, definitions))
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

fn task_role(task: &Task, definitions: &BTreeMap<String, Fact<TaskDefinition>>) -> Option<String> {
    task.task_role_override.clone().or_else(|| {
        definitions
            .get(&task.task_definition)?
            .known()?
            .task_role
            .clone()
    })
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
    tasks
        .iter()
        .filter(|task| task_role(task, definitions).is_some_and(|role| lacks(&role)))
        .filter_map(|task| {
            task.execution_role_override.clone().or_else(|| {
                let definition = definitions.get(&task.task_definition)?.known()?;
                definition.execution_role.clone()
            })
        })
        .filter(|execution| simulations.iter().all(|s| s.principal != *execution))
        .collect()
}
