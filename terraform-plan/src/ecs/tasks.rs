//! The tasks that a service would start: one in each subnet that it may be placed in.

use checks::facts::*;

use super::services::Planned;
use crate::resolve::Resolver;
use crate::resolve::resource_kind::ResourceKind;
use crate::unavailable::known_after_apply;

/// A task that would run, and what its interface would be.
pub struct Started {
    pub task: Task,
    /// By ID, where the task has one of its own.
    pub interface: Option<(String, Fact<Interface>)>,
    /// Why the subnets are not known, under the name that the task has for them.
    pub subnet: Option<(String, Fact<Subnet>)>,
}

/// `subnet_of`: what is known of a subnet; `definition`: by the ARN that the tasks name.
pub fn start(
    resolver: &Resolver,
    planned: &Planned,
    cluster: &str,
    definition: (&str, &Fact<TaskDefinition>),
    subnet_of: impl Fn(&str) -> Fact<Subnet>,
) -> Vec<Started> {
    let Ok(service) = &planned.service else {
        return Vec::new();
    };
    let name = &planned.name;
    let arn = |place: &str| resolver.ecs_arn("task", &format!("{cluster}/planned-{name}{place}"));
    match &planned.subnets {
        _ if !planned.has_network => {
            let task = task(resolver, planned, service, definition, arn(""));
            vec![Started {
                task,
                interface: None,
                subnet: None,
            }]
        }
        Ok(subnets) if !subnets.is_empty() => subnets
            .iter()
            .map(|subnet| {
                let task = {
                    // The ID of a task is what follows the last slash.
                    let place = format!("-{}", subnet.replace('/', "-"));
                    task(resolver, planned, service, definition, arn(&place))
                };
                placed(resolver, planned, task, subnet, &subnet_of(subnet))
            })
            .collect(),
        unknown => {
            let why = match unknown {
                Err(why) => why.clone(),
                Ok(_) => known_after_apply(format!("which subnets {name} is placed in")),
            };
            let task = task(resolver, planned, service, definition, arn(""));
            vec![unplaced(planned, task, why)]
        }
    }
}

fn task(
    resolver: &Resolver,
    planned: &Planned,
    service: &Service,
    (arn, definition): (&str, &Fact<TaskDefinition>),
    task_arn: String,
) -> Task {
    let capacity = &planned.capacity;
    let known = definition.known();
    // Where the definition is not known, its roles may be.
    let (task_role, execution_role) = match known {
        Some(_) => (None, None),
        None => super::roles_of(resolver, arn),
    };
    let is_fargate = capacity.launch_type.as_deref() == Some("FARGATE");
    let family = known.and_then(|definition| definition.operating_system.clone());
    let is_windows = family
        .as_deref()
        .is_some_and(|family| family.to_ascii_uppercase().starts_with("WINDOWS"));
    Task {
        arn: task_arn.into(),
        group: Some(format!("service:{}", planned.name)),
        started_by: Some("planned".to_owned()),
        task_definition: arn.into(),
        last_status: "RUNNING".into(),
        desired_status: "RUNNING".into(),
        exec_enabled: service.exec_enabled,
        launch_type: capacity.launch_type.as_deref().map(Into::into),
        capacity_provider: capacity.provider.as_deref().map(Into::into),
        container_instance: capacity.is_on_instances().then(|| host_of(&planned.name)),
        platform_version: is_fargate.then(|| version(service, is_windows).into()),
        platform_family: match (family, is_fargate) {
            (Some(family), _) if is_windows => Some(family.into()),
            (_, true) => Some("Linux".into()),
            (_, false) => None,
        },
        task_role_override: task_role,
        execution_role_override: execution_role,
        containers: known
            .map(|definition| definition.containers.as_slice())
            .unwrap_or_default()
            .iter()
            .map(container)
            .collect(),
        ..Task::default()
    }
}

/// What the instances that run a service's tasks go by; which these are no plan tells.
pub fn host_of(service: &str) -> String {
    format!("instances of {service}")
}

/// LATEST means these today, and they are never taken back.
fn version(service: &Service, is_windows: bool) -> &str {
    match service.platform_version.as_deref() {
        Some(version) if version != "LATEST" => version,
        _ if is_windows => "1.0.0",
        _ => "1.4.0",
    }
}

fn container(definition: &ContainerDefinition) -> Container {
    Container {
        name: definition.name.as_str().into(),
        image: definition.image.clone(),
        last_status: "RUNNING".into(),
        ..Container::default()
    }
}

fn placed(
    resolver: &Resolver,
    planned: &Planned,
    mut task: Task,
    subnet: &str,
    known: &Fact<Subnet>,
) -> Started {
    let id = format!("interface of {}", task.id());
    task.interface = Some(TaskInterface {
        id: Some(id.as_str().into()),
        subnet: Some(subnet.into()),
        private_ip: None,
    });
    let vpc = known.known().map(|subnet| subnet.vpc.as_str());
    let interface = interface(resolver, planned, &id, subnet, vpc);
    Started {
        task,
        interface: Some((id, interface)),
        subnet: None,
    }
}

fn interface(
    resolver: &Resolver,
    planned: &Planned,
    id: &str,
    subnet: &str,
    vpc: Option<&str>,
) -> Fact<Interface> {
    let groups = match &planned.groups {
        Err(why) => return Fact::Unavailable(why.clone()),
        Ok(groups) if !groups.is_empty() => groups.clone(),
        Ok(_) => {
            let vpc =
                vpc.and_then(|vpc| resolver.plan.find(ResourceKind::Vpc.resource_types(), vpc));
            match vpc.and_then(|vpc| resolver.default_of(vpc, ResourceKind::SecurityGroup)) {
                Some(default) => vec![default],
                None => {
                    let what = format!("the default security group that {} takes", planned.name);
                    return Fact::Unavailable(known_after_apply(what));
                }
            }
        }
    };
    let public = ["network_configuration", "0", "assign_public_ip"];
    let is_public = match planned.instance.flag(&public) {
        Ok(flag) => flag.unwrap_or(false),
        Err(why) => return Fact::Unavailable(why),
    };
    Fact::Known(Interface {
        id: id.into(),
        vpc: vpc.unwrap_or_default().into(),
        subnet: subnet.into(),
        security_groups: groups,
        public_ip: is_public.then(|| "given when the task starts".to_owned()),
        ..Interface::default()
    })
}

fn unplaced(planned: &Planned, mut task: Task, why: Unavailable) -> Started {
    let id = format!("interface of {}", task.id());
    let subnet = format!("subnets of {}", planned.name);
    task.interface = Some(TaskInterface {
        id: Some(id.as_str().into()),
        subnet: Some(subnet.as_str().into()),
        private_ip: None,
    });
    Started {
        task,
        interface: Some((id, Fact::Unavailable(why.clone()))),
        subnet: Some((subnet, Fact::Unavailable(why))),
    }
}
