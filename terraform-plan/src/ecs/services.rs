//! The services of a cluster.

use model::facts::{AwsVpc, Deployment, DeploymentController, Service, Unavailable};

use super::cluster::cluster_of;
use super::redeployment::{controller, leaves_tasks_without_exec};
use super::tags::tags;
use crate::network::SubnetEquivalence;
use crate::plan::resource::Resource;
use crate::resolve::{Resolver, ResourceKind};
use crate::unavailable::{PlanValue, not_shown};

const EXPRESS: &str = "aws_ecs_express_gateway_service";

/// The resource types of services.
pub const SERVICE_TYPES: [&str; 2] = ["aws_ecs_service", EXPRESS];

/// A service of the plan.
pub struct PlannedService<'p> {
    pub resource: &'p Resource,
    pub name: String,
    pub service: PlanValue<Service>,
    pub subnets: PlanValue<Vec<String>>,
    /// Empty if the tasks get the default security group of the VPC.
    pub security_groups: PlanValue<Vec<String>>,
    pub capacity: Capacity,
    /// Each task has a network interface of its own.
    pub has_network: bool,
}

/// What the tasks run on.
#[derive(Debug, Clone, Default)]
pub struct Capacity {
    pub launch_type: Option<String>,
    pub provider: Option<String>,
}

/// The services of a cluster, and why others may be missing.
pub fn planned_services<'p>(
    resolver: &Resolver<'p>,
    cluster: &str,
) -> (Vec<PlannedService<'p>>, Option<Unavailable>) {
    let mut planned = Vec::new();
    let mut unlisted = None;
    let equivalence = SubnetEquivalence::new(resolver);
    for resource in resolver.resources("aws_ecs_service") {
        match (cluster_of(resolver, resource), resource.text("name")) {
            (Ok(of), Ok(Some(name))) if of == cluster => {
                planned.push(read_service(resolver, &equivalence, resource, name));
            }
            (Ok(_), Ok(_)) => {}
            (Ok(of), Err(_)) if of != cluster => {}
            (Err(why), _) | (_, Err(why)) => unlisted = Some(why),
        }
    }
    planned.sort_by(|one, other| one.name.cmp(&other.name));
    (planned, unlisted.or_else(|| not_listed(resolver, cluster)))
}

/// Why services of the cluster are not in the plan as resources that it changes.
fn not_listed(resolver: &Resolver, cluster: &str) -> Option<Unavailable> {
    let plan = resolver.plan;
    let may_be_in_cluster = |service: &&Resource| {
        let of = cluster_of(resolver, service);
        of.is_err() || of.as_deref() == Ok(cluster)
    };
    let mut deferred = plan.deferred.of_types(&SERVICE_TYPES);
    let mut express = resolver.resources(EXPRESS);
    if let Some(service) = deferred.find(may_be_in_cluster) {
        let address = &service.address;
        return Some(not_shown(format!(
            "Terraform defers {address} to a later plan"
        )));
    }
    if let Some(service) = express.find(may_be_in_cluster) {
        return Some(not_shown(format!(
            "{} is an Express Mode service: ECS creates its network and tasks, and the plan does not show them",
            service.address
        )));
    }
    let mut all = [&plan.resources, &plan.before, &plan.deferred].into_iter();
    let has_service = all.any(|all| all.of_types(&SERVICE_TYPES).next().is_some());
    (!has_service).then(|| {
        not_shown("the plan has no ECS service, so it does not show which tasks it affects")
    })
}

fn read_service<'p>(
    resolver: &Resolver<'p>,
    equivalence: &SubnetEquivalence,
    resource: &'p Resource,
    name: &str,
) -> PlannedService<'p> {
    const GROUPS: &str = "network_configuration.0.security_groups";
    let subnets = equivalence.task_subnets(resource, "network_configuration.0.subnets");
    let groups = resolver.resolve_all(resource, GROUPS, ResourceKind::SecurityGroup);
    let capacity = capacity(resolver, resource);
    PlannedService {
        resource,
        name: name.to_owned(),
        service: service(resolver, resource, name, &subnets, &groups, &capacity),
        has_network: resource.count("network_configuration") != Ok(0),
        subnets,
        security_groups: groups,
        capacity,
    }
}

