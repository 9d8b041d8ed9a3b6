//! `ecs-exec sessions`: who opened sessions, when, and into what, according to CloudTrail; and `--end` for an open one.

mod end;
mod recording;
mod render;
mod trail_event;

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::time::Duration;

use futures::join;
use jiff::{SignedDuration, Timestamp};
use model::facts::{Cluster, Fact, Reason, Task};
use model::text::{self, sanitize_line};
use serde::Serialize;
use tokio::time::Instant;

use crate::aws::{AwsClients, Failure};
use crate::cli::{Global, RecordFormat, Sessions};
use crate::cli_error::CliError;
use crate::collect::cloudtrail::{self, Lookup};
use crate::collect::ssm::{OpenSession, open_sessions};
use crate::collect::{self, ecs};
use crate::config::{Settings, Use, short_name};
use crate::output::{Progress, print};
use crate::place;
use crate::target::GatherRequest;

use aws_rules::iam::session_access::{EXECUTE, START_SESSION};
use trail_event::{SessionRecord, Target, session_record};

/// Long event histories take long: CloudTrail returns a hundred events in a second.
const HISTORY_TIME: Duration = Duration::from_secs(270);
/// The rest is for the tasks of the sessions.
const TIMEOUT: Duration = Duration::from_secs(300);

/// What `--format json` prints.
#[derive(Serialize)]
struct Answer {
    /// Rises with every change but additions.
    schema_version: &'static str,
    generated_at: String,
    region: String,
    cluster: String,
    service: Option<String>,
    /// In RFC 3339.
    since: String,
    /// The newest first.
    sessions: Vec<SessionRecord>,
    /// What the list does not show.
    notes: Vec<String>,
    api_calls: BTreeMap<String, u64>,
}

/// Runs `sessions`.
pub async fn run(arguments: &Sessions, global: &Global) -> Result<ExitCode, CliError> {
    let settings = place::load(global, &[Use::Credentials]).await?;
    let request = request(arguments, &settings)?;
    let aws = AwsClients::connect(&settings, TIMEOUT).await?;
    if let Some(id) = &arguments.end {
        return end::run(&aws, &settings, id, arguments.yes).await;
    }
    let since = Timestamp::now() - SignedDuration::try_from(arguments.since).unwrap_or_default();
    let progress = Progress::start(global, "Reading the event history of CloudTrail");
    let (history, open, cluster, service) = join!(
        history(&aws, since),
        open_sessions(&aws),
        ecs::cluster(&aws, &settings.cluster),
        service(&aws, &settings, request.as_ref()),
    );
    if let Some(rejected) = aws.rejected() {
        return Err(rejected);
    }
    let service = service?;
    let history = history.map_err(|failure| {
        CliError::new(
            format!("cannot read the event history: {}", failure.why),
            match failure.why.reason {
                Reason::Denied => "The AWS managed policy AWSCloudTrail_ReadOnlyAccess allows it.",
                _ => "",
            },
        )
    })?;
    let mut list = SessionList::new(short_name(&settings.cluster), &history, open);
    list.find_tasks(&aws, &settings).await;
    recording::add(&aws, &cluster, &list.tasks, &mut list.sessions).await;
    progress.end();
    let answer = list.answer(&aws, since, service, &cluster);
    if arguments.format == RecordFormat::Csv {
        for note in &answer.notes {
            note!("note: {}", sanitize_line(note));
        }
    }
    print(&render::render(&answer, arguments.format, global.verbose))?;
    Ok(ExitCode::SUCCESS)
}

/// The request for the named service.
fn request(arguments: &Sessions, settings: &Settings) -> Result<Option<GatherRequest>, CliError> {
    let Some(service) = &arguments.service else {
        return Ok(None);
    };
    GatherRequest::new(settings, std::slice::from_ref(service), &[], false, None).map(Some)
}

/// The full name of the named service, which has to exist.
async fn service(
    aws: &AwsClients,
    settings: &Settings,
    request: Option<&GatherRequest>,
) -> Result<Option<String>, CliError> {
    let Some(request) = request else {
        return Ok(None);
    };
    let (cluster, workload) = join!(
        ecs::cluster(aws, &settings.cluster),
        collect::workload(aws, settings, request)
    );
    collect::ensure_targets_exist(aws, settings, request, &cluster, None, &workload).await?;
    Ok(workload.wanted.first().map(|wanted| wanted.name.clone()))
}

/// One after the other: CloudTrail limits the calls of the account, not those to one event name.
async fn history(aws: &AwsClients, since: Timestamp) -> Result<[Lookup; 2], Failure> {
    let until = Instant::now() + HISTORY_TIME;
    let execute = cloudtrail::events(aws, "ExecuteCommand", since, until).await?;
    let start = cloudtrail::events(aws, "StartSession", since, until).await?;
    Ok([execute, start])
}

/// The sessions, and what is known of their tasks.
struct SessionList {
    sessions: Vec<SessionRecord>,
    /// By ID.
    tasks: BTreeMap<String, Task>,
    notes: Vec<String>,
}

