//! Finds the running tasks that the user named.

use aws_sdk_ecs::types::DesiredStatus;
use model::arn;
use model::facts::{Fact, Task, Unavailable};

use super::TargetArgs;
use crate::aws::AwsClients;
use crate::cli::misspelt;
use crate::cli_error::CliError;
use crate::collect::{self, ecs};
use crate::config::{Settings, short_name};
use crate::target::{Location, NameCandidates, ambiguous_task, is_whole_task, name_candidates};

/// The running tasks that match, at least one, and the service that was named.
pub async fn running_tasks(
    aws: &AwsClients,
    settings: &Settings,
    args: &TargetArgs,
) -> Result<(Option<NameCandidates>, Vec<Task>), CliError> {
    let here = Location {
        region: Some(&aws.region.value),
        ..Location::from_settings(settings)
    };
    let named = || args.service.iter().chain(&args.task);
    for name in named() {
        here.ensure_same_location(name)?;
    }
    let service = args.service.as_deref();
    let service = service.map(|name| name_candidates(settings, name, true));
    let cluster = &settings.cluster;
    let mut arns = match (&service, &args.task) {
        (_, Some(id)) if is_whole_task(id) => vec![id.clone()],
        (Some(service), _) => service_tasks(aws, settings, service).await?,
        (None, Some(_)) => match ecs::task_arns(aws, cluster, None, DesiredStatus::Running).await {
            Fact::Known(arns) => arns,
            Fact::Unavailable(why) => return Err(unreadable(&why)),
            Fact::Absent => {
                return Err(CliError::new(
                    format!("there is no cluster {}", short_name(cluster)),
                    "Name another one with --cluster, or another region.",
                ));
            }
        },
        (None, None) => {
            return Err(CliError::new(
                "no service and no task is named",
                "Name a service, or a task with --task.",
            ));
        }
    };
    if let Some(prefix) = args.task.as_ref().filter(|task| !is_whole_task(task)) {
        arns.retain(|arn| arn::name(arn).starts_with(prefix.as_str()));
    }
    let tasks = match arns.is_empty() {
        true => Vec::new(),
        false => describe(aws, settings, &arns).await?,
    };
    let Some(first) = tasks.first() else {
        return Err(no_running_task(service.as_ref(), args));
    };
    let here = Location {
        account: arn::account(&first.arn),
        ..here
    };
    for name in named() {
        here.ensure_same_location(name)?;
    }
    if let Some(prefix) = args.task.as_ref().filter(|_| tasks.len() > 1 && !args.pick) {
        let ids: Vec<&str> = tasks.iter().map(Task::id).collect();
        return Err(ambiguous_task(prefix, &ids));
    }
    Ok((service, tasks))
}

/// The ARNs of a service's running tasks, under the first of its possible names that exists.
async fn service_tasks(
    aws: &AwsClients,
    settings: &Settings,
    service: &NameCandidates,
) -> Result<Vec<String>, CliError> {
    let cluster = &settings.cluster;
    for name in &service.names {
        match ecs::task_arns(aws, cluster, Some(name), DesiredStatus::Running).await {
            Fact::Known(arns) if !arns.is_empty() => return Ok(arns),
            Fact::Known(_) | Fact::Absent => {}
            Fact::Unavailable(why) => return Err(unreadable(&why)),
        }
    }
    let services = ecs::services(aws, cluster, &service.names).await;
    if services.values().any(|service| !service.is_absent()) {
        return Ok(Vec::new());
    }
    if ecs::cluster(aws, cluster).await.is_absent() {
        return Err(collect::no_such_cluster(aws, settings).await);
    }
    let error = collect::no_such_service(aws, settings, service).await;
    Err(or_similar_command(error, &service.written))
}

/// Adds a hint to the error if what was taken for a service looks like a misspelt command.
pub fn or_similar_command(error: CliError, written: &str) -> CliError {
    if let Some(near) = misspelt::similar_command(written) {
        let hint = format!("Or did you mean the command `ecs-exec {near}`?");
        return error.with_hint(&hint);
    }
    error
}

/// The running ones of these tasks.
async fn describe(
    aws: &AwsClients,
    settings: &Settings,
    arns: &[String],
) -> Result<Vec<Task>, CliError> {
    let mut tasks = Vec::new();
    for (id, fact) in ecs::tasks(aws, &settings.cluster, arns).await {
        match fact {
            Fact::Known(task) if task.is_running() => tasks.push(task),
            Fact::Known(task) if task.is_stopped() => {
                let why = task.stopped_reason.as_deref().unwrap_or("no reason given");
                return Err(CliError::unopened(
                    format!("task {} has stopped: {why}", task.id()),
                    "Name a running task; `ecs-exec list` shows them.",
                ));
            }
            Fact::Known(_) => {}
            Fact::Absent => {
                let cluster = short_name(&settings.cluster);
                return Err(CliError::new(
                    format!("there is no task {id} in cluster {cluster}"),
                    LIST_SHOWS,
                ));
            }
            Fact::Unavailable(why) => return Err(unreadable(&why)),
        }
    }
    Ok(tasks)
}

const LIST_SHOWS: &str = "`ecs-exec list` shows the running tasks.";

fn unreadable(why: &Unavailable) -> CliError {
    CliError::unopened(
        format!("could not look up the task: {why}"),
        "`ecs-exec doctor` shows what else is missing.",
    )
}

fn no_running_task(service: Option<&NameCandidates>, args: &TargetArgs) -> CliError {
    match (service, &args.task) {
        (_, Some(task)) => CliError::new(format!("there is no running task {task}"), LIST_SHOWS),
        (Some(service), None) => CliError::unopened(
            format!("No running tasks found for service: {}", service.names[0]),
            format!("`ecs-exec doctor {}` shows why.", service.written),
        ),
        (None, None) => CliError::new("there is no running task", LIST_SHOWS),
    }
}
