//! Facts from AWS. Every branch starts as soon as its own inputs are there, and each resource is read once.
//!
//! The longest chain for one service: ListTasks → DescribeTasks → DescribeTaskDefinition →
//! SimulatePrincipalPolicy, and one more simulation where the execution role may be mixed up with the task role.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_ecs::types::DesiredStatus;
use ecs_exec_checks::facts::*;
use futures::future::{FutureExt, join, join_all};
use futures::join;
use jiff::Timestamp;

use super::aws::{Aws, Failure};
use super::{ec2, ecs, iam, local, simulations, sts};
use crate::config::{Settings, short_name};
use crate::target::{Candidate, Request, Services, container_for, no_such_service};
use crate::trouble::Trouble;

pub struct Gathered {
    pub facts: Facts,
    /// How often each AWS action was called.
    pub calls: BTreeMap<String, u64>,
}

/// Reads everything that the checks need to know about the request's targets.
pub async fn gather(
    settings: &Settings,
    request: &Request,
    timeout: Duration,
) -> Result<Gathered, Trouble> {
    let aws = Aws::connect(settings, timeout).await?;
    let gathered = collect(&aws, settings, request).await;
    match aws.rejected() {
        Some(trouble) => Err(trouble),
        None => Ok(Gathered {
            facts: gathered?,
            calls: aws.calls(),
        }),
    }
}

async fn collect(aws: &Aws, settings: &Settings, request: &Request) -> Result<Facts, Trouble> {
    let cluster_name = short_name(&settings.cluster);
    let partition = partition(&aws.region.value);
    let endpoint_services = [endpoint_service(
        partition,
        &aws.region.value,
        "ssmmessages",
    )];

    let caller = sts::caller(aws).shared();
    let cluster = ecs::cluster(aws, &settings.cluster).shared();
    let workload = workload(aws, settings, request).shared();
    let roles = async {
        let workload = workload.clone().await;
        let definitions = definitions(aws, &workload).await;
        let roles = roles(aws, &workload, &definitions).await;
        (definitions, roles)
    };
    let network = async {
        let workload = workload.clone().await;
        ec2::network(aws, &workload.running()).await
    };
    let caller_simulations = async {
        let (caller, (cluster, workload)) =
            join(caller.clone(), join(cluster.clone(), workload.clone())).await;
        let Some(caller) = caller.known() else {
            return Vec::new();
        };
        let arn = cluster_arn(&cluster, caller, partition, &aws.region.value, cluster_name);
        let tasks = workload.running();
        let wanted = &workload.wanted;
        let container = request.container.as_deref();
        simulations::of_caller(
            aws,
            caller,
            &arn,
            cluster.known(),
            &tasks,
            wanted,
            container,
        )
        .await
    };
    let endpoints = ec2::endpoints(aws, &endpoint_services);

    let (plugin, (definitions, roles), mut network, mut simulations, endpoints) = join!(
        local::plugin(),
        roles,
        network,
        caller_simulations,
        endpoints
    );
    let (caller, cluster, workload) = (caller.await, cluster.await, workload.await);
    refuse_missing_targets(aws, settings, request, &cluster, &workload).await?;
    simulations.extend(roles.simulations);
    network.endpoints = Some(endpoints);

    Ok(Facts {
        format: FORMAT,
        taken_at: Timestamp::now(),
        partition: partition.to_owned(),
        region: aws.region.value.clone(),
        account: account(&caller, &cluster),
        cluster_name: cluster_name.to_owned(),
        target: Target {
            services: workload.wanted,
            tasks: workload.named,
            container: request.container.clone(),
        },
        local: Local {
            os: std::env::consts::OS.to_owned(),
            region_source: aws.region.source.clone(),
            credentials: caller.as_ref().map(|_| ()),
            plugin,
        },
        caller,
        cluster,
        unlisted: workload.unlisted,
        services: workload.services,
        service_tasks: workload.service_tasks,
        tasks: workload.tasks,
        task_definitions: definitions,
        roles: roles.roles,
        simulations,
        network,
        kms_keys: BTreeMap::new(),
        log_groups: BTreeMap::new(),
        buckets: BTreeMap::new(),
    })
}

/// The services and tasks that the request comes down to.
#[derive(Clone, Default)]
struct Workload {
    wanted: Vec<Wanted>,
    services: BTreeMap<String, Fact<Service>>,
    service_tasks: BTreeMap<String, Fact<Vec<String>>>,
    tasks: BTreeMap<String, Fact<Task>>,
    /// ARNs of the tasks that were named.
    named: Vec<String>,
    /// Why services, or standalone tasks, of the cluster may be missing here.
    unlisted: Option<Unavailable>,
}

impl Workload {
    fn is_empty(&self) -> bool {
        self.wanted.is_empty() && self.named.is_empty() && self.unlisted.is_none()
    }

    fn running(&self) -> Vec<&Task> {
        self.tasks
            .values()
            .filter_map(Fact::known)
            .filter(|task| task.is_running())
            .collect()
    }
}

