//! `ecs-exec list`: services, tasks and containers, and whether sessions can be opened into them.

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
use crate::collect::{self, Workload};
use crate::completion::seen_names;
use crate::config::{Settings, Use};
use crate::output::{
    Progress, look_of_errors, plain_table, print, table, text_width, without_middle,
};
use crate::place;
use crate::target::GatherRequest;
use crate::timeouts::SESSION_TIMEOUT;

/// One container of a task, or a service without tasks.
#[derive(Default, Serialize)]
struct Row {
    service: Option<String>,
    task: Option<String>,
    container: Option<String>,
    status: String,
    /// `HEALTHY`, `UNHEALTHY`, `UNKNOWN`.
    health: Option<String>,
    started_at: Option<String>,
    task_definition: Option<String>,
    /// Whether a session can be opened, according to ECS.
    exec: bool,
    /// Why no session can be opened.
    why_not: Option<&'static str>,
    #[serde(skip)]
    age_seconds: Option<i64>,
}

/// `ecs-exec list`
pub async fn run(arguments: &List, global: &Global) -> Result<ExitCode, CliError> {
    let settings = place::load(global, &[Use::Credentials]).await?;
    let request = GatherRequest::new(&settings, &arguments.services, &[], arguments.all, None)?;
    let aws = AwsClients::connect(&settings, SESSION_TIMEOUT).await?;
    let progress = Progress::start(global, &format!("Reading {} from AWS", settings.cluster));
    let workload = collect::workload(&aws, &settings, &request).await;
    progress.end();
    aws.ensure_accepted()?;
    ensure_readable(&aws, &settings, &request, &workload).await?;
    let rows = rows(&workload);
    let names = rows
        .iter()
        .filter_map(|row| Some((row.service.as_deref()?, row.container.as_deref())));
    seen_names::remember(&aws.region.value, &settings.cluster, names);
    let text = match arguments.format {
        TableFormat::Json => serde_json::to_string_pretty(&rows).unwrap_or_default() + "\n",
        TableFormat::Human => {
            let terminal = io::stdout().is_terminal();
            let room = if terminal { text_width() } else { usize::MAX };
            let is_cut = terminal && !global.verbose;
            human(
                &rows,
                room,
                is_cut.then(|| look_of_errors(global).ellipsis()),
            )
        }
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

async fn ensure_readable(
    aws: &AwsClients,
    settings: &Settings,
    request: &GatherRequest,
    workload: &Workload,
) -> Result<(), CliError> {
    let services = workload.services.values();
    let unread = services
        .clone()
        .find_map(Fact::unavailable)
        .or_else(|| workload.service_tasks.values().find_map(Fact::unavailable))
        .or(workload.unlisted.as_ref());
    if let Some(why) = unread {
        let advice = match why.missing_permission() {
            Some(_) => "Run `ecs-exec doctor` to see which other permissions are missing.",
            None => "",
        };
        return Err(CliError::new(
            format!("cannot list the cluster: {why}"),
            advice,
        ));
    }
    if services.clone().all(Fact::is_absent)
        && collect::ecs::cluster(aws, &settings.cluster)
            .await
            .is_absent()
    {
        return Err(collect::no_such_cluster(aws, settings).await);
    }
    collect::ensure_services_exist(aws, settings, request, workload).await
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
            .filter(|task| !task.is_stopped())
            .collect();
        tasks.sort_by_key(|task| task.started_at);
        match tasks.is_empty() {
            true => rows.push(service_row(service)),
            false => rows.extend(tasks.iter().flat_map(|task| task_rows(Some(name), task))),
        }
    }
    let standalone = workload
        .named
        .iter()
        .filter_map(|arn| workload.tasks.get(arn)?.known());
    rows.extend(standalone.flat_map(|task| task_rows(None, task)));
    rows
}

fn service_row(service: &Service) -> Row {
    let (running, desired) = (service.running_count, service.desired_count);
    Row {
        service: Some(service.name.clone()),
        status: format!("{running} of {desired} running"),
        task_definition: service.task_definition.as_deref().map(revision),
        why_not: Some("no task"),
        ..Row::default()
    }
}

fn task_rows(service: Option<&str>, task: &Task) -> Vec<Row> {
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
    let agent = container.exec_agent();
    if container.is_added() {
        Some("added by AWS")
    } else if !task.exec_enabled {
        Some("started without exec")
    } else if !container.is_running() {
        Some("not running")
    } else if agent.is_none() {
        Some("no agent")
    } else {
        agent
            .filter(|agent| !agent.is_running())
            .map(|_| "agent not running")
    }
}

/// `family:7`
fn revision(arn: &str) -> String {
    arn::name(arn).to_owned()
}

/// On a terminal the start of a task's ID, which `--task` accepts.
fn short_id(id: &str) -> String {
    match io::stdout().is_terminal() {
        true => id.chars().take(12).collect(),
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

/// The columns that a narrow terminal leaves out, in this order.
const OPTIONAL_COLUMNS: [&str; 3] = ["DEFINITION", "HEALTH", "AGE"];

/// The columns whose cells are cut if that is not enough, as long as this much of them is left.
const NAME_COLUMNS: [usize; 2] = [0, 2];
const MIN_NAME: usize = 10;

/// Cuts names so that a line that is `excess` columns too wide fits.
fn cut_names(rows: &mut [[String; 8]], excess: usize, ellipsis: &str) {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| display_width(&row[column]));
        cells.max().unwrap_or(0)
    };
    let [service, container] = NAME_COLUMNS.map(width);
    let room = (service + container).saturating_sub(excess);
    let half = room / 2;
    let widths = match () {
        () if service <= half => [service, room - service],
        () if container <= half => [room - container, container],
        () => [room - half, half],
    };
    for row in rows {
        for (column, width) in NAME_COLUMNS.into_iter().zip(widths) {
            row[column] = without_middle(&row[column], width.max(MIN_NAME), ellipsis);
        }
    }
}

/// The table, within `room` columns if it can be. `ellipsis`: what stands for the middle of long names; `None`: they are
/// not cut.
fn human(rows: &[Row], room: usize, ellipsis: Option<&str>) -> String {
    if rows.is_empty() {
        return "No services and no tasks.\n".to_owned();
    }
    let mut rows: Vec<_> = rows.iter().map(cells).collect();
    let mut columns = COLUMNS.to_vec();
    let mut text = render(&rows, &columns);
    for column in OPTIONAL_COLUMNS {
        if text.lines().all(|line| display_width(line) <= room) {
            break;
        }
        columns.retain(|other| *other != column);
        text = render(&rows, &columns);
    }
    let width = text.lines().map(display_width).max().unwrap_or(0);
    match ellipsis {
        Some(ellipsis) if width > room => {
            cut_names(&mut rows, width - room, ellipsis);
            render(&rows, &columns)
        }
        _ => text,
    }
}

fn render(rows: &[[String; 8]], columns: &[&str]) -> String {
    let mut table = table(columns);
    for row in rows {
        let cells = COLUMNS.iter().zip(row);
        let cells = cells.filter(|(column, _)| columns.contains(column));
        table.add_row(cells.map(|(_, cell)| cell));
    }
    plain_table(&table)
}

fn cells(row: &Row) -> [String; 8] {
    let or_dash = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    let health = row.health.as_deref().filter(|health| *health != "UNKNOWN");
    let exec = row.why_not.map(|why| format!("no: {why}"));
    let cells = [
        or_dash(row.service.clone()),
        or_dash(row.task.as_deref().map(short_id)),
        or_dash(row.container.clone()),
        row.status.to_lowercase(),
        or_dash(health.map(str::to_lowercase)),
        or_dash(row.age_seconds.map(text::span)),
        or_dash(row.task_definition.clone()),
        exec.unwrap_or_else(|| "yes".to_owned()),
    ];
    cells.map(|cell| text::sanitize_line(&cell))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(service: &str, container: &str) -> Row {
        Row {
            service: Some(service.to_owned()),
            task: Some("0a1b2c3d4e5f".to_owned()),
            container: Some(container.to_owned()),
            status: "RUNNING".to_owned(),
            why_not: Some("started without exec"),
            task_definition: Some("payments:7".to_owned()),
            ..Row::default()
        }
    }

    fn lines(rows: &[Row], cut: bool) -> Vec<String> {
        let text = human(rows, 80, cut.then_some("…"));
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn each_row_with_long_names_stays_on_one_line() {
        let long = "customer-facing-production-payments-service-eu";
        for container in ["web", long] {
            let rows = [row(long, container), row("web", "web")];
            for line in lines(&rows, true) {
                assert!(display_width(&line) <= 80, "{line}");
            }
            let cut = &lines(&rows, true)[1];
            assert!(cut.starts_with("custom") && cut.contains('…'), "{cut}");
            assert!(cut.ends_with("no: started without exec"), "{cut}");
            // What is verbose, or read by a program, is complete.
            assert!(lines(&rows, false)[1].contains(long));
        }
        assert!(!lines(&[row("web", "web")], true)[1].contains('…'));
    }
}
