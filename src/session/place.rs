//! Which task and which container a session is for.

use std::collections::BTreeMap;
use std::io::{self, BufRead, IsTerminal, Write};

use aws_sdk_ecs::types::DesiredStatus;
use clap::CommandFactory;
use ecs_exec_checks::arn;
use ecs_exec_checks::facts::{Cluster, Container, Fact, Task, Unavailable};
use ecs_exec_checks::text::{clean_line, list};
use futures::join;

use crate::cli::Cli;
use crate::config::{Settings, short_name};
use crate::facts::aws::Aws;
use crate::facts::ecs;
use crate::target::{Candidate, Here, candidate, nearest, no_such_service};
use crate::trouble::Trouble;

/// What the user named.
#[derive(Debug, Clone, Default)]
pub struct Place {
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
    /// `None`: the cluster could not be read.
    pub encrypted: Option<bool>,
}

impl Spot {
    pub fn task_id(&self) -> &str {
        self.task.id()
    }

    /// How messages name it.
    pub fn name(&self) -> &str {
        self.service.as_deref().unwrap_or("the task")
    }

    /// How Systems Manager names the container.
    pub fn target(&self, cluster: &str) -> String {
        let runtime = self.runtime_id.as_deref().unwrap_or_default();
        format!("ecs:{}_{}_{runtime}", short_name(cluster), self.task_id())
    }
}

/// One container of one task: of several tasks the newest that can be entered.
pub async fn find(aws: &Aws, settings: &Settings, place: &Place) -> Result<Found, Trouble> {
    let mut found = find_all(aws, settings, place).await?;
    if place.pick && found.spots.len() > 1 {
        let chosen = pick(&found.spots)?;
        found.spots = vec![found.spots.swap_remove(chosen)];
    }
    found.spots.truncate(1);
    Ok(found)
}

/// The container of every task that fits, the one that is best entered first.
pub async fn find_all(aws: &Aws, settings: &Settings, place: &Place) -> Result<Found, Trouble> {
    // Whether sessions are encrypted is asked for while the task is looked up.
    let (cluster, tasks) = join!(
        ecs::cluster(aws, &settings.cluster),
        tasks(aws, settings, place)
    );
    let (service, tasks) = tasks.map_err(|trouble| aws.rejected().unwrap_or(trouble))?;
    let mut spots = Vec::new();
    for task in tasks {
        let container = container(settings, place, service.as_ref(), &task)?;
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
        (!can_be_entered(spot), -started)
    });
    let encrypted = cluster.known().map(is_encrypted);
    Ok(Found { spots, encrypted })
}

fn is_encrypted(cluster: &Cluster) -> bool {
    let exec = cluster.exec_configuration.as_ref();
    exec.is_some_and(|exec| exec.kms_key.as_deref().is_some_and(|key| !key.is_empty()))
}

fn can_be_entered(spot: &Spot) -> bool {
    let container = spot
        .task
        .containers
        .iter()
        .find(|container| container.name == spot.container);
    spot.task.exec_enabled && container.is_some_and(Container::has_running_agent)
}

