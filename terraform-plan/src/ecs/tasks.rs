//! The tasks that a service would start: one in each of its subnets.

use model::facts::*;

use super::services::{PlannedService, assign_public_ip};
use super::task_definitions::roles_of;
use crate::resolve::{Resolver, ResourceKind};
use crate::unavailable::known_after_apply;

/// A task that the service would start, and its network interface.
pub struct PlannedTask {
    pub task: Task,
    /// By its made-up ID; `None` if the task has no interface of its own.
    pub interface: Option<(String, Fact<Interface>)>,
    /// Why the subnets are unknown, by the made-up ID that the task has for them.
    pub subnet: Option<(String, Fact<Subnet>)>,
}

/// The tasks of a service. `subnet_of` reads a subnet by ID; `definition` comes with the ARN that the tasks have for it.
pub fn planned_tasks(
    resolver: &Resolver,
    planned: &PlannedService,
    cluster: &str,
    definition: (&str, &Fact<TaskDefinition>),
    subnet_of: impl Fn(&str) -> Fact<Subnet>,
) -> Vec<PlannedTask> {
    let Ok(service) = &planned.service else {
        return Vec::new();
    };
    let name = &planned.name;
    let task = |suffix: &str| {
        let arn = resolver.ecs_arn("task", &format!("{cluster}/planned-{name}{suffix}"));
        task(resolver, planned, service, definition, arn)
    };
    if !planned.has_network {
        return vec![PlannedTask {
            task: task(""),
            interface: None,
            subnet: None,
        }];
    }
    let why = match &planned.subnets {
        Ok(subnets) if !subnets.is_empty() => {
            let tasks = subnets.iter().map(|id| {
                // The ID of a task is the part of its ARN after the last slash.
                let task = task(&format!("-{}", id.replace('/', "-")));
                placed_task(resolver, planned, task, id, &subnet_of(id))
            });
            return tasks.collect();
        }
        Ok(_) => known_after_apply(format!("which subnets {name} uses")),
        Err(why) => why.clone(),
    };
    let subnet = format!("subnets of {name}");
    let (task, id) = with_interface(task(""), &subnet);
    vec![PlannedTask {
        task,
        interface: Some((id, Fact::Unavailable(why.clone()))),
        subnet: Some((subnet, Fact::Unavailable(why))),
    }]
}

fn task(
    resolver: &Resolver,
    planned: &PlannedService,
    service: &Service,
    (definition_arn, definition): (&str, &Fact<TaskDefinition>),
    arn: String,
) -> Task {
    let capacity = &planned.capacity;
    let known = definition.known();
    let (task_role, execution_role) = match known {
        Some(_) => (None, None),
        None => roles_of(resolver, definition_arn),
    };
    let is_fargate = capacity.launch_type.as_deref() == Some("FARGATE");
    let family = known.and_then(|definition| definition.operating_system.clone());
    let family = family.filter(|family| family.to_ascii_uppercase().starts_with("WINDOWS"));
    let platform_version = match service.platform_version.as_deref() {
        Some(version) if version != "LATEST" => version,
        // AWS may raise what LATEST means, and never lowers it.
        _ if family.is_some() => "1.0.0",
        _ => "1.4.0",
    };
    let containers = known
        .into_iter()
        .flat_map(|definition| &definition.containers);
    let containers = containers.map(|container| Container {
        name: container.name.as_str().into(),
        image: container.image.clone(),
        last_status: "RUNNING".into(),
        ..Container::default()
    });
    Task {
        arn,
        group: Some(format!("service:{}", planned.name)),
        started_by: Some("planned".to_owned()),
        task_definition: definition_arn.into(),
        last_status: "RUNNING".into(),
        desired_status: "RUNNING".into(),
        exec_enabled: service.exec_enabled,
        launch_type: capacity.launch_type.as_deref().map(Into::into),
        capacity_provider: capacity.provider.as_deref().map(Into::into),
        container_instance: capacity
            .is_on_instances()
            .then(|| instances_of(&planned.name)),
        platform_version: is_fargate.then(|| platform_version.into()),
        platform_family: match (family, is_fargate) {
            (Some(family), _) => Some(family),
            (None, true) => Some("Linux".into()),
            (None, false) => None,
        },
        task_role_override: task_role,
        execution_role_override: execution_role,
        containers: containers.collect(),
        ..Task::default()
    }
}

/// The made-up ID of the instances that run a service's tasks: no plan shows which ones these are.
pub fn instances_of(service: &str) -> String {
    format!("instances of {service}")
}

/// The task with a network interface in a subnet, and the interface's made-up ID.
fn with_interface(mut task: Task, subnet: &str) -> (Task, String) {
    let id = format!("interface of {}", task.id());
    task.interface = Some(TaskInterface {
        id: Some(id.as_str().into()),
        subnet: Some(subnet.into()),
        private_ip: None,
    });
    (task, id)
}

fn placed_task(
    resolver: &Resolver,
    planned: &PlannedService,
    task: Task,
    subnet_id: &str,
    subnet: &Fact<Subnet>,
) -> PlannedTask {
    let (task, id) = with_interface(task, subnet_id);
    let vpc = subnet.known().map(|subnet| subnet.vpc.as_str());
    let groups = planned
        .security_groups
        .clone()
        .and_then(|groups| match groups.is_empty() {
            false => Ok(groups),
            true => {
                let group =
                    vpc.and_then(|vpc| resolver.vpc_default(vpc, ResourceKind::SecurityGroup));
                let what = || format!("the default security group that {} gets", planned.name);
                group
                    .map(|group| vec![group])
                    .ok_or_else(|| known_after_apply(what()))
            }
        });
    let interface = groups.and_then(|security_groups| {
        let is_public = assign_public_ip(planned.resource)?;
        Ok(Interface {
            id: id.as_str().into(),
            vpc: vpc.unwrap_or_default().into(),
            subnet: subnet_id.into(),
            security_groups,
            public_ip: is_public.then(|| "assigned when the task starts".to_owned()),
            ..Interface::default()
        })
    });
    PlannedTask {
        task,
        interface: Some((id, interface.into())),
        subnet: None,
    }
}