async fn workload(aws: &Aws, settings: &Settings, request: &Request) -> Workload {
    let cluster = settings.cluster.as_str();
    match &request.services {
        Services::Named(candidates) => named_services(aws, cluster, candidates).await,
        Services::All => all_services(aws, settings).await,
        Services::None => named_tasks(aws, settings, &request.tasks).await,
    }
}

async fn named_services(aws: &Aws, cluster: &str, candidates: &[Candidate]) -> Workload {
    let names: Vec<String> = candidates
        .iter()
        .flat_map(|candidate| candidate.names.clone())
        .collect();
    let likely = candidates
        .iter()
        .map(|candidate| candidate.names[0].clone());
    let (services, mut listed) = join(
        ecs::services(aws, cluster, &names),
        list_tasks(aws, cluster, likely.collect()),
    )
    .await;
    let mut wanted: Vec<Wanted> = candidates
        .iter()
        .map(|candidate| candidate.resolve(&services))
        .collect();
    let mut seen = BTreeSet::new();
    wanted.retain(|wanted| seen.insert(wanted.name.clone()));
    let others: Vec<String> = wanted
        .iter()
        .map(|wanted| wanted.name.clone())
        .filter(|name| !listed.contains_key(name))
        .collect();
    listed.extend(list_tasks(aws, cluster, others).await);
    listed.retain(|name, _| wanted.iter().any(|wanted| wanted.name == *name));
    let mut services = services;
    services.retain(|name, _| wanted.iter().any(|wanted| wanted.name == *name));

    add_stopped(aws, cluster, &mut listed).await;
    let arns: Vec<String> = listed
        .values()
        .filter_map(Fact::known)
        .flatten()
        .cloned()
        .collect();
    Workload {
        tasks: ecs::tasks(aws, cluster, &arns).await,
        wanted,
        services,
        service_tasks: listed,
        named: Vec::new(),
        unlisted: None,
    }
}

async fn list_tasks(
    aws: &Aws,
    cluster: &str,
    services: Vec<String>,
) -> BTreeMap<String, Fact<Vec<String>>> {
    join_all(services.into_iter().map(async |name| {
        let arns = ecs::task_arns(aws, cluster, Some(&name), DesiredStatus::Running).await;
        (name, arns)
    }))
    .await
    .into_iter()
    .collect()
}

/// Where a service has no task that runs, the stopped ones say why.
async fn add_stopped(aws: &Aws, cluster: &str, listed: &mut BTreeMap<String, Fact<Vec<String>>>) {
    let empty: Vec<String> = listed
        .iter()
        .filter(|(_, arns)| arns.known().is_some_and(Vec::is_empty))
        .map(|(name, _)| name.clone())
        .collect();
    let stopped = join_all(empty.into_iter().map(async |name| {
        let arns = ecs::task_arns(aws, cluster, Some(&name), DesiredStatus::Stopped).await;
        (name, arns)
    }))
    .await;
    for (name, arns) in stopped {
        if let Fact::Known(mut arns) = arns {
            arns.truncate(10);
            listed.insert(name, Fact::Known(arns));
        }
    }
}

/// The whole cluster: one list of tasks rather than one a service; each task tells its service.
async fn all_services(aws: &Aws, settings: &Settings) -> Workload {
    let cluster = settings.cluster.as_str();
    let (services, arns) = join(
        async {
            let names = ecs::service_names(aws, cluster).await?;
            Ok::<_, Failure>(ecs::services(aws, cluster, &names).await)
        },
        ecs::task_arns(aws, cluster, None, DesiredStatus::Running),
    )
    .await;
    let listed = arns.known().cloned().unwrap_or_default();
    let tasks = ecs::tasks(aws, cluster, &listed).await;
    let by_service = by_service(&tasks);
    let (services, unlisted) = match services {
        Ok(services) if services.is_empty() => (services, arns.unavailable().cloned()),
        Ok(services) => (services, None),
        Err(failure) => {
            let names: Vec<String> = by_service.keys().cloned().collect();
            let services = ecs::services(aws, cluster, &names).await;
            (services, Some(failure.why))
        }
    };
    let service_tasks = services
        .keys()
        .map(|name| {
            let of_service = by_service.get(name).cloned().unwrap_or_default();
            (name.clone(), arns.as_ref().map(|_| of_service))
        })
        .collect();
    let standalone = tasks
        .iter()
        .filter(|(_, task)| {
            task.known()
                .is_some_and(|task| task.service_name().is_none())
        })
        .map(|(arn, _)| arn.clone())
        .collect();
    Workload {
        wanted: services.keys().map(|name| wanted(settings, name)).collect(),
        services,
        service_tasks,
        tasks,
        named: standalone,
        unlisted,
    }
}

/// Tasks that were named one by one, with the services that they belong to.
async fn named_tasks(aws: &Aws, settings: &Settings, ids: &[String]) -> Workload {
    let cluster = settings.cluster.as_str();
    let tasks = ecs::tasks(aws, cluster, ids).await;
    let names: Vec<String> = by_service(&tasks).into_keys().collect();
    Workload {
        services: ecs::services(aws, cluster, &names).await,
        named: tasks.keys().cloned().collect(),
        tasks,
        ..Workload::default()
    }
}

