//! Services, their tasks and containers, and whether they can be entered.

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use jiff::Timestamp;
use model::arn;
use model::facts::{Container, Fact, Service, Task};
use model::text;
use serde::Serialize;
use textwrap::core::display_width;

use crate::aws::AwsClients;
use crate::cli::{Global, List, TableFormat};
use crate::cli_error::CliError;
use crate::config::{self, Settings, Use, short_name};
use crate::facts::{self, Workload};
use crate::output::{Progress, plain_table, print, table, text_width};
use crate::target::{Request, Services, no_such_service};
use crate::timeouts::SESSION_TIMEOUT;

/// One container of one task; a service without a task has a row of its own.
#[derive(Serialize)]
struct Row {
    service: Option<String>,
    task: Option<String>,
    container: Option<String>,
    status: String,
    /// `HEALTHY`, `UNHEALTHY`, `UNKNOWN`.
    health: Option<String>,
    started_at: Option<String>,
    task_definition: Option<String>,
    /// Whether a session can be opened, as far as ECS tells.
    exec: bool,
    /// Why not.
    why_not: Option<&'static str>,
    #[serde(skip)]
    age_seconds: Option<i64>,
}

pub async fn run(arguments: &List, global: &Global) -> Result<ExitCode, CliError> {
    let settings = config::load(global, &[Use::Credentials]).await?;
    let request = Request::new(&settings, &arguments.services, &[], arguments.all, None)?;
    let aws = AwsClients::connect(&settings, SESSION_TIMEOUT).await?;
    let progress = Progress::start(global, &format!("Asking AWS about {}", settings.cluster));
    let workload = facts::workload(&aws, &settings, &request).await;
    progress.end();
    if let Some(trouble) = aws.rejected() {
        return Err(trouble);
    }
    refuse_missing(&aws, &settings, &request, &workload).await?;
    let rows = rows(&workload);
    let text = match arguments.format {
        TableFormat::Json => {
            let mut json = serde_json::to_string_pretty(&rows).unwrap_or_default();
            json.push('\n');
            json
        }
        TableFormat::Human => shown(&rows),
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

async fn refuse_missing(
    aws: &AwsClients,
    settings: &Settings,
    request: &Request,
    workload: &Workload,
) -> Result<(), CliError> {
    let unread = workload
        .services
        .values()
        .find_map(Fact::unavailable)
        .or_else(|| workload.service_tasks.values().find_map(Fact::unavailable))
        .or(workload.unlisted.as_ref());
    if let Some(why) = unread {
        return Err(CliError::new(
            format!("the cluster could not be listed, because {why}"),
            "`ecs-exec doctor` says what else is missing.",
        ));
    }
    let cluster = short_name(&settings.cluster);
    if workload.services.values().all(Fact::is_absent)
        && facts::ecs::cluster(aws, &settings.cluster)
            .await
            .is_absent()
    {
        let existing = facts::ecs::cluster_names(aws).await.unwrap_or_default();
        return Err(facts::no_such_cluster(
            cluster,
            &aws.region.value,
            &existing,
        ));
    }
    if let Services::Named(candidates) = &request.services {
        let missing = candidates.iter().find(|candidate| {
            candidate.explicit
                && candidate
                    .names
                    .iter()
                    .all(|name| workload.services.get(name).is_none_or(facts::is_gone))
        });
        if let Some(candidate) = missing {
            let existing = facts::ecs::service_names(aws, &settings.cluster).await;
            return Err(no_such_service(
                candidate,
                cluster,
                &existing.unwrap_or_default(),
            ));
        }
    }
    Ok(())
}

fn rows(workload: &Workload) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, service) in &workload.services {
        let Some(service) = service.known().filter(|service| !service.is_deleted()) else {
            continue;
        };
        let arns = workload.service_tasks.get(name).and_then(Fact::known);
        let mut tasks: Vec<&Task> = arns
            .into_iter()
            .flatten()
            .filter_map(|arn| workload.tasks.get(arn)?.known())
            .filter(|task| task.last_status != "STOPPED")
            .collect();
        tasks.sort_by_key(|task| task.started_at);
        match tasks.is_empty() {
            true => rows.push(without_task(service)),
            false => rows.extend(tasks.iter().flat_map(|task| of_task(Some(name), task))),
        }
    }
    let standalone = workload
        .named
        .iter()
        .filter_map(|arn| workload.tasks.get(arn)?.known());
    rows.extend(standalone.flat_map(|task| of_task(None, task)));
    rows
}

