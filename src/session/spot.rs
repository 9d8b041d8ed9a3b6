//! Which task and which container a session is for.

use std::collections::BTreeMap;

use aws_sdk_ecs::types::DesiredStatus;
use clap::CommandFactory;
use futures::join;
use model::arn;
use model::facts::{Cluster, Container, Fact, Task, Unavailable};
use model::text::sanitize_line;

use super::choice::{container, pick};
use crate::aws::Aws;
use crate::cli::{Cli, Global};
use crate::cli_error::CliError;
use crate::config::{Settings, short_name};
use crate::facts::ecs;
use crate::output::Progress;
use crate::target::{
    Candidate, Here, ambiguous_task, candidate, is_whole_task, nearest, no_such_service,
};

/// What the user named.
#[derive(Debug, Clone, Default)]
pub struct Named {
    /// Short or full name.
    pub service: Option<String>,
    /// ID, ARN, or the beginning of an ID.
    pub task: Option<String>,
    pub container: Option<String>,
    /// Ask on the terminal, where there is more than one.
    pub pick: bool,
}

/// A container that a session can be opened into.
#[derive(Debug, Clone)]
pub struct Spot {
    pub service: Option<String>,
    pub task_arn: String,
    pub container: String,
    pub runtime_id: Option<String>,
    pub task: Task,
}

/// Where sessions go, and what is known of the cluster that they go to.
pub struct Found {
    pub spots: Vec<Spot>,
    pub encryption: Encryption,
}

/// Whether a cluster's sessions are encrypted by a KMS key.
#[derive(Debug, Clone)]
pub enum Encryption {
    /// By the key of this name.
    Key(String),
    Off,
    /// The cluster could not be read.
    Unknown(String),
}

impl Encryption {
    pub fn of(cluster: &Fact<Cluster>) -> Encryption {
        match cluster {
            Fact::Known(cluster) => {
                let exec = cluster.exec_configuration.as_ref();
                let key = exec.and_then(|exec| exec.kms_key.clone());
                match key.filter(|key| !key.is_empty()) {
                    Some(key) => Encryption::Key(key),
                    None => Encryption::Off,
                }
            }
            Fact::Absent => Encryption::Unknown("it was not found".to_owned()),
            Fact::Unavailable(why) => Encryption::Unknown(why.to_string()),
        }
    }

    pub fn key(&self) -> Option<&str> {
        match self {
            Encryption::Key(key) => Some(key),
            Encryption::Off | Encryption::Unknown(_) => None,
        }
    }

    /// Says so where a session may have to be encrypted, and nobody would notice that it is not.
    pub fn warn_if_unknown(&self) {
        if let Encryption::Unknown(why) = self {
            say!(
                "warning: the session may not be encrypted: the cluster's configuration could not be read, because {}",
                sanitize_line(why)
            );
        }
    }
}

impl Spot {
    pub fn task_id(&self) -> &str {
        self.task.id()
    }

    /// How messages name it.
    pub fn name(&self) -> &str {
        self.service.as_deref().unwrap_or("the task")
    }

    pub fn can_be_entered(&self) -> bool {
        let containers = &self.task.containers;
        let container = containers.iter().find(|known| known.name == self.container);
        self.task.exec_enabled && container.is_some_and(Container::has_running_agent)
    }

    /// How Systems Manager names the container.
    pub fn target(&self, cluster: &str) -> String {
        let runtime = self.runtime_id.as_deref().unwrap_or_default();
        format!("ecs:{}_{}_{runtime}", short_name(cluster), self.task_id())
    }
}

/// One container of one task: of several tasks the newest that can be entered.
pub async fn find(
    aws: &Aws,
    settings: &Settings,
    global: &Global,
    named: &Named,
) -> Result<Found, CliError> {
    let mut found = find_all(aws, settings, global, named).await?;
    if named.pick && found.spots.len() > 1 {
        let chosen = pick(&found.spots).await?;
        found.spots = vec![found.spots.swap_remove(chosen)];
    }
    found.spots.truncate(1);
    Ok(found)
}

/// The container of every task that fits, the one that is best entered first.
pub async fn find_all(
    aws: &Aws,
    settings: &Settings,
    global: &Global,
    named: &Named,
) -> Result<Found, CliError> {
    let progress = Progress::start(global, "Looking for the task");
    // Whether sessions are encrypted is asked for while the task is looked up.
    let (cluster, tasks) = join!(
        ecs::cluster(aws, &settings.cluster),
        tasks(aws, settings, named)
    );
    progress.end();
    let (service, tasks) = tasks.map_err(|trouble| aws.rejected().unwrap_or(trouble))?;
    let mut spots = Vec::new();
    for task in tasks {
        let container = container(settings, named, service.as_ref(), &task).await?;
        let runtime_id = task
            .containers
            .iter()
            .find(|known| known.name == container)
            .and_then(|known| known.runtime_id.clone());
        spots.push(Spot {
            service: task.service_name().map(str::to_owned),
            task_arn: task.arn.to_string(),
            container,
            runtime_id,
            task,
        });
    }
    spots.sort_by_key(|spot| {
        let started = spot.task.started_at.map_or(0, |at| at.as_second());
        (!spot.can_be_entered(), -started)
    });
    let encryption = Encryption::of(&cluster);
    Ok(Found { spots, encryption })
}

