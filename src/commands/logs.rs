//! What a service's containers wrote, as the awslogs driver keeps it: all tasks, in the order of time.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;

use futures::future::join_all;
use jiff::Timestamp;
use model::facts::{ContainerLog, Fact, TaskDefinition};
use model::text::{list, sanitize_line};
use tokio::time::sleep;

use crate::aws::{Aws, Failure};
use crate::cli::{Global, Logs};
use crate::cli_error::CliError;
use crate::config::{self, Use};
use crate::facts::{self, ecs};
use crate::output::{OpenLine, print};
use crate::target::{Request, no_such_service};

/// How often CloudWatch Logs is asked for news.
const PAUSE: Duration = Duration::from_secs(2);
/// How far back each look for news begins: what was written late is not missed.
const OVERLAP_MS: i64 = 15_000;
/// A day: following goes on as long as one looks.
const PATIENCE: Duration = Duration::from_secs(86_400);

/// A container's place in CloudWatch Logs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Source {
    group: String,
    /// What the names of its streams begin with: `PREFIX/CONTAINER/`. `None`: streams have no names to tell it by.
    streams: Option<String>,
}

struct Event {
    at: i64,
    id: String,
    stream: String,
    message: String,
}

pub async fn run(arguments: &Logs, global: &Global) -> Result<ExitCode, CliError> {
    let settings = config::load(global, &[Use::Credentials]).await?;
    let services = [arguments.service.clone()];
    let request = Request::new(&settings, &services, &[], false, None)?;
    let aws = Aws::connect(&settings, PATIENCE).await?;
    let workload = facts::workload(&aws, &settings, &request).await;
    if let Some(trouble) = aws.rejected() {
        return Err(trouble);
    }
    let definition = match workload.services.values().next() {
        Some(Fact::Known(service)) => service.task_definition.clone(),
        Some(Fact::Unavailable(why)) => {
            return Err(CliError::new(
                format!("the service could not be read, because {why}"),
                "",
            ));
        }
        Some(Fact::Absent) | None => {
            let existing = ecs::service_names(&aws, &settings.cluster).await;
            let candidate = crate::target::candidate(&settings, &arguments.service, true);
            let cluster = config::short_name(&settings.cluster);
            return Err(no_such_service(
                &candidate,
                cluster,
                &existing.unwrap_or_default(),
            ));
        }
    };
    let mut arns: BTreeSet<String> = definition.into_iter().collect();
    arns.extend(
        workload
            .running()
            .iter()
            .map(|task| task.task_definition.to_string()),
    );
    let definitions = join_all(arns.iter().map(|arn| ecs::task_definition(&aws, arn))).await;
    let mut known = Vec::new();
    for definition in definitions {
        match definition {
            Fact::Known(definition) => known.push(definition),
            Fact::Unavailable(why) => {
                return Err(CliError::new(
                    format!("the task definition could not be read, because {why}"),
                    "",
                ));
            }
            Fact::Absent => {}
        }
    }
    let sources = sources(&known, arguments.container.as_deref(), &aws.region.value)?;
    // Only Ctrl-C ends it, which the terminal echoes.
    let echo = (arguments.follow && io::stderr().is_terminal()).then(OpenLine::begin);
    let followed = follow(&aws, &sources, arguments).await;
    if let Some(echo) = echo {
        echo.close();
    }
    followed.map(|()| ExitCode::SUCCESS)
}