fn without_task(service: &Service) -> Row {
    Row {
        service: Some(service.name.clone()),
        task: None,
        container: None,
        status: format!(
            "{} of {} running",
            service.running_count, service.desired_count
        ),
        health: None,
        started_at: None,
        task_definition: service.task_definition.as_deref().map(revision),
        exec: false,
        why_not: Some("no task"),
        age_seconds: None,
    }
}

fn of_task(service: Option<&str>, task: &Task) -> Vec<Row> {
    let now = Timestamp::now();
    task.containers
        .iter()
        .map(|container| {
            let why_not = why_not(task, container);
            Row {
                service: service.map(str::to_owned),
                task: Some(task.id().to_owned()),
                container: Some(container.name.to_string()),
                status: container.last_status.to_string(),
                health: container.health_status.as_ref().map(ToString::to_string),
                started_at: task.started_at.map(|at| at.to_string()),
                task_definition: Some(revision(&task.task_definition)),
                exec: why_not.is_none(),
                why_not,
                age_seconds: task.started_at.map(|at| now.as_second() - at.as_second()),
            }
        })
        .collect()
}

fn why_not(task: &Task, container: &Container) -> Option<&'static str> {
    if container.is_added() {
        return Some("put there by AWS");
    }
    if !task.exec_enabled {
        return Some("started without exec");
    }
    if container.last_status != "RUNNING" {
        return Some("not running");
    }
    match container.exec_agent() {
        None => Some("no agent"),
        Some(agent) if !agent.is_running() => Some("agent not running"),
        Some(_) => None,
    }
}

/// `family:7`
fn revision(arn: &str) -> String {
    arn::name(arn).to_owned()
}

/// On a terminal the beginning of a task's ID is enough: sessions take that.
fn short_id(id: &str) -> String {
    const ENOUGH: usize = 12;
    match io::stdout().is_terminal() {
        true => id.chars().take(ENOUGH).collect(),
        false => id.to_owned(),
    }
}

const COLUMNS: [&str; 8] = [
    "SERVICE",
    "TASK",
    "CONTAINER",
    "STATUS",
    "HEALTH",
    "AGE",
    "DEFINITION",
    "EXEC",
];

/// What a terminal that is too narrow for everything goes without, in this order.
const FIRST_TO_GO: [&str; 3] = ["DEFINITION", "HEALTH", "AGE"];

fn shown(rows: &[Row]) -> String {
    if rows.is_empty() {
        return "There are no services and no tasks.\n".to_owned();
    }
    let rows: Vec<_> = rows.iter().map(cells).collect();
    let room = match io::stdout().is_terminal() {
        true => text_width(),
        false => usize::MAX,
    };
    let mut columns = COLUMNS.to_vec();
    let mut text = drawn(&rows, &columns);
    for column in FIRST_TO_GO {
        if text.lines().all(|line| display_width(line) <= room) {
            break;
        }
        columns.retain(|kept| *kept != column);
        text = drawn(&rows, &columns);
    }
    text
}

fn drawn(rows: &[[String; 8]], columns: &[&str]) -> String {
    let mut table = table(columns);
    for row in rows {
        let named = COLUMNS.iter().zip(row);
        let kept = named.filter(|(column, _)| columns.contains(column));
        table.add_row(kept.map(|(_, cell)| cell));
    }
    plain_table(&table)
}

fn cells(row: &Row) -> [String; 8] {
    let or_dash = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let health = match row.health.as_deref() {
        Some("UNKNOWN") | None => "-".to_owned(),
        Some(health) => health.to_lowercase(),
    };
    let cells = [
        or_dash(&row.service),
        or_dash(&row.task.as_ref().map(|id| short_id(id))),
        or_dash(&row.container),
        row.status.to_lowercase(),
        health,
        row.age_seconds.map_or("-".to_owned(), text::span),
        or_dash(&row.task_definition),
        row.why_not
            .map_or("yes".to_owned(), |why| format!("no: {why}")),
    ];
    cells.map(|cell| text::sanitize_line(&cell))
}
