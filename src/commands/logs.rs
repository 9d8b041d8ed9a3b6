//! Prints what a service's containers logged with the awslogs driver: of all tasks, in order of time.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;

use futures::future::{join_all, try_join_all};
use jiff::Timestamp;
use model::facts::{ContainerLog, Fact, Reason, TaskDefinition, Unavailable};
use model::text::{list, sanitize_line};
use tokio::time::sleep;

use crate::aws::{AwsClients, Failure};
use crate::cli::{Global, Logs};
use crate::cli_error::CliError;
use crate::collect::{self, ecs};
use crate::config::{Settings, Use};
use crate::output::{OpenLine, Progress, print};
use crate::picker::{self, ensure_can_choose_service};
use crate::place;
use crate::target::{GatherRequest, name_candidates};

/// How often CloudWatch Logs is asked for new events.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// How far back each poll begins, in milliseconds, so that events which arrive late are not missed.
const OVERLAP_MS: i64 = 15_000;
/// Following lasts until Ctrl-C, but a day at most.
const FOLLOW_TIMEOUT: Duration = Duration::from_secs(86_400);

/// Where a container logs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Source {
    group: String,
    /// The prefix of its streams, `PREFIX/CONTAINER/`. `None`: the names of streams do not tell containers apart.
    stream_prefix: Option<String>,
}

#[derive(Clone)]
struct Event {
    /// Milliseconds since 1970, UTC.
    at: i64,
    id: String,
    stream: String,
    message: String,
}

/// `ecs-exec logs`
pub async fn run(arguments: &Logs, global: &Global) -> Result<ExitCode, CliError> {
    ensure_can_choose_service(arguments.service.is_some(), "ecs-exec logs SERVICE")?;
    let settings = place::load(global, &[Use::Credentials]).await?;
    let aws = AwsClients::connect(&settings, FOLLOW_TIMEOUT).await?;
    let service = match &arguments.service {
        Some(service) => service.clone(),
        None => picker::choose_service(&aws, &settings, global).await?,
    };
    let progress = Progress::start(global, &format!("Reading the logs of {service}"));
    let definitions = task_definitions(&aws, &settings, &service).await?;
    let container = arguments.container.as_deref();
    let sources = sources(&definitions, container, &aws.region.value)?;
    // Ctrl-C ends it, and the terminal echoes that.
    let echo = (arguments.follow && io::stderr().is_terminal()).then(OpenLine::begin);
    let followed = follow(&aws, &sources, arguments, progress).await;
    if let Some(echo) = echo {
        echo.close();
    }
    followed.map(|()| ExitCode::SUCCESS)
}

/// The task definitions of a service and of its running tasks.
async fn task_definitions(
    aws: &AwsClients,
    settings: &Settings,
    service: &str,
) -> Result<Vec<TaskDefinition>, CliError> {
    let request = GatherRequest::new(settings, &[service.to_owned()], &[], false, None)?;
    let workload = collect::workload(aws, settings, &request).await;
    aws.ensure_accepted()?;
    let unreadable = |what: &str, why: &Unavailable| {
        CliError::new(
            format!("could not read the {what}: {why}"),
            permission_hint(why),
        )
    };
    let mut arns: BTreeSet<String> = match workload.services.values().next() {
        Some(Fact::Known(service)) => service.task_definition.iter().cloned().collect(),
        Some(Fact::Unavailable(why)) => return Err(unreadable("service", why)),
        Some(Fact::Absent) | None => {
            let missing = name_candidates(settings, service, true);
            return Err(collect::no_such_service(aws, settings, &missing).await);
        }
    };
    let running = workload.running();
    arns.extend(running.iter().map(|task| task.task_definition.to_string()));
    let mut definitions = Vec::new();
    for definition in join_all(arns.iter().map(|arn| ecs::task_definition(aws, arn))).await {
        match definition {
            Fact::Known(definition) => definitions.push(definition),
            Fact::Unavailable(why) => return Err(unreadable("task definition", &why)),
            Fact::Absent => {}
        }
    }
    Ok(definitions)
}

/// Where the containers of these definitions log to.
fn sources(
    definitions: &[TaskDefinition],
    container: Option<&str>,
    region: &str,
) -> Result<BTreeSet<Source>, CliError> {
    let mut sources = BTreeSet::new();
    let mut others = BTreeSet::new();
    let mut names = BTreeSet::new();
    for definition in definitions
        .iter()
        .flat_map(|definition| &definition.containers)
    {
        let name = definition.name.as_str();
        names.insert(name);
        if container.is_some_and(|wanted| wanted != name) {
            continue;
        }
        match &definition.log {
            Some(log) if log.is_awslogs() => sources.extend(source(log, name, region)),
            Some(log) => {
                others.insert(format!("{name} uses {}", log.driver));
            }
            None => {
                others.insert(format!("{name} uses no log driver"));
            }
        }
    }
    if let Some(wanted) = container.filter(|wanted| !names.contains(wanted)) {
        let names: Vec<&str> = names.into_iter().collect();
        return Err(CliError::new(
            format!("there is no container {wanted} in the service"),
            format!("Its containers: {}.", names.join(", ")),
        ));
    }
    if sources.is_empty() {
        let others: Vec<String> = others.into_iter().collect();
        return Err(CliError::new(
            format!(
                "the service writes nothing to CloudWatch Logs: {}",
                list(&others)
            ),
            "Only the awslogs driver writes there. Look where the other driver sends the logs, or configure awslogs for the container.",
        ));
    }
    Ok(sources)
}