/// The running tasks that fit, and the service that was named.
async fn tasks(
    aws: &Aws,
    settings: &Settings,
    place: &Place,
) -> Result<(Option<Candidate>, Vec<Task>), Trouble> {
    let here = Here {
        region: Some(&aws.region.value),
        ..Here::of(settings)
    };
    let named = || place.service.iter().chain(&place.task);
    for name in named() {
        here.refuse_elsewhere(name)?;
    }
    let service = place
        .service
        .as_deref()
        .map(|name| candidate(settings, name, true));
    let arns = match (&service, &place.task) {
        (_, Some(id)) if is_whole(id) => vec![id.clone()],
        (Some(service), _) => of_service(aws, settings, service).await?,
        (None, Some(_)) => {
            let listed = ecs::task_arns(aws, &settings.cluster, None, DesiredStatus::Running).await;
            read(listed, settings)?
        }
        (None, None) => {
            return Err(Trouble::new(
                "no service and no task is named",
                "Name a service, or a task with --task.",
            ));
        }
    };
    let arns: Vec<String> = match &place.task {
        Some(begin) if !is_whole(begin) => arns
            .into_iter()
            .filter(|arn| arn::name(arn).starts_with(begin.as_str()))
            .collect(),
        _ => arns,
    };
    if arns.is_empty() {
        return Err(none_runs(&service, place));
    }
    let described = ecs::tasks(aws, &settings.cluster, &arns).await;
    let tasks = known(described, settings)?;
    let Some(first) = tasks.first() else {
        return Err(none_runs(&service, place));
    };
    for name in named() {
        Here {
            account: arn::account(&first.arn),
            ..here
        }
        .refuse_elsewhere(name)?;
    }
    if let (Some(begin), true) = (&place.task, tasks.len() > 1 && !place.pick) {
        let ids: Vec<&str> = tasks.iter().map(Task::id).collect();
        return Err(Trouble::new(
            format!("{} tasks begin with {begin}", ids.len()),
            format!("They are {}.", list(&ids)),
        ));
    }
    Ok((service, tasks))
}

/// An ARN, or an ID in full.
fn is_whole(id: &str) -> bool {
    id.contains('/') || id.len() >= 32
}

/// ARNs of the running tasks of a service, under the first of its names that exists.
async fn of_service(
    aws: &Aws,
    settings: &Settings,
    service: &Candidate,
) -> Result<Vec<String>, Trouble> {
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
        let existing = ecs::cluster_names(aws).await;
        return Err(crate::facts::no_such_cluster(
            name,
            &aws.region.value,
            &existing,
        ));
    }
    let existing = ecs::service_names(aws, &settings.cluster).await;
    let mut trouble = no_such_service(service, name, &existing.unwrap_or_default());
    let program = Cli::command();
    let commands = program
        .get_subcommands()
        .filter(|command| !command.is_hide_set());
    let commands = commands.map(|command| command.get_name());
    if let Some(near) = nearest(&service.written, commands).first() {
        trouble.help = format!(
            "{} Or did you mean the command `ecs-exec {near}`?",
            trouble.help
        );
    }
    Err(trouble)
}

fn read<T>(fact: Fact<T>, settings: &Settings) -> Result<T, Trouble> {
    match fact {
        Fact::Known(value) => Ok(value),
        Fact::Unavailable(why) => Err(unreadable(&why)),
        Fact::Absent => Err(Trouble::new(
            format!("there is no cluster {}", short_name(&settings.cluster)),
            "Name another one with --cluster, or another region.",
        )),
    }
}

fn unreadable(why: &Unavailable) -> Trouble {
    Trouble::new(
        format!("the task could not be looked up, because {why}"),
        "`ecs-exec doctor` says what else is missing.",
    )
}

fn known(
    described: BTreeMap<String, Fact<Task>>,
    settings: &Settings,
) -> Result<Vec<Task>, Trouble> {
    let mut tasks = Vec::new();
    for (id, fact) in described {
        match fact {
            Fact::Known(task) if task.is_running() => tasks.push(task),
            Fact::Known(task) if task.last_status == "STOPPED" => {
                let why = task.stopped_reason.as_deref().unwrap_or("no reason given");
                return Err(Trouble::unopened(
                    format!("task {} has stopped: {why}", task.id()),
                    "Name a task that runs; `ecs-exec list` shows them.",
                ));
            }
            Fact::Known(_) => {}
            Fact::Absent => {
                let cluster = short_name(&settings.cluster);
                return Err(Trouble::new(
                    format!("there is no task {id} in cluster {cluster}"),
                    "`ecs-exec list` shows the tasks that run.",
                ));
            }
            Fact::Unavailable(why) => return Err(unreadable(&why)),
        }
    }
    Ok(tasks)
}

