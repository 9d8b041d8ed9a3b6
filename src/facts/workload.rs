//! What the request comes down to: services, and the tasks that they have.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::types::DesiredStatus;
use futures::future::{join, join_all};
use model::arn;
use model::facts::*;

use super::ecs;
use crate::aws::{Aws, Failure};
use crate::config::Settings;
use crate::target::{Candidate, Request, Services, is_whole_task, wanted};

/// The services and tasks that the request comes down to.
#[derive(Clone, Default)]
pub struct Workload {
    pub wanted: Vec<ServiceTarget>,
    pub services: BTreeMap<String, Fact<Service>>,
    pub service_tasks: BTreeMap<String, Fact<Vec<String>>>,
    pub tasks: BTreeMap<String, Fact<Task>>,
    /// ARNs of the tasks that were named.
    pub named: Vec<String>,
    /// Why services, or standalone tasks, of the cluster may be missing here.
    pub unlisted: Option<Unavailable>,
}

impl Workload {
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty() && self.named.is_empty() && self.unlisted.is_none()
    }

    pub fn running(&self) -> Vec<&Task> {
        self.tasks
            .values()
            .filter_map(Fact::known)
            .filter(|task| task.is_running())
            .collect()
    }
}

pub async fn workload(aws: &Aws, settings: &Settings, request: &Request) -> Workload {
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
    let (services, (arns, tasks)) = join(
        async {
            let names = ecs::service_names(aws, cluster).await?;
            Ok::<_, Failure>(ecs::services(aws, cluster, &names).await)
        },
        ecs::running_tasks(aws, cluster),
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
        unlisted: unlisted.or(undescribed),
    }
}

/// Whether a task of which nothing but its ARN is known may be one of the service's.
fn may_have_more(service: &Fact<Service>, seen: usize) -> bool {
    match service {
        Fact::Known(service) => {
            let told = service.running_count + service.pending_count;
            seen < told.max(service.desired_count) as usize
        }
        Fact::Absent => false,
        Fact::Unavailable(_) => true,
    }
}

/// Tasks that were named one by one, with the services that they belong to.
async fn named_tasks(aws: &Aws, settings: &Settings, written: &[String]) -> Workload {
    let cluster = settings.cluster.as_str();
    let (ids, nowhere) = whole_ids(aws, cluster, written).await;
    let mut tasks = ecs::tasks(aws, cluster, &ids).await;
    tasks.extend(nowhere);
    let names: Vec<String> = by_service(&tasks).into_keys().collect();
    Workload {
        services: ecs::services(aws, cluster, &names).await,
        named: tasks.keys().cloned().collect(),
        tasks,
        ..Workload::default()
    }
}

/// The beginning of an ID stands for the running tasks whose IDs begin so. Besides the IDs: beginnings of none.
async fn whole_ids(
    aws: &Aws,
    cluster: &str,
    written: &[String],
) -> (Vec<String>, BTreeMap<String, Fact<Task>>) {
    let (mut ids, begun): (Vec<_>, Vec<_>) =
        written.iter().cloned().partition(|id| is_whole_task(id));
    let mut nowhere = BTreeMap::new();
    if begun.is_empty() {
        return (ids, nowhere);
    }
    let running = ecs::task_arns(aws, cluster, None, DesiredStatus::Running).await;
    for begin in begun {
        let fits = running.as_ref().and_then(|arns| {
            let fits = arns.iter().filter(|arn| arn::name(arn).starts_with(&begin));
            match fits.cloned().collect::<Vec<_>>() {
                none if none.is_empty() => Fact::Absent,
                some => Fact::Known(some),
            }
        });
        match fits {
            Fact::Known(fits) => ids.extend(fits),
            Fact::Absent => drop(nowhere.insert(begin, Fact::Absent)),
            Fact::Unavailable(why) => drop(nowhere.insert(begin, Fact::Unavailable(why))),
        }
    }
    (ids, nowhere)
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
    fn tasks_that_are_not_described_may_be_of_a_service_with_fewer_than_it_has() {
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
