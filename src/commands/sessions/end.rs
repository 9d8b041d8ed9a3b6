//! `ecs-exec sessions --end ID`: ends an open session.

use std::process::ExitCode;

use jiff::Timestamp;
use model::text::{self, sanitize_line, short_list};

use super::trail_event::{Target, short_principal};
use crate::aws::AwsClients;
use crate::cli_error::CliError;
use crate::collect::ssm::{OpenSession, open_sessions, terminate_session};
use crate::config::{Settings, short_name};
use crate::exit;
use crate::output::{self, print};

/// Says whose session it is, asks, and ends it.
pub async fn run(
    aws: &AwsClients,
    settings: &Settings,
    id: &str,
    is_agreed: bool,
) -> Result<ExitCode, CliError> {
    let open = open_sessions(aws).await;
    if let Some(rejected) = aws.rejected() {
        return Err(rejected);
    }
    match open {
        Ok(open) => say!("{}", description(find(&open, settings, id)?)),
        Err(failure) => say!(
            "The owner of session {} is unknown: {}.",
            sanitize_line(id),
            failure.why
        ),
    }
    if !is_agreed {
        if !output::can_ask() {
            return Err(CliError::new(
                "the session goes on: confirmation needs a terminal",
                "Pass --yes to end it.",
            ));
        }
        if !output::confirm("End it? [y/N] ").await {
            say!("The session goes on.");
            return Ok(ExitCode::from(exit::FAILED));
        }
    }
    terminate_session(aws, id).await.map_err(|failure| {
        CliError::new(format!("cannot end the session {id}: {}", failure.why), "")
    })?;
    print(&format!("Ended {}\n", sanitize_line(id)))?;
    Ok(ExitCode::SUCCESS)
}

/// The open session with this ID, which has to be one into a task of the cluster.
fn find<'o>(
    open: &'o [OpenSession],
    settings: &Settings,
    id: &str,
) -> Result<&'o OpenSession, CliError> {
    let cluster = short_name(&settings.cluster);
    let Some(session) = open.iter().find(|session| session.id == id) else {
        let is_here = |session: &&OpenSession| {
            Target::parse(&session.target).is_some_and(|target| target.cluster == cluster)
        };
        let ids: Vec<&str> = open
            .iter()
            .filter(is_here)
            .map(|session| session.id.as_str())
            .collect();
        let hint = match ids.is_empty() {
            true => format!("No session into {cluster} is open."),
            false => format!("Open sessions: {}.", short_list(&ids, 5)),
        };
        return Err(CliError::new(
            format!("there is no open session {id}"),
            hint,
        ));
    };
    match Target::parse(&session.target) {
        Some(target) if target.cluster == cluster => Ok(session),
        Some(target) => Err(CliError::new(
            format!(
                "the session {id} is in cluster {}, not in {cluster}",
                target.cluster
            ),
            format!("Name its cluster with --cluster {}.", target.cluster),
        )),
        None => Err(CliError::new(
            format!(
                "the session {id} is into {}, which is not a task",
                session.target
            ),
            "Only sessions into ECS tasks can be ended here.",
        )),
    }
}

/// `ecs-execute-command-1: ops/jane opened it into task 0a1b, 12 min ago.`
fn description(session: &OpenSession) -> String {
    let task = Target::parse(&session.target).map_or("unknown", |target| target.task);
    let owner = short_principal(&session.owner);
    let seconds = session
        .started_at
        .map(|at| Timestamp::now().as_second() - at.as_second());
    let ago = seconds.map_or(String::new(), |seconds| {
        format!(", {} ago", text::span(seconds))
    });
    sanitize_line(&format!(
        "{}: {owner} opened it into task {task}{ago}.",
        session.id
    ))
}