fn source(log: &ContainerLog, container: &str, region: &str) -> Option<Source> {
    if let Some(other) = log.region.as_deref().filter(|other| *other != region) {
        say!("note: {container} logs to {other}; only logs in {region} are read");
        return None;
    }
    let prefix = log.stream_prefix.as_ref();
    Some(Source {
        group: log.group.clone()?,
        stream_prefix: prefix.map(|prefix| format!("{prefix}/{container}/")),
    })
}

async fn follow(
    aws: &AwsClients,
    sources: &BTreeSet<Source>,
    arguments: &Logs,
    progress: Progress,
) -> Result<(), CliError> {
    let mut progress = Some(progress);
    let since = i64::try_from(arguments.since.as_millis()).unwrap_or(i64::MAX);
    let mut from = Timestamp::now().as_millisecond().saturating_sub(since);
    // The IDs of printed events that can come again, and their times.
    let mut printed: BTreeMap<String, i64> = BTreeMap::new();
    loop {
        let filter = arguments.filter.as_deref();
        let polls = sources
            .iter()
            .map(|source| events(aws, source, from, filter));
        let polled = try_join_all(polls).await;
        let mut events = polled.map_err(|failure| describe(aws, &failure))?.concat();
        events.retain(|event| printed.insert(event.id.clone(), event.at).is_none());
        events.sort_by(|one, other| (one.at, &one.id).cmp(&(other.at, &other.id)));
        let shown = match (arguments.tail, &progress) {
            // Of what was there at the beginning.
            (Some(count), Some(_)) => &events[events.len().saturating_sub(count)..],
            _ => &events[..],
        };
        let text: String = shown.iter().map(Event::line).collect();
        let is_first = progress.take().is_some();
        print(&text)?;
        if is_first && text.is_empty() {
            note!("{}", nothing(arguments));
        }
        if !arguments.follow {
            return Ok(());
        }
        if let Some(last) = events.last() {
            from = from.max(last.at.saturating_sub(OVERLAP_MS));
            printed.retain(|_, at| *at >= from);
        }
        sleep(POLL_INTERVAL).await;
    }
}

/// What to say if there are no events yet.
fn nothing(arguments: &Logs) -> String {
    let since = model::text::span(i64::try_from(arguments.since.as_secs()).unwrap_or(i64::MAX));
    let matching = match arguments.filter {
        Some(_) => " that match the filter",
        None => "",
    };
    let next = match arguments.follow {
        true => "waiting for new ones; Ctrl-C ends that",
        false => "read more with --since",
    };
    format!("No log events{matching} in the last {since}; {next}.")
}

/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>
async fn events(
    aws: &AwsClients,
    source: &Source,
    from: i64,
    filter: Option<&str>,
) -> Result<Vec<Event>, Failure> {
    let request = aws.logs.filter_log_events();
    let request = request
        .log_group_name(&source.group)
        .set_log_stream_name_prefix(source.stream_prefix.clone())
        .set_filter_pattern(filter.map(str::to_owned))
        .start_time(from);
    collect::pages(
        aws,
        "logs:FilterLogEvents",
        |token| request.clone().set_next_token(token).send(),
        |page| {
            let events = page.events.unwrap_or_default().into_iter();
            let events = events.map(|event| Event {
                at: event.timestamp.unwrap_or(0),
                id: event.event_id.unwrap_or_default(),
                stream: event.log_stream_name.unwrap_or_default(),
                message: event.message.unwrap_or_default(),
            });
            (Some(events.collect()), page.next_token)
        },
    )
    .await
}

fn describe(aws: &AwsClients, failure: &Failure) -> CliError {
    if let Some(rejected) = aws.rejected() {
        return rejected;
    }
    let hint = match failure.code.as_deref() {
        Some("ResourceNotFoundException") => {
            "The log group does not exist: nothing was logged yet, or it was deleted.".to_owned()
        }
        _ => permission_hint(&failure.why),
    };
    CliError::new(format!("could not read the logs: {}", failure.why), hint)
}

/// What to ask for if AWS denied a call.
fn permission_hint(why: &Unavailable) -> String {
    match why.reason {
        Reason::Denied => format!(
            "These credentials need the permission {}: ask an IAM administrator for it, or choose others with --profile.",
            why.action
        ),
        _ => String::new(),
    }
}

impl Event {
    /// `2026-11-24T06:00:00Z container/0a1b2c3d  message`
    fn line(&self) -> String {
        let at = Timestamp::from_millisecond(self.at).map_or(String::new(), |at| {
            at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
        });
        let mut parts = self.stream.rsplit('/');
        let task: String = parts.next().unwrap_or_default().chars().take(8).collect();
        let container = parts.next().unwrap_or_default();
        let message = sanitize_line(self.message.trim_end());
        format!(
            "{at} {}  {message}\n",
            sanitize_line(&format!("{container}/{task}"))
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_line_has_time_container_task_and_message() {
        let event = Event {
            at: 1_795_000_000_000,
            id: "1".into(),
            stream: "ecs/coder/0a1b2c3d4e5f".into(),
            message: "up\u{1b}[31m and running\n".into(),
        };
        assert_eq!(
            event.line(),
            "2026-11-18T11:06:40.000Z coder/0a1b2c3d  up[31m and running\n"
        );
    }
}