impl SessionList {
    fn new(
        cluster: &str,
        history: &[Lookup; 2],
        open: Result<Vec<OpenSession>, Failure>,
    ) -> SessionList {
        let events = history.iter().flat_map(|lookup| &lookup.events);
        let records = events.filter_map(|event| session_record(event, cluster));
        // The event of ExecuteCommand says more than the one of StartSession, and comes first.
        let mut known = BTreeSet::new();
        let mut sessions: Vec<SessionRecord> = records
            .filter(|record| {
                let id = record.session_id.clone();
                id.is_none_or(|id| known.insert(id))
            })
            .collect();
        let mut notes = Vec::new();
        if let Some(at) = history.iter().filter_map(|lookup| lookup.cut_off_at).max() {
            notes.push(format!(
                "CloudTrail answered too slowly: events before {at} were not read. Give a shorter --since."
            ));
        }
        match open {
            Ok(open) => add_open(&mut sessions, cluster, &open),
            Err(failure) => notes.push(format!(
                "Which sessions are open is unknown: {}.",
                failure.why
            )),
        }
        sessions.sort_by(|one, other| other.started_at.cmp(&one.started_at));
        SessionList {
            sessions,
            tasks: BTreeMap::new(),
            notes,
        }
    }

    /// Finds the services and containers of the tasks that ECS still knows.
    async fn find_tasks(&mut self, aws: &AwsClients, settings: &Settings) {
        let ids = self.sessions.iter().filter_map(|one| one.task.clone());
        let ids: Vec<String> = ids.collect::<BTreeSet<_>>().into_iter().collect();
        let tasks = ecs::tasks(aws, &settings.cluster, &ids).await;
        if let Some(why) = tasks.values().find_map(Fact::unavailable) {
            self.notes
                .push(format!("The services of tasks are unknown: {why}."));
        }
        let known = tasks.into_values().filter_map(|task| match task {
            Fact::Known(task) => Some((task.id().to_owned(), task)),
            Fact::Absent | Fact::Unavailable(_) => None,
        });
        self.tasks = known.collect();
        for session in &mut self.sessions {
            let task = session.task.as_ref().and_then(|id| self.tasks.get(id));
            let Some(task) = task else { continue };
            session.service = task.service_name().map(sanitize_line);
            if session.container.is_none() {
                let runtime_id = &session.runtime_id;
                let mut containers = task.containers.iter();
                let entered = containers.find(|one| one.runtime_id == *runtime_id);
                session.container = entered
                    .filter(|_| runtime_id.is_some())
                    .map(|entered| sanitize_line(&entered.name));
            }
        }
    }

    fn answer(
        mut self,
        aws: &AwsClients,
        since: Timestamp,
        service: Option<String>,
        cluster: &Fact<Cluster>,
    ) -> Answer {
        if let Some(service) = &service {
            let without_service = |one: &&SessionRecord| one.service.is_none();
            let unknown = self.sessions.iter().filter(without_service).count();
            self.sessions
                .retain(|one| one.service.as_ref() == Some(service));
            if unknown > 0 {
                self.notes.push(format!(
                    "Left out: {} into tasks that have no service or could not be read. `ecs-exec sessions` lists all.",
                    text::count(unknown, "session")
                ));
            }
        }
        if self.sessions.iter().any(|one| one.record.is_some()) {
            self.notes.push(
                "Records are where the cluster logs sessions now, which may have been elsewhere before."
                    .to_owned(),
            );
        }
        if let Some(why) = cluster.unavailable() {
            self.notes
                .push(format!("Where sessions are recorded is unknown: {why}."));
        }
        self.notes.push(
            "CloudTrail's event history is up to 15 minutes late and keeps 90 days.".to_owned(),
        );
        Answer {
            schema_version: "1",
            generated_at: Timestamp::now().to_string(),
            region: aws.region.value.clone(),
            cluster: cluster
                .known()
                .map_or_else(String::new, |cluster| cluster.name.clone()),
            service,
            since: since.to_string(),
            sessions: self.sessions,
            notes: self.notes,
            api_calls: aws.calls(),
        }
    }
}

/// Marks the sessions that are open, and adds those that the event history does not have.
fn add_open(sessions: &mut Vec<SessionRecord>, cluster: &str, open: &[OpenSession]) {
    let open_ids: BTreeSet<&str> = open.iter().map(|one| one.id.as_str()).collect();
    let mut known = BTreeSet::new();
    for session in sessions.iter_mut() {
        let Some(id) = &session.session_id else {
            continue;
        };
        let is_open = open_ids.contains(id.as_str());
        session.state = if is_open { "open" } else { "closed" };
        known.insert(id.clone());
    }
    for one in open {
        let Some(target) = Target::parse(&one.target).filter(|to| to.cluster == cluster) else {
            continue;
        };
        if !known.contains(&one.id) {
            sessions.push(SessionRecord {
                started_at: one.started_at.map(|at| at.to_string()),
                session_id: Some(sanitize_line(&one.id)),
                principal: sanitize_line(&one.owner),
                action: match one.id.starts_with("ecs-execute-command-") {
                    true => EXECUTE,
                    false => START_SESSION,
                },
                task: Some(sanitize_line(target.task)),
                runtime_id: Some(target.runtime_id.to_owned()),
                state: "open",
                ..SessionRecord::default()
            });
        }
    }
}