fn service(
    resolver: &Resolver,
    resource: &Resource,
    name: &str,
    subnets: &PlanValue<Vec<String>>,
    groups: &PlanValue<Vec<String>>,
    capacity: &Capacity,
) -> PlanValue<Service> {
    let exec_enabled = resource.flag("enable_execute_command")?.unwrap_or(false);
    let daemon = resource.has_text("scheduling_strategy", "DAEMON");
    let desired = resource.number("desired_count").ok().flatten();
    // A daemon service has a task on each instance, and the plan does not show how many those are.
    let count = desired.filter(|_| !daemon);
    let count = count.map_or(1, |count| u32::try_from(count).unwrap_or(1));
    let definition = resolver.resolve(resource, "task_definition", ResourceKind::TaskDefinition);
    let definition = definition.ok().flatten();
    let cluster = cluster_of(resolver, resource)?;
    let arn = resource.id().filter(|id| id.starts_with("arn:"));
    let arn = arn.map(str::to_owned);
    let controller = controller(resource);
    Ok(Service {
        arn: arn.unwrap_or_else(|| resolver.ecs_arn("service", &format!("{cluster}/{name}"))),
        name: name.to_owned(),
        status: "ACTIVE".to_owned(),
        desired_count: count,
        running_count: count,
        pending_count: 0,
        daemon,
        exec_enabled,
        launch_type: capacity.launch_type.clone(),
        platform_version: resource.known_text("platform_version").map(str::to_owned),
        task_definition: definition.clone(),
        deployments: match controller {
            DeploymentController::Ecs => vec![completed_deployment(definition, count)],
            _ => Vec::new(),
        },
        controller,
        events: Vec::new(),
        awsvpc: match (subnets, groups) {
            (Ok(subnets), Ok(groups)) if !subnets.is_empty() => Some(AwsVpc {
                subnets: subnets.clone(),
                security_groups: groups.clone(),
                assign_public_ip: assign_public_ip(resource)?,
            }),
            _ => None,
        },
        tags: tags(resource),
        leaves_tasks_without_exec: leaves_tasks_without_exec(resolver, resource, name),
    })
}

/// Whether tasks get public IP addresses.
pub fn assign_public_ip(service: &Resource) -> PlanValue<bool> {
    let flag = service.flag("network_configuration.0.assign_public_ip")?;
    Ok(flag.unwrap_or(false))
}

/// The deployment that apply starts, once it has completed.
fn completed_deployment(task_definition: Option<String>, count: u32) -> Deployment {
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

/// The capacity by the service's own strategy or launch type, else by the cluster's default strategy.
fn capacity(resolver: &Resolver, service: &Resource) -> Capacity {
    const STRATEGIES: &str = "aws_ecs_cluster_capacity_providers";
    const DEFAULT: &str = "default_capacity_provider_strategy.0.capacity_provider";
    if let Some(provider) = service.known_text("capacity_provider_strategy.0.capacity_provider") {
        return Capacity::of_provider(provider);
    }
    if let Some(launch_type) = service.known_text("launch_type") {
        return Capacity {
            launch_type: Some(launch_type.to_owned()),
            provider: None,
        };
    }
    let Ok(cluster) = cluster_of(resolver, service) else {
        return Capacity::default();
    };
    let mut strategies =
        resolver.referring(STRATEGIES, "cluster_name", ResourceKind::Cluster, &cluster);
    let strategy = strategies.find_map(Result::ok);
    let provider = strategy.and_then(|strategy| strategy.known_text(DEFAULT));
    provider.map(Capacity::of_provider).unwrap_or_default()
}

impl Capacity {
    /// Whether tasks run on instances rather than on Fargate.
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
