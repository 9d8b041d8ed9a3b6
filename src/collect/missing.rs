//! Errors for targets that do not exist. Each says what does exist.

use std::collections::BTreeSet;

use model::arn;
use model::facts::*;
use model::text::short_list;

use super::ecs;
use super::workload::Workload;
use crate::aws::AwsClients;
use crate::cli_error::CliError;
use crate::config::{Settings, short_name};
use crate::target::{
    self, GatherRequest, Location, NameCandidates, Services, ambiguous_task, is_whole_task, nearest,
};

/// A target that does not exist is a usage error, not a finding.
pub async fn ensure_targets_exist(
    aws: &AwsClients,
    settings: &Settings,
    request: &GatherRequest,
    cluster: &Fact<Cluster>,
    account: Option<&str>,
    workload: &Workload,
) -> Result<(), CliError> {
    let name = short_name(&settings.cluster);
    let here = Location {
        region: Some(&aws.region.value),
        account,
        ..Location::from_settings(settings)
    };
    for named in request.written() {
        here.ensure_same_location(named)?;
    }
    if request.allow_empty {
        return Ok(());
    }
    if cluster.is_absent() {
        return Err(no_such_cluster(aws, settings).await);
    }
    ensure_services_exist(aws, settings, request, workload).await?;
    if let Some(id) = workload
        .named
        .iter()
        .find(|id| workload.tasks[*id].is_absent())
    {
        return Err(CliError::new(
            format!("there is no task {id} in cluster {name}"),
            "`ecs-exec list` shows running tasks. For a stopped task, use the full ID or ARN; ECS forgets it after about an hour.",
        ));
    }
    ensure_unambiguous_tasks(request, workload)?;
    if workload.is_empty() {
        return Err(CliError::new(
            format!("cluster {name} has no services and no running tasks"),
            "Check the cluster, or set another with --cluster.",
        ));
    }
    ensure_container_exists(request, workload)
}

/// A prefix of an ID has to match one task.
fn ensure_unambiguous_tasks(request: &GatherRequest, workload: &Workload) -> Result<(), CliError> {
    for prefix in request.tasks.iter().filter(|id| !is_whole_task(id)) {
        let ids = workload.named.iter().map(|arn| arn::name(arn));
        let matches: Vec<&str> = ids.filter(|id| id.starts_with(prefix.as_str())).collect();
        if matches.len() > 1 {
            return Err(ambiguous_task(prefix, &matches));
        }
    }
    Ok(())
}

fn ensure_container_exists(request: &GatherRequest, workload: &Workload) -> Result<(), CliError> {
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
    Err(CliError::new(
        format!("these tasks have no container {wanted}"),
        format!("Their containers: {}.", names.join(", ")),
    ))
}

/// Whether a service does not exist, or not any more.
fn is_gone(fact: &Fact<Service>) -> bool {
    match fact {
        Fact::Absent => true,
        Fact::Known(service) => service.is_deleted(),
        Fact::Unavailable(_) => false,
    }
}

/// The error for a cluster that does not exist.
pub async fn no_such_cluster(aws: &AwsClients, settings: &Settings) -> CliError {
    let (name, region) = (short_name(&settings.cluster), &aws.region.value);
    let names = ecs::cluster_names(aws).await.unwrap_or_default();
    let near = nearest(name, names.iter().map(String::as_str));
    let hint = match (near.is_empty(), names.as_slice()) {
        (_, []) => "Check the region: it has no clusters, or you cannot list them.".to_owned(),
        (true, some) => format!("Check the region. Its clusters: {}.", short_list(some, 12)),
        (false, _) => format!(
            "Did you mean {}? If not, check the region.",
            near.join(" or ")
        ),
    };
    CliError::new(format!("there is no cluster {name} in {region}"), hint)
}

/// An error if the command line names a service that does not exist.
pub async fn ensure_services_exist(
    aws: &AwsClients,
    settings: &Settings,
    request: &GatherRequest,
    workload: &Workload,
) -> Result<(), CliError> {
    let Services::Named(candidates) = &request.services else {
        return Ok(());
    };
    let is_gone = |name: &String| workload.services.get(name).is_none_or(is_gone);
    let is_missing = |one: &&NameCandidates| one.explicit && one.names.iter().all(is_gone);
    match candidates.iter().find(is_missing) {
        Some(missing) => Err(no_such_service(aws, settings, missing).await),
        None => Ok(()),
    }
}

/// The error for a service that does not exist.
pub async fn no_such_service(
    aws: &AwsClients,
    settings: &Settings,
    missing: &NameCandidates,
) -> CliError {
    let existing = ecs::service_names(aws, &settings.cluster).await;
    let cluster = short_name(&settings.cluster);
    target::no_such_service(missing, cluster, &existing.unwrap_or_default())
}
