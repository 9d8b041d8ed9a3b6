//! The task definitions of running tasks, the roles that these name, and what IAM says of them.

use std::collections::{BTreeMap, BTreeSet};

use aws_rules::iam::Credentials;
use aws_rules::required_permissions::{self, AccountRegion, RequiredPermission};
use futures::future::{join, join_all};
use model::arn;
use model::facts::*;
use terraform_plan::ExistingResources;

use super::workload::Workload;
use super::{ecs, iam, simulations};
use crate::aws::Aws;

pub async fn definitions(aws: &Aws, workload: &Workload) -> BTreeMap<String, Fact<TaskDefinition>> {
    let arns: BTreeSet<String> = workload
        .running()
        .iter()
        .map(|task| task.task_definition.to_string())
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

/// What the roles of running tasks are looked at for.
pub struct OfRoles<'a> {
    pub workload: &'a Workload,
    /// What planned tasks refer to.
    pub planned: &'a ExistingResources,
    pub definitions: &'a BTreeMap<String, Fact<TaskDefinition>>,
    /// Roles of instances that stand in for task roles, by container instance.
    pub on_instances: &'a BTreeMap<String, String>,
    pub cluster: Option<&'a Cluster>,
    pub key: Option<&'a str>,
    pub place: Option<AccountRegion<'a>>,
}

impl OfRoles<'_> {
    fn definition(&self, task: &Task) -> Option<&TaskDefinition> {
        self.definitions
            .get(&*task.task_definition)
            .and_then(Fact::known)
    }

    fn role_of<'t>(&'t self, task: &'t Task) -> Option<&'t str> {
        task.role(self.definition(task)).or_else(|| {
            let host = task.container_instance.as_ref()?;
            self.on_instances.get(host).map(String::as_str)
        })
    }

    fn credentials(&self, role: &str) -> Credentials {
        match self.on_instances.values().any(|arn| arn == role) {
            true => Credentials::Instance,
            false => Credentials::Task,
        }
    }

    /// What a role's sessions need besides ssmmessages.
    fn needs(&self, role: &str) -> Vec<RequiredPermission> {
        let tasks = self.workload.running().into_iter();
        let of_role = tasks.filter(|task| self.role_of(task) == Some(role));
        let definitions = of_role.filter_map(|task| self.definition(task));
        let containers = definitions.flat_map(|definition| &definition.containers);
        let planned = self.planned.roles.get(role).into_iter().flatten();
        required_permissions::for_task_role(
            self.place,
            self.cluster,
            self.key,
            containers
                .map(|container| container.log.as_ref())
                .chain(planned.map(Some)),
        )
    }
}

pub async fn roles(aws: &Aws, ask: OfRoles<'_>) -> Roles {
    let tasks = ask.workload.running();
    let arns: BTreeSet<String> = tasks
        .iter()
        .filter_map(|task| ask.role_of(task).map(str::to_owned))
        .chain(ask.planned.roles.keys().cloned())
        .collect();
    let answers = join_all(arns.into_iter().map(async |arn| {
        let needs = ask.needs(&arn);
        let (role, simulation) = join(
            iam::role(aws, arn::name(&arn)),
            simulations::of_task_role(aws, &arn, ask.credentials(&arn), &needs),
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
    let doubtful = mixed_up(&ask, &tasks, &roles.simulations);
    let more = join_all(
        doubtful
            .iter()
            .map(|arn| simulations::of_task_role(aws, arn, Credentials::Task, &[])),
    )
    .await;
    roles.simulations.extend(more);
    roles
}

/// Execution roles of tasks whose task role lacks ssmmessages actions: they may have been given them by mistake.
fn mixed_up(ask: &OfRoles, tasks: &[&Task], simulations: &[Simulation]) -> BTreeSet<String> {
    let lacks = |role: &str| {
        simulations
            .iter()
            .filter(|simulation| simulation.principal == role)
            .filter_map(|simulation| simulation.decisions.known())
            .flatten()
            .any(|decision| decision.action.starts_with("ssmmessages:") && !decision.is_allowed())
    };
    tasks
        .iter()
        .filter(|task| ask.role_of(task).is_some_and(lacks))
        .filter_map(|task| task.execution_role(ask.definition(task)).map(str::to_owned))
        .filter(|execution| simulations.iter().all(|s| s.principal != *execution))
        .collect()
}
