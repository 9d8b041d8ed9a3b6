//! The services and tasks that the user asks about.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::types::DesiredStatus;
use futures::future::join;
use model::arn;
use model::facts::*;

use super::{each, ecs};
use crate::aws::{AwsClients, Failure};
use crate::config::Settings;
use crate::target::{GatherRequest, NameCandidates, Services, is_whole_task, service_target};

/// The services and tasks of a request.
#[derive(Clone, Default)]
pub struct Workload {
    pub wanted: Vec<ServiceTarget>,
    pub services: BTreeMap<String, Fact<Service>>,
    pub service_tasks: BTreeMap<String, Fact<Vec<String>>>,
    pub tasks: BTreeMap<String, Fact<Task>>,
    /// ARNs of the tasks that the user named, and of standalone tasks.
    pub named: Vec<String>,
    /// Why services or standalone tasks of the cluster may be missing.
    pub unlisted: Option<Unavailable>,
}

impl Workload {
    /// Whether there is nothing to look at, for certain.
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty() && self.named.is_empty() && self.unlisted.is_none()
    }

    /// The tasks that run or are about to.
    pub fn running(&self) -> Vec<&Task> {
        self.tasks
            .values()
            .filter_map(Fact::known)
            .filter(|task| task.is_running())
            .collect()
    }
}

/// Reads the services and tasks of a request.
pub async fn workload(aws: &AwsClients, settings: &Settings, request: &GatherRequest) -> Workload {
    let cluster = settings.cluster.as_str();
    match &request.services {
        Services::Named(candidates) => named_services(aws, cluster, candidates).await,
        Services::All => all_services(aws, settings).await,
        Services::None => named_tasks(aws, settings, &request.tasks).await,
    }
}

async fn named_services(
    aws: &AwsClients,
    cluster: &str,
    candidates: &[NameCandidates],
) -> Workload {
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
    let mut wanted: Vec<ServiceTarget> = candidates
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
    aws: &AwsClients,
    cluster: &str,
    services: Vec<String>,
) -> BTreeMap<String, Fact<Vec<String>>> {
    each(services, async |name| {
        ecs::task_arns(aws, cluster, Some(name), DesiredStatus::Running).await
    })
    .await
}

/// Adds stopped tasks of services without running tasks: they show why.
async fn add_stopped(
    aws: &AwsClients,
    cluster: &str,
    listed: &mut BTreeMap<String, Fact<Vec<String>>>,
) {
    let empty: Vec<String> = listed
        .iter()
        .filter(|(_, arns)| arns.known().is_some_and(Vec::is_empty))
        .map(|(name, _)| name.clone())
        .collect();
    let stopped = each(empty, async |name| {
        ecs::task_arns(aws, cluster, Some(name), DesiredStatus::Stopped).await
    });
    for (name, arns) in stopped.await {
        if let Fact::Known(mut arns) = arns {
            arns.truncate(10);
            listed.insert(name, Fact::Known(arns));
        }
    }
}

/// All services of the cluster, with one list of tasks instead of one for each service.
async fn all_services(aws: &AwsClients, settings: &Settings) -> Workload {
    let cluster = settings.cluster.as_str();
    let (services, (arns, tasks)) = join(
        async {
            let names = ecs::service_names(aws, cluster).await?;
            Ok::<_, Failure>(ecs::services(aws, cluster, &names).await)
        },
        async {
            let arns = ecs::task_arns(aws, cluster, None, DesiredStatus::Running).await;
            let known = arns.known().map_or(&[][..], Vec::as_slice);
            let tasks = ecs::tasks(aws, cluster, known).await;
            (arns, tasks)
        },
    )
    .await;
    let by_service = by_service(&tasks);
    let undescribed = tasks.values().find_map(Fact::unavailable).cloned();
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
        .iter()
        .map(|(name, service)| {
            let seen = by_service.get(name).cloned().unwrap_or_default();
            let seen = match &undescribed {
                Some(why) if may_have_more(service, seen.len()) => Fact::Unavailable(why.clone()),
                _ => arns.as_ref().map(|_| seen),
            };
            (name.clone(), seen)
        })
        .collect();
    let standalone = tasks
        .iter()
        .filter(|(_, task)| task.known().is_some_and(|one| one.service_name().is_none()))
        .map(|(arn, _)| arn.clone())
        .collect();
    Workload {
        wanted: services
            .keys()
            .map(|name| service_target(settings, name))
            .collect(),
        services,
        service_tasks,
        tasks,
        named: standalone,
        unlisted: unlisted.or(undescribed),
    }
}

/// Whether a task that could not be described may belong to the service.
fn may_have_more(service: &Fact<Service>, seen: usize) -> bool {
    match service {
        Fact::Known(service) => {
            let count = service.running_count + service.pending_count;
            seen < count.max(service.desired_count) as usize
        }
        Fact::Absent => false,
        Fact::Unavailable(_) => true,
    }
}

/// Tasks that the user named, with their services.
async fn named_tasks(aws: &AwsClients, settings: &Settings, written: &[String]) -> Workload {
    let cluster = settings.cluster.as_str();
    let (ids, missing) = complete_ids(aws, cluster, written).await;
    let mut tasks = ecs::tasks(aws, cluster, &ids).await;
    tasks.extend(missing);
    let names: Vec<String> = by_service(&tasks).into_keys().collect();
    Workload {
        services: ecs::services(aws, cluster, &names).await,
        named: tasks.keys().cloned().collect(),
        tasks,
        ..Workload::default()
    }
}

/// A prefix of an ID means the running tasks with this prefix. The second value has the prefixes without a task.
async fn complete_ids(
    aws: &AwsClients,
    cluster: &str,
    written: &[String],
) -> (Vec<String>, BTreeMap<String, Fact<Task>>) {
    let (mut ids, prefixes): (Vec<_>, Vec<_>) =
        written.iter().cloned().partition(|id| is_whole_task(id));
    let mut missing = BTreeMap::new();
    if prefixes.is_empty() {
        return (ids, missing);
    }
    let running = ecs::task_arns(aws, cluster, None, DesiredStatus::Running).await;
    for prefix in prefixes {
        let arns = running.known().into_iter().flatten();
        let before = ids.len();
        ids.extend(
            arns.filter(|arn| arn::name(arn).starts_with(&prefix))
                .cloned(),
        );
        if ids.len() == before {
            missing.insert(prefix, running.as_ref().and_then(|_| Fact::Absent));
        }
    }
    (ids, missing)
}

fn by_service(tasks: &BTreeMap<String, Fact<Task>>) -> BTreeMap<String, Vec<String>> {
    let mut services: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for task in tasks.values().filter_map(Fact::known) {
        if let Some(name) = task.service_name() {
            let arns = services.entry(name.to_owned()).or_default();
            arns.push(task.arn.to_string());
        }
    }
    services
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_with_fewer_tasks_than_its_count_can_have_more() {
        let service = |desired_count, running_count| {
            Fact::Known(Service {
                desired_count,
                running_count,
                ..Service::default()
            })
        };
        assert!(may_have_more(&service(2, 2), 0));
        assert!(may_have_more(&service(2, 1), 1));
        assert!(may_have_more(&service(1, 2), 1));
        assert!(!may_have_more(&service(2, 2), 2));
        assert!(!may_have_more(&service(0, 0), 0));
        assert!(!may_have_more(&Fact::Absent, 0));
    }
}