fn none_runs(service: &Option<Candidate>, place: &Place) -> Trouble {
    match (service, &place.task) {
        (_, Some(task)) => Trouble::new(
            format!("there is no running task {task}"),
            "`ecs-exec list` shows the tasks that run.",
        ),
        (Some(service), None) => {
            let name = &service.names[0];
            Trouble::unopened(
                format!("No running tasks found for service: {name}"),
                format!("`ecs-exec doctor {}` says why.", service.written),
            )
        }
        (None, None) => Trouble::new("there is no running task", ""),
    }
}

/// The container that was named; else the configured one, the one with the service's short name, the only one.
fn container(
    settings: &Settings,
    place: &Place,
    service: Option<&Candidate>,
    task: &Task,
) -> Result<String, Trouble> {
    let names: Vec<&str> = task
        .containers
        .iter()
        .map(|container| container.name.as_str())
        .collect();
    let short = service.and_then(|service| service.names.last().cloned());
    if let Some(wanted) = &place.container {
        if names.contains(&wanted.as_str()) {
            return Ok(wanted.clone());
        }
        let near = nearest(wanted, names.iter().copied());
        let help = match near.first() {
            Some(near) => format!("Did you mean {near}? Its containers: {}.", names.join(", ")),
            None => format!("Its containers: {}.", names.join(", ")),
        };
        let what = format!("there is no container {wanted} in task {}", task.id());
        return Err(Trouble::new(what, help));
    }
    let configured = match service {
        Some(service) => service.container.clone(),
        None => task
            .service_name()
            .and_then(|name| crate::target::wanted(settings, name).container),
    };
    let likely = [configured, short]
        .into_iter()
        .flatten()
        .find(|name| names.contains(&name.as_str()));
    match (likely, names.as_slice()) {
        (Some(name), _) => Ok(name),
        (None, [only]) => Ok((*only).to_owned()),
        (None, _) if place.pick && io::stdin().is_terminal() => {
            let at = ask("Containers", &names)?;
            Ok(names[at].to_owned())
        }
        (None, several) => Err(Trouble::new(
            format!(
                "task {} has several containers, and none was named",
                task.id()
            ),
            format!("Name one of {}.", list(several)),
        )),
    }
}

fn pick(spots: &[Spot]) -> Result<usize, Trouble> {
    let lines: Vec<String> = spots
        .iter()
        .map(|spot| {
            let started = spot
                .task
                .started_at
                .map_or("unknown".to_owned(), |at| at.to_string());
            let entered = if can_be_entered(spot) {
                ""
            } else {
                ", cannot be entered"
            };
            format!(
                "{} {}, started {started}{entered}",
                spot.task_id(),
                spot.container
            )
        })
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    ask("Tasks", &lines)
}

/// Shows a numbered list on standard error and reads a number.
fn ask(heading: &str, lines: &[&str]) -> Result<usize, Trouble> {
    if !io::stdin().is_terminal() {
        return Err(Trouble::new(
            "--pick asks on the terminal, and there is none",
            "Name the task with --task, the container with --container.",
        ));
    }
    let mut stderr = io::stderr();
    let _ = writeln!(stderr, "{heading}:");
    for (at, line) in lines.iter().enumerate() {
        let _ = writeln!(stderr, "  {}  {}", at + 1, clean_line(line));
    }
    loop {
        let _ = write!(stderr, "Which one? [1-{}] ", lines.len());
        let _ = stderr.flush();
        let mut answer = String::new();
        let read = io::stdin().lock().read_line(&mut answer);
        if read.is_err() || answer.is_empty() {
            return Err(Trouble::new("nothing was picked", ""));
        }
        match answer.trim().parse::<usize>() {
            Ok(number) if (1..=lines.len()).contains(&number) => return Ok(number - 1),
            _ => {}
        }
    }
}
