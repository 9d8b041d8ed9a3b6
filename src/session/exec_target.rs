//! Which container of which task a session is for.

use futures::join;
use model::facts::{Cluster, Container, Fact, Task};
use model::text::{list, sanitize_line};

use super::{Context, task_lookup};
use crate::cli_error::CliError;
use crate::collect::ecs;
use crate::completion::seen_names;
use crate::config::short_name;
use crate::output::{Progress, can_ask};
use crate::picker;
use crate::target::{NameCandidates, nearest, service_target};

/// What the user named.
#[derive(Debug, Clone, Default)]
pub struct TargetArgs {
    /// Short or full name.
    pub service: Option<String>,
    /// ID, ARN, or the beginning of an ID.
    pub task: Option<String>,
    pub container: Option<String>,
    /// Ask on the terminal if there are several.
    pub pick: bool,
}

/// A container that a session can be opened into.
#[derive(Debug, Clone)]
pub struct ExecTarget {
    pub task: Task,
    pub container: String,
    pub encryption: Encryption,
}

/// Whether the cluster encrypts its sessions with a KMS key.
#[derive(Debug, Clone)]
pub enum Encryption {
    /// With the key of this name.
    Key(String),
    Off,
    /// The cluster could not be read, for this reason.
    Unknown(String),
}

impl Encryption {
    /// What the cluster's exec configuration says.
    pub fn of(cluster: &Fact<Cluster>) -> Encryption {
        match cluster {
            Fact::Known(cluster) => {
                let exec = cluster.exec_configuration.as_ref();
                let key = exec.and_then(|exec| exec.kms_key.clone());
                key.filter(|key| !key.is_empty())
                    .map_or(Encryption::Off, Encryption::Key)
            }
            Fact::Absent => Encryption::Unknown("the cluster was not found".to_owned()),
            Fact::Unavailable(why) => Encryption::Unknown(why.to_string()),
        }
    }
}

impl ExecTarget {
    /// The last part of the task's ARN.
    pub fn task_id(&self) -> &str {
        self.task.id()
    }

    /// The name for messages.
    pub fn name(&self) -> &str {
        self.task.service_name().unwrap_or("the task")
    }

    fn container(&self) -> Option<&Container> {
        let containers = &self.task.containers;
        containers.iter().find(|known| known.name == self.container)
    }

    /// Whether ECS would open a session: the task started with exec, and the agent is RUNNING.
    pub fn can_be_entered(&self) -> bool {
        self.task.exec_enabled && self.container().is_some_and(Container::has_running_agent)
    }

    /// `ecs:CLUSTER_TASK_RUNTIME`, the name of the container in Systems Manager.
    pub fn ssm_target(&self, cluster: &str) -> String {
        let runtime = self
            .container()
            .and_then(|container| container.runtime_id.as_deref());
        let (cluster, runtime) = (short_name(cluster), runtime.unwrap_or_default());
        format!("ecs:{cluster}_{}_{runtime}", self.task_id())
    }

    /// Nobody else would notice that a session which should be encrypted is not.
    pub fn warn_if_encryption_is_unknown(&self) {
        if let Encryption::Unknown(why) = &self.encryption {
            say!(
                "warning: the session might not be encrypted: the cluster's configuration could not be read: {}",
                sanitize_line(why)
            );
        }
    }
}

/// One container of one task. Of several tasks it is the newest that can be entered, or the user picks one.
pub async fn resolve_target(cx: Context<'_>, args: &TargetArgs) -> Result<ExecTarget, CliError> {
    if args.pick && !can_ask() {
        return Err(CliError::new(
            "--pick needs a terminal",
            "Name the task with --task and the container with --container.",
        ));
    }
    let args = &with_service(cx, args).await?;
    let mut targets = resolve_targets(cx, args).await?;
    let chosen = match args.pick && targets.len() > 1 {
        true => picker::choose_task(&targets, cx.global).await?,
        false => 0,
    };
    Ok(targets.swap_remove(chosen))
}

/// If the user named neither a service nor a task, they choose a service, and then the task and the container.
pub async fn with_service(cx: Context<'_>, args: &TargetArgs) -> Result<TargetArgs, CliError> {
    if args.service.is_some() || args.task.is_some() || !can_ask() {
        return Ok(args.clone());
    }
    Ok(TargetArgs {
        service: Some(picker::choose_service(cx.aws, cx.settings, cx.global).await?),
        pick: true,
        ..args.clone()
    })
}

/// The container of every matching task, of which there is at least one. Those that can be entered come first, then the
/// newest.
pub async fn resolve_targets(
    cx: Context<'_>,
    args: &TargetArgs,
) -> Result<Vec<ExecTarget>, CliError> {
    let progress = Progress::start(cx.global, "Looking for the task");
    let (cluster, tasks) = join!(
        ecs::cluster(cx.aws, &cx.settings.cluster),
        task_lookup::running_tasks(cx.aws, cx.settings, args)
    );
    progress.end();
    let (service, tasks) = tasks.map_err(|error| cx.aws.rejected().unwrap_or(error))?;
    let encryption = Encryption::of(&cluster);
    let mut targets = Vec::new();
    for task in tasks {
        targets.push(ExecTarget {
            container: choose_container(cx, args, service.as_ref(), &task).await?,
            encryption: encryption.clone(),
            task,
        });
    }
    targets.sort_by_key(|target| {
        let started = target.task.started_at.map_or(0, |at| at.as_second());
        (!target.can_be_entered(), -started)
    });
    let names = targets
        .iter()
        .filter_map(|target| Some((target.task.service_name()?, Some(target.container.as_str()))));
    seen_names::remember(&cx.aws.region.value, &cx.settings.cluster, names);
    Ok(targets)
}

/// The container that was named; else the configured one, the one with the service's short name, the only one.
async fn choose_container(
    cx: Context<'_>,
    args: &TargetArgs,
    service: Option<&NameCandidates>,
    task: &Task,
) -> Result<String, CliError> {
    let names: Vec<&str> = task
        .own_containers()
        .map(|container| container.name.as_str())
        .collect();
    if let Some(named) = &args.container {
        if task.has_container(named) {
            return Ok(named.clone());
        }
        let near = nearest(named, names.iter().copied());
        let suggestion = near
            .first()
            .map_or_else(String::new, |near| format!("Did you mean {near}? "));
        let command = match (&args.service, near.is_empty()) {
            (Some(service), true) => {
                format!(" If {named} is a command: ecs-exec {service} -- {named}")
            }
            _ => String::new(),
        };
        return Err(CliError::new(
            format!("there is no container {named} in task {}", task.id()),
            format!("{suggestion}Its containers: {}.{command}", names.join(", ")),
        ));
    }
    let configured = match service {
        Some(service) => service.container.clone(),
        None => task
            .service_name()
            .and_then(|name| service_target(cx.settings, name).container),
    };
    let short = service.and_then(|service| service.names.last().cloned());
    let preferred = [configured, short]
        .into_iter()
        .flatten()
        .find(|name| names.contains(&name.as_str()));
    match (preferred, names.as_slice()) {
        (Some(name), _) => Ok(name),
        (None, [only]) => Ok((*only).to_owned()),
        (None, _) if args.pick => picker::choose_container(task, cx.global).await,
        (None, several) => Err(CliError::new(
            format!("task {} has several containers; name one", task.id()),
            format!("Its containers: {}.", list(several)),
        )),
    }
}
