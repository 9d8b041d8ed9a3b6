//! The services of a cluster.

use model::facts::{AwsVpc, Deployment, DeploymentController, Service, Unavailable};

use crate::document::Plan;
use crate::instance::{Instance, Seen};
use crate::known::{Known, untold};
use crate::network::Likeness;
use crate::resolve::Resolver;
use crate::things::Thing;

/// A service of the plan.
pub struct Planned<'p> {
    pub instance: &'p Instance,
    pub name: String,
    pub service: Known<Service>,
    pub subnets: Known<Vec<String>>,
    /// None are named: AWS takes the VPC's default group.
    pub groups: Known<Vec<String>>,
    pub capacity: Capacity,
    /// It gives its tasks an interface of their own.
    pub has_network: bool,
}

/// What the tasks run on.
#[derive(Debug, Clone, Default)]
pub struct Capacity {
    pub launch_type: Option<String>,
    pub provider: Option<String>,
}

pub fn services(plan: &Plan) -> impl Iterator<Item = &Instance> {
    plan.of_kind(&["aws_ecs_service"])
}

/// The name of the cluster that a service is in.
pub fn cluster_of(resolver: &Resolver, service: &Instance) -> Known<String> {
    if service.at(&["cluster"]) == Seen::Later && !resolver.plan.is_set(service, "cluster") {
        return Ok("default".to_owned());
    }
    let cluster = resolver.one(service, &["cluster"], Thing::Cluster)?;
    Ok(cluster.unwrap_or_else(|| "default".to_owned()))
}

/// The services of a cluster, and why some of them may be missing.
pub fn planned_services<'p>(
    resolver: &Resolver<'p>,
    cluster: &str,
) -> (Vec<Planned<'p>>, Option<Unavailable>) {
    let mut planned = Vec::new();
    let mut unlisted = None;
    let likeness = Likeness::new(resolver);
    for instance in services(resolver.plan) {
        match (cluster_of(resolver, instance), instance.text(&["name"])) {
            (Ok(of), Ok(Some(name))) if of == cluster => {
                planned.push(read_service(resolver, &likeness, instance, name));
            }
            (Ok(_), Ok(_)) => {}
            (Ok(of), Err(_)) if of != cluster => {}
            (Err(why), _) | (_, Err(why)) => unlisted = Some(why),
        }
    }
    planned.sort_by(|one, other| one.name.cmp(&other.name));
    let unlisted = unlisted.or_else(|| unshown(resolver, cluster));
    (planned, unlisted)
}

pub const EXPRESS: &str = "aws_ecs_express_gateway_service";

/// Why services of the cluster are not in the plan as resources that it changes.
fn unshown(resolver: &Resolver, cluster: &str) -> Option<Unavailable> {
    let plan = resolver.plan;
    let is_here = |service: &&Instance| {
        let of = cluster_of(resolver, service);
        of.is_err() || of.as_deref() == Ok(cluster)
    };
    let mut deferred = plan.deferred.iter();
    let mut deferred = deferred
        .by_ref()
        .filter(|one| one.is(&["aws_ecs_service", EXPRESS]));
    if let Some(service) = deferred.find(is_here) {
        return Some(untold(format!(
            "Terraform leaves {} for a later plan",
            service.address
        )));
    }
    let express = plan.of_kind(&[EXPRESS]).find(is_here);
    if let Some(service) = express {
        return Some(untold(format!(
            "{} is a service of Express Mode: ECS makes its network and its tasks, and the plan does not show them",
            service.address
        )));
    }
    plan.is_without_service().then(|| {
        untold("the plan has no ECS service, so that nobody can tell which tasks it changes anything for")
    })
}

const NETWORK: [&str; 2] = ["network_configuration", "0"];

fn read_service<'p>(
    resolver: &Resolver<'p>,
    likeness: &Likeness,
    instance: &'p Instance,
    name: &str,
) -> Planned<'p> {
    let within = |name| [NETWORK.as_slice(), &[name]].concat();
    let subnets = likeness.of_tasks(instance, &within("subnets"));
    let groups = resolver.all(instance, &within("security_groups"), Thing::SecurityGroup);
    Planned {
        instance,
        name: name.to_owned(),
        service: service(resolver, instance, name, &subnets, &groups),
        has_network: !matches!(instance.count(&NETWORK[..1]), Ok(0)),
        subnets,
        groups,
        capacity: capacity(resolver, instance),
    }
}

