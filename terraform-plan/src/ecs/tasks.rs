//! The tasks that a service would start: one in each of its subnets.

use model::facts::*;

use super::services::{PlannedService, assign_public_ip};
use super::task_definitions::roles_of;
use crate::network::subnet_or_live;
use crate::resolve::{Resolver, ResourceKind};
use crate::unavailable::{PlanValue, known_after_apply, not_shown};

/// Adds the tasks of a service to the facts, with their network interfaces and instances. The facts have the task
/// definition already. Returns the ARNs of the tasks.
pub fn add_tasks(
    facts: &mut Facts,
    resolver: &Resolver,
    planned: &PlannedService,
    service: &Service,
    definition_arn: &str,
) -> Vec<String> {
    let name = &planned.name;
    if planned.capacity.is_on_instances() {
        let why = not_shown(format!("the plan does not show which instances run {name}"));
        let instances = Fact::Unavailable(why);
        facts
            .container_instances
            .insert(instances_of(name), instances);
    }
    let network = &mut facts.network;
    let definition = facts.task_definitions.get(definition_arn);
    let task = |suffix: &str| {
        let id = format!("{}/planned-{name}{suffix}", facts.cluster_name);
        let arn = resolver.ecs_arn("task", &id);
        let definition = definition.and_then(Fact::known);
        task(
            resolver,
            planned,
            service,
            (definition_arn, definition),
            arn,
        )
    };
    let mut tasks = Vec::new();
    match &planned.subnets {
        _ if !planned.has_network => tasks.push(task("")),
        Ok(subnets) if !subnets.is_empty() => {
            for subnet in subnets {
                // The ID of a task is the part of its ARN after the last slash.
                let mut task = task(&format!("-{}", subnet.replace('/', "-")));
                let id = add_interface(&mut task, subnet);
                let interface = interface(resolver, planned, &id, subnet);
                network.interfaces.insert(id, interface.into());
                tasks.push(task);
            }
        }
        unknown => {
            let why = unknown.as_ref().err().cloned();
            let unused = || known_after_apply(format!("which subnets {name} uses"));
            let why = why.unwrap_or_else(unused);
            let subnet = format!("subnets of {name}");
            let mut task = task("");
            let id = add_interface(&mut task, &subnet);
            network
                .interfaces
                .insert(id, Fact::Unavailable(why.clone()));
            network.subnets.insert(subnet, Fact::Unavailable(why));
            tasks.push(task);
        }
    }
    let arns = tasks.iter().map(|task| task.arn.to_string()).collect();
    let tasks = tasks.into_iter();
    facts
        .tasks
        .extend(tasks.map(|task| (task.arn.to_string(), Fact::Known(task))));
    arns
}

fn task(
    resolver: &Resolver,
    planned: &PlannedService,
    service: &Service,
    (definition_arn, definition): (&str, Option<&TaskDefinition>),
    arn: String,
) -> Task {
    let capacity = &planned.capacity;
    let (task_role, execution_role) = match definition {
        Some(_) => (None, None),
        None => roles_of(resolver, definition_arn),
    };
    let is_fargate = capacity.launch_type.as_deref() == Some("FARGATE");
    let family = definition.and_then(|definition| definition.operating_system.clone());
    let family = family.filter(|family| family.to_ascii_uppercase().starts_with("WINDOWS"));
    let platform_version = match service.platform_version.as_deref() {
        Some(version) if version != "LATEST" => Some(version),
        None if resolver.is_unknown(planned.resource, "platform_version") => None,
        // AWS may raise what LATEST means, and never lowers it.
        _ if family.is_some() => Some("1.0.0"),
        _ => Some("1.4.0"),
    };
    let containers = definition
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
        platform_version: platform_version.filter(|_| is_fargate).map(Into::into),
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
fn instances_of(service: &str) -> String {
    format!("instances of {service}")
}

/// Gives the task a network interface in a subnet. Returns the interface's made-up ID.
fn add_interface(task: &mut Task, subnet: &str) -> String {
    let id = format!("interface of {}", task.id());
    task.interface = Some(TaskInterface {
        id: Some(id.as_str().into()),
        subnet: Some(subnet.into()),
        private_ip: None,
    });
    id
}

fn interface(
    resolver: &Resolver,
    planned: &PlannedService,
    id: &str,
    subnet_id: &str,
) -> PlanValue<Interface> {
    let subnet = subnet_or_live(resolver, subnet_id);
    let vpc = subnet.known().map(|subnet| subnet.vpc.as_str());
    let mut security_groups = planned.security_groups.clone()?;
    if security_groups.is_empty() {
        let group = vpc.and_then(|vpc| resolver.vpc_default(vpc, ResourceKind::SecurityGroup));
        let what = || format!("the default security group that {} gets", planned.name);
        security_groups.push(group.ok_or_else(|| known_after_apply(what()))?);
    }
    let is_public = assign_public_ip(planned.resource)?;
    Ok(Interface {
        id: id.into(),
        vpc: vpc.unwrap_or_default().into(),
        subnet: subnet_id.into(),
        security_groups,
        public_ip: is_public.then(|| "assigned when the task starts".to_owned()),
        ..Interface::default()
    })
}