/// The running tasks that fit, and the service that was named.
async fn tasks(
    aws: &Aws,
    settings: &Settings,
    named: &Named,
) -> Result<(Option<Candidate>, Vec<Task>), CliError> {
    let here = Here {
        region: Some(&aws.region.value),
        ..Here::of(settings)
    };
    let words = || named.service.iter().chain(&named.task);
    for name in words() {
        here.refuse_elsewhere(name)?;
    }
    let service = named
        .service
        .as_deref()
        .map(|name| candidate(settings, name, true));
    let arns = match (&service, &named.task) {
        (_, Some(id)) if is_whole_task(id) => vec![id.clone()],
        (Some(service), _) => of_service(aws, settings, service).await?,
        (None, Some(_)) => {
            let listed = ecs::task_arns(aws, &settings.cluster, None, DesiredStatus::Running).await;
            read(listed, settings)?
        }
        (None, None) => {
            return Err(CliError::new(
                "no service and no task is named",
                "Name a service, or a task with --task.",
            ));
        }
    };
    let arns: Vec<String> = match &named.task {
        Some(begin) if !is_whole_task(begin) => arns
            .into_iter()
            .filter(|arn| arn::name(arn).starts_with(begin.as_str()))
            .collect(),
        _ => arns,
    };
    if arns.is_empty() {
        return Err(none_runs(&service, named));
    }
    let described = ecs::tasks(aws, &settings.cluster, &arns).await;
    let tasks = known(described, settings)?;
    let Some(first) = tasks.first() else {
        return Err(none_runs(&service, named));
    };
    for name in words() {
        Here {
            account: arn::account(&first.arn),
            ..here
        }
        .refuse_elsewhere(name)?;
    }
    if let (Some(begin), true) = (&named.task, tasks.len() > 1 && !named.pick) {
        let ids: Vec<&str> = tasks.iter().map(Task::id).collect();
        return Err(ambiguous_task(begin, &ids));
    }
    Ok((service, tasks))
}

/// ARNs of the running tasks of a service, under the first of its names that exists.
async fn of_service(
    aws: &Aws,
    settings: &Settings,
    service: &Candidate,
) -> Result<Vec<String>, CliError> {
    for name in &service.names {
        let status = DesiredStatus::Running;
        match ecs::task_arns(aws, &settings.cluster, Some(name), status).await {
            Fact::Known(arns) if arns.is_empty() => {}
            Fact::Known(arns) => return Ok(arns),
            Fact::Absent => {}
            Fact::Unavailable(why) => return Err(unreadable(&why)),
        }
    }
    let services = ecs::services(aws, &settings.cluster, &service.names).await;
    if services.values().any(|service| !service.is_absent()) {
        return Ok(Vec::new());
    }
    let name = short_name(&settings.cluster);
    if ecs::cluster(aws, &settings.cluster).await.is_absent() {
        let existing = ecs::cluster_names(aws).await.unwrap_or_default();
        return Err(crate::facts::no_such_cluster(
            name,
            &aws.region.value,
            &existing,
        ));
    }
    let existing = ecs::service_names(aws, &settings.cluster).await;
    let trouble = no_such_service(service, name, &existing.unwrap_or_default());
    Err(or_a_command(trouble, &service.written))
}

/// What was taken for a service may be a command with a slip in it.
pub fn or_a_command(mut trouble: CliError, written: &str) -> CliError {
    let program = Cli::command();
    let commands = program
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .map(|command| command.get_name());
    if let Some(near) = nearest(written, commands).first() {
        let hint = format!("Or did you mean the command `ecs-exec {near}`?");
        trouble.help = format!("{} {hint}", trouble.help).trim_start().to_owned();
    }
    trouble
}

fn read<T>(fact: Fact<T>, settings: &Settings) -> Result<T, CliError> {
    match fact {
        Fact::Known(value) => Ok(value),
        Fact::Unavailable(why) => Err(unreadable(&why)),
        Fact::Absent => Err(CliError::new(
            format!("there is no cluster {}", short_name(&settings.cluster)),
            "Name another one with --cluster, or another region.",
        )),
    }
}

fn unreadable(why: &Unavailable) -> CliError {
    CliError::unopened(
        format!("the task could not be looked up, because {why}"),
        "`ecs-exec doctor` says what else is missing.",
    )
}

fn known(
    described: BTreeMap<String, Fact<Task>>,
    settings: &Settings,
) -> Result<Vec<Task>, CliError> {
    let mut tasks = Vec::new();
    for (id, fact) in described {
        match fact {
            Fact::Known(task) if task.is_running() => tasks.push(task),
            Fact::Known(task) if task.last_status == "STOPPED" => {
                let why = task.stopped_reason.as_deref().unwrap_or("no reason given");
                return Err(CliError::unopened(
                    format!("task {} has stopped: {why}", task.id()),
                    "Name a task that runs; `ecs-exec list` shows them.",
                ));
            }
            Fact::Known(_) => {}
            Fact::Absent => {
                let cluster = short_name(&settings.cluster);
                return Err(CliError::new(
                    format!("there is no task {id} in cluster {cluster}"),
                    "`ecs-exec list` shows the tasks that run.",
                ));
            }
            Fact::Unavailable(why) => return Err(unreadable(&why)),
        }
    }
    Ok(tasks)
}

fn none_runs(service: &Option<Candidate>, named: &Named) -> CliError {
    match (service, &named.task) {
        (_, Some(task)) => CliError::new(
            format!("there is no running task {task}"),
            "`ecs-exec list` shows the tasks that run.",
        ),
        (Some(service), None) => {
            let name = &service.names[0];
            CliError::unopened(
                format!("No running tasks found for service: {name}"),
                format!("`ecs-exec doctor {}` says why.", service.written),
            )
        }
        (None, None) => CliError::new("there is no running task", ""),
    }
}