fn service(
    resolver: &Resolver,
    instance: &Instance,
    name: &str,
    subnets: &Known<Vec<String>>,
    groups: &Known<Vec<String>>,
) -> Known<Service> {
    let exec_enabled = instance.flag(&["enable_execute_command"])?.unwrap_or(false);
    let public = [NETWORK.as_slice(), &["assign_public_ip"]].concat();
    let strategy = instance.text(&["scheduling_strategy"]).ok().flatten();
    let daemon = strategy == Some("DAEMON");
    // How many tasks a daemon service has, only its instances tell.
    let count = instance.number(&["desired_count"]).ok().flatten();
    let count = count
        .filter(|_| !daemon)
        .and_then(|count| u32::try_from(count).ok())
        .unwrap_or(1);
    let definition = resolver.one(instance, &["task_definition"], Thing::TaskDefinition);
    let definition = definition.ok().flatten();
    let id = instance.text(&["id"]).ok().flatten();
    let cluster = cluster_of(resolver, instance)?;
    Ok(Service {
        arn: match id {
            Some(id) if id.starts_with("arn:") => id.to_owned(),
            _ => resolver.ecs_arn("service", &format!("{cluster}/{name}")),
        },
        name: name.to_owned(),
        status: "ACTIVE".to_owned(),
        desired_count: count,
        running_count: count,
        pending_count: 0,
        daemon,
        exec_enabled,
        launch_type: capacity(resolver, instance).launch_type,
        platform_version: instance
            .text(&["platform_version"])
            .ok()
            .flatten()
            .map(str::to_owned),
        task_definition: definition.clone(),
        controller: controller(instance),
        deployments: match controller(instance) {
            DeploymentController::Ecs => vec![settled(definition, count)],
            _ => Vec::new(),
        },
        events: Vec::new(),
        awsvpc: match (subnets, groups) {
            (Ok(subnets), Ok(groups)) if !subnets.is_empty() => Some(AwsVpc {
                subnets: subnets.clone(),
                security_groups: groups.clone(),
                assign_public_ip: instance.flag(&public)?.unwrap_or(false),
            }),
            _ => None,
        },
        tags: super::tags::tags(instance),
        leaves_tasks_without_exec: None,
    })
}

/// The deployment that apply makes, once it is through.
fn settled(task_definition: Option<String>, count: u32) -> Deployment {
    Deployment {
        id: "planned".to_owned(),
        status: "PRIMARY".to_owned(),
        task_definition,
        desired_count: count,
        running_count: count,
        rollout_state: Some("COMPLETED".to_owned()),
        ..Deployment::default()
    }
}

pub fn controller(service: &Instance) -> DeploymentController {
    match service.text(&["deployment_controller", "0", "type"]) {
        Ok(Some("CODE_DEPLOY")) => DeploymentController::CodeDeploy,
        Ok(Some("EXTERNAL")) => DeploymentController::External,
        _ => DeploymentController::Ecs,
    }
}

/// By the service's own strategy or launch type, else by the cluster's strategy.
fn capacity(resolver: &Resolver, service: &Instance) -> Capacity {
    let own = service.text(&["capacity_provider_strategy", "0", "capacity_provider"]);
    if let Ok(Some(provider)) = own {
        return Capacity::of_provider(provider);
    }
    if let Ok(Some(kind)) = service.text(&["launch_type"]) {
        return Capacity {
            launch_type: Some(kind.to_owned()),
            provider: None,
        };
    }
    let Ok(cluster) = cluster_of(resolver, service) else {
        return Capacity::default();
    };
    let strategy = resolver
        .plan
        .of_kind(&["aws_ecs_cluster_capacity_providers"])
        .find(|of| {
            resolver.one(of, &["cluster_name"], Thing::Cluster) == Ok(Some(cluster.clone()))
        });
    let Some(strategy) = strategy else {
        return Capacity::default();
    };
    let path = [
        "default_capacity_provider_strategy",
        "0",
        "capacity_provider",
    ];
    match strategy.text(&path) {
        Ok(Some(provider)) => Capacity::of_provider(provider),
        _ => Capacity::default(),
    }
}

impl Capacity {
    /// Tasks run on machines that are not Fargate's.
    pub fn is_on_instances(&self) -> bool {
        matches!(self.launch_type.as_deref(), Some("EC2" | "EXTERNAL"))
    }

    fn of_provider(provider: &str) -> Capacity {
        let is_fargate = matches!(provider, "FARGATE" | "FARGATE_SPOT");
        Capacity {
            launch_type: Some(if is_fargate { "FARGATE" } else { "EC2" }.to_owned()),
            provider: Some(provider.to_owned()),
        }
    }
}