/// Where the containers of these definitions log to.
fn sources(
    definitions: &[TaskDefinition],
    container: Option<&str>,
    region: &str,
) -> Result<BTreeSet<Source>, CliError> {
    let mut sources = BTreeSet::new();
    let mut others: BTreeMap<String, String> = BTreeMap::new();
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for definition in definitions {
        for defined in &definition.containers {
            names.insert(&defined.name);
            if container.is_some_and(|wanted| wanted != defined.name) {
                continue;
            }
            match &defined.log {
                Some(log) if log.driver == "awslogs" => {
                    sources.extend(source(log, &defined.name, region))
                }
                Some(log) => {
                    others.insert(defined.name.clone(), log.driver.clone());
                }
                None => {
                    others.insert(defined.name.clone(), "no log driver".to_owned());
                }
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
        let told: Vec<String> = others
            .iter()
            .map(|(name, driver)| format!("{name} uses {driver}"))
            .collect();
        return Err(CliError::new(
            format!(
                "the service writes nothing to CloudWatch Logs: {}",
                list(&told)
            ),
            "Only the awslogs driver writes there: look where another sends the logs, or give the container one.",
        ));
    }
    Ok(sources)
}

fn source(log: &ContainerLog, container: &str, region: &str) -> Option<Source> {
    if log.region.as_deref().is_some_and(|other| other != region) {
        say!(
            "note: {container} logs in {}, which is not looked at",
            log.region.as_deref().unwrap_or_default()
        );
        return None;
    }
    Some(Source {
        group: log.group.clone()?,
        streams: log
            .stream_prefix
            .as_ref()
            .map(|prefix| format!("{prefix}/{container}/")),
    })
}

async fn follow(aws: &Aws, sources: &BTreeSet<Source>, arguments: &Logs) -> Result<(), CliError> {
    let since = i64::try_from(arguments.since.as_millis()).unwrap_or(i64::MAX);
    let mut from = Timestamp::now().as_millisecond().saturating_sub(since);
    // By ID, with their times: those that can come again.
    let mut seen: BTreeMap<String, i64> = BTreeMap::new();
    loop {
        let answers = join_all(
            sources
                .iter()
                .map(|source| events(aws, source, from, arguments.filter.as_deref())),
        )
        .await;
        let mut news = Vec::new();
        for answer in answers {
            news.extend(answer.map_err(|failure| trouble(aws, &failure))?);
        }
        news.retain(|event| seen.insert(event.id.clone(), event.at).is_none());
        news.sort_by(|one, other| (one.at, &one.id).cmp(&(other.at, &other.id)));
        let text: String = news.iter().map(Event::line).collect();
        print(&text)?;
        if !arguments.follow {
            return Ok(());
        }
        if let Some(last) = news.last() {
            from = from.max(last.at.saturating_sub(OVERLAP_MS));
            seen.retain(|_, at| *at >= from);
        }
        sleep(PAUSE).await;
    }
}

async fn events(
    aws: &Aws,
    source: &Source,
    from: i64,
    filter: Option<&str>,
) -> Result<Vec<Event>, Failure> {
    facts::pages(async |token| {
        let page = aws
            .call("logs:FilterLogEvents", || {
                aws.logs
                    .filter_log_events()
                    .log_group_name(&source.group)
                    .set_log_stream_name_prefix(source.streams.clone())
                    .set_filter_pattern(filter.map(str::to_owned))
                    .start_time(from)
                    .set_next_token(token.clone())
                    .send()
            })
            .await?;
        let events = page.events().iter().map(|event| Event {
            at: event.timestamp().unwrap_or(0),
            id: event.event_id().unwrap_or_default().to_owned(),
            stream: event.log_stream_name().unwrap_or_default().to_owned(),
            message: event.message().unwrap_or_default().to_owned(),
        });
        Ok((events.collect(), page.next_token))
    })
    .await
}

fn trouble(aws: &Aws, failure: &Failure) -> CliError {
    if let Some(rejected) = aws.rejected() {
        return rejected;
    }
    let help = match failure.code.as_deref() {
        Some("ResourceNotFoundException") => {
            "The log group does not exist: nothing was written yet, or it was deleted."
        }
        _ => "",
    };
    CliError::new(
        format!("the logs could not be read, because {}", failure.why),
        help,
    )
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
    fn a_line_tells_when_where_and_what() {
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