fn by_service(tasks: &BTreeMap<String, Fact<Task>>) -> BTreeMap<String, Vec<String>> {
    let mut services: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for task in tasks.values().filter_map(Fact::known) {
        if let Some(name) = task.service_name() {
            let arns = services.entry(name.to_owned()).or_default();
            arns.push(task.arn.clone());
        }
    }
    services
}

fn wanted(settings: &Settings, name: &str) -> Wanted {
    Wanted {
        name: name.to_owned(),
        container: container_for(settings, name),
    }
}

async fn definitions(aws: &Aws, workload: &Workload) -> BTreeMap<String, Fact<TaskDefinition>> {
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
struct Roles {
    roles: BTreeMap<String, Fact<Role>>,
    simulations: Vec<Simulation>,
}

async fn roles(
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

/// A target that does not exist is no finding but a mistake in the question: it says what does exist.
async fn refuse_missing_targets(
    aws: &Aws,
    settings: &Settings,
    request: &Request,
    cluster: &Fact<Cluster>,
    workload: &Workload,
) -> Result<(), Trouble> {
    let name = short_name(&settings.cluster);
    if cluster.is_absent() {
        let existing = ecs::cluster_names(aws).await;
        return Err(no_such_cluster(name, &aws.region.value, &existing));
    }
    if let Services::Named(candidates) = &request.services {
        let missing = candidates
            .iter()
            .filter(|candidate| candidate.explicit)
            .find(|candidate| {
                candidate.names.iter().all(
                    |name| !matches!(workload.services.get(name), Some(fact) if !is_gone(fact)),
                )
            });
        if let Some(candidate) = missing {
            let existing = ecs::service_names(aws, &settings.cluster)
                .await
                .unwrap_or_default();
            return Err(no_such_service(candidate, name, &existing));
        }
    }
    if let Some(id) = workload
        .named
        .iter()
        .find(|id| workload.tasks[*id].is_absent())
    {
        return Err(Trouble::new(
            format!("there is no task {id} in cluster {name}"),
            "ECS forgets a task about an hour after it stopped. `aws ecs list-tasks` names those that it knows.",
        ));
    }
    if workload.is_empty() {
        return Err(Trouble::new(
            format!(
                "there is nothing to look at in cluster {name}: it has no services and no running tasks"
            ),
            "Is it the right cluster? Name another with --cluster.",
        ));
    }
    refuse_missing_container(request, workload)
}

fn refuse_missing_container(request: &Request, workload: &Workload) -> Result<(), Trouble> {
    let Some(wanted) = &request.container else {
        return Ok(());
    };
    let running = workload.running();
    let names: BTreeSet<&str> = running
        .iter()
        .flat_map(|task| &task.containers)
        .map(|container| container.name.as_str())
        .collect();
    if running.is_empty() || names.contains(wanted.as_str()) {
        return Ok(());
    }
    let names: Vec<&str> = names.into_iter().collect();
    Err(Trouble::new(
        format!("there is no container {wanted} in these tasks"),
        format!("Their containers: {}.", names.join(", ")),
    ))
}

fn is_gone(fact: &Fact<Service>) -> bool {
    match fact {
        Fact::Absent => true,
        Fact::Known(service) => service.status == "INACTIVE",
        Fact::Unavailable(_) => false,
    }
}

fn no_such_cluster(name: &str, region: &str, existing: &[String]) -> Trouble {
    let help = match existing {
        [] => "Is the region right? No cluster of this region can be listed.".to_owned(),
        some => format!(
            "Is the region right? Its clusters: {}.",
            ecs_exec_checks::text::short_list(some, 12)
        ),
    };
    Trouble::new(format!("there is no cluster {name} in {region}"), help)
}

fn cluster_arn(
    cluster: &Fact<Cluster>,
    caller: &Caller,
    partition: &str,
    region: &str,
    name: &str,
) -> String {
    match cluster {
        Fact::Known(cluster) => cluster.arn.clone(),
        Fact::Absent | Fact::Unavailable(_) => {
            format!(
                "arn:{partition}:ecs:{region}:{}:cluster/{name}",
                caller.account
            )
        }
    }
}

fn account(caller: &Fact<Caller>, cluster: &Fact<Cluster>) -> Option<String> {
    match caller {
        Fact::Known(caller) => Some(caller.account.clone()),
        Fact::Absent | Fact::Unavailable(_) => {
            let arn = &cluster.known()?.arn;
            arn.split(':').nth(4).map(str::to_owned)
        }
    }
}

/// The partition that a region belongs to.
fn partition(region: &str) -> &'static str {
    match region {
        r if r.starts_with("cn-") => "aws-cn",
        r if r.starts_with("us-gov-") => "aws-us-gov",
        r if r.starts_with("us-isob-") => "aws-iso-b",
        r if r.starts_with("us-isof-") => "aws-iso-f",
        r if r.starts_with("us-iso-") => "aws-iso",
        r if r.starts_with("eu-isoe-") => "aws-iso-e",
        r if r.starts_with("eusc-") => "aws-eusc",
        _ => "aws",
    }
}
