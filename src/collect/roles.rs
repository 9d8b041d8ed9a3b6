//! Task definitions of running tasks, the roles in them, and what IAM allows these.

use std::collections::{BTreeMap, BTreeSet};

use aws_rules::iam::Credentials;
use aws_rules::required_permissions::{self, AccountRegion, RequiredPermission};
use futures::future::{join, join_all};
use model::arn;
use model::facts::*;
use terraform_plan::ExistingResources;

use super::workload::Workload;
use super::{each, ecs, iam, simulations};
use crate::aws::AwsClients;

/// The task definitions of the running tasks, by ARN.
pub async fn definitions(
    aws: &AwsClients,
    workload: &Workload,
) -> BTreeMap<String, Fact<TaskDefinition>> {
    let arns: BTreeSet<String> = workload
        .running()
        .iter()
        .map(|task| task.task_definition.to_string())
        .collect();
    each(arns, async |arn| ecs::task_definition(aws, arn).await).await
}

/// The roles of tasks, by ARN, and what IAM answered about them.
#[derive(Default)]
pub struct Roles {
    pub roles: BTreeMap<String, Fact<Role>>,
    pub simulations: Vec<Simulation>,
}

/// What the roles of running tasks are for.
pub struct RoleQuery<'a> {
    pub workload: &'a Workload,
    /// Roles that planned tasks refer to.
    pub planned: &'a ExistingResources,
    pub definitions: &'a BTreeMap<String, Fact<TaskDefinition>>,
    /// Roles that tasks without a task role use, by container instance.
    pub instance_roles: &'a BTreeMap<String, String>,
    pub cluster: Option<&'a Cluster>,
    pub key: Option<&'a str>,
    pub place: Option<AccountRegion<'a>>,
}

impl RoleQuery<'_> {
    fn definition(&self, task: &Task) -> Option<&TaskDefinition> {
        self.definitions
            .get(&*task.task_definition)
            .and_then(Fact::known)
    }

    fn role<'t>(&'t self, task: &'t Task) -> Option<&'t str> {
        task.role(self.definition(task)).or_else(|| {
            let host = task.container_instance.as_ref()?;
            self.instance_roles.get(host).map(String::as_str)
        })
    }

    fn credentials(&self, role: &str) -> Credentials {
        match self.instance_roles.values().any(|arn| arn == role) {
            true => Credentials::Instance,
            false => Credentials::Task,
        }
    }

    /// What a role's sessions need in addition to ssmmessages.
    fn needs(&self, role: &str) -> Vec<RequiredPermission> {
        let tasks = self.workload.running().into_iter();
        let tasks = tasks.filter(|task| self.role(task) == Some(role));
        let definitions = tasks.filter_map(|task| self.definition(task));
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

/// Reads the roles of running and planned tasks, and asks IAM what they allow.
pub async fn roles(aws: &AwsClients, query: RoleQuery<'_>) -> Roles {
    let tasks = query.workload.running();
    let arns: BTreeSet<String> = tasks
        .iter()
        .filter_map(|task| query.role(task).map(str::to_owned))
        .chain(query.planned.roles.keys().cloned())
        .collect();
    let answers = join_all(arns.into_iter().map(async |arn| {
        let needs = query.needs(&arn);
        let (role, simulation) = join(
            iam::role(aws, arn::name(&arn)),
            simulations::role(aws, &arn, query.credentials(&arn), &needs),
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
    let mixed_up = mixed_up_execution_roles(&query, &tasks, &roles.simulations);
    let more = join_all(
        mixed_up
            .iter()
            .map(|arn| simulations::role(aws, arn, Credentials::Task, &[])),
    )
    .await;
    roles.simulations.extend(more);
    roles
}

/// Execution roles of tasks whose task role lacks ssmmessages actions: they may have the actions by mistake.
fn mixed_up_execution_roles(
    query: &RoleQuery,
    tasks: &[&Task],
    simulations: &[Simulation],
) -> BTreeSet<String> {
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
        .filter(|task| query.role(task).is_some_and(lacks))
        .filter_map(|task| {
            task.execution_role(query.definition(task))
                .map(str::to_owned)
        })
        .filter(|execution| simulations.iter().all(|s| s.principal != *execution))
        .collect()
}
