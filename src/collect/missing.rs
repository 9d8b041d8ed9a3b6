//! Errors for targets that do not exist. Each says what does exist.

use std::collections::BTreeSet;

use model::arn;
use model::facts::*;

use super::ecs;
use super::workload::Workload;
use crate::aws::AwsClients;
use crate::cli_error::CliError;
use crate::config::{Settings, short_name};
use crate::target::{
    GatherRequest, Location, Services, ambiguous_task, is_whole_task, no_such_service,
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
        let existing = ecs::cluster_names(aws).await.unwrap_or_default();
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
pub fn is_gone(fact: &Fact<Service>) -> bool {
    match fact {
        Fact::Absent => true,
        Fact::Known(service) => service.is_deleted(),
        Fact::Unavailable(_) => false,
    }
}

pub fn no_such_cluster(name: &str, region: &str, existing: &[String]) -> CliError {
    let help = match existing {
        [] => "Check the region: it has no clusters, or you cannot list them.".to_owned(),
        some => format!(
            "Check the region. Its clusters: {}.",
            model::text::short_list(some, 12)
        ),
    };
    CliError::new(format!("there is no cluster {name} in {region}"), help)
}
