//! Opens a session into each container to test whether it works.

use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt};
use model::facts::{Fact, Probe, ProbeEnd, Task};

use super::exec_target::Encryption;
use super::{ClosingCause, Context, ExecTarget, Flow, RemoteCommand, SessionEnd};
use crate::aws::AwsClients;
use crate::cli::Global;
use crate::cli_error::CliError;
use crate::collect::Gathered;
use crate::config::Settings;
use crate::target;

/// How long one session can take.
const PROBE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long opening all of them can take.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(300);
/// How many are open at the same time: agents and AWS handle a few.
const CONCURRENCY: usize = 8;

/// Adds the results of the sessions to the facts.
pub async fn probe(
    settings: &Settings,
    global: &Global,
    gathered: &mut Gathered,
) -> Result<(), CliError> {
    let aws = &AwsClients::connect(settings, TOTAL_TIMEOUT).await?;
    let facts = &gathered.facts;
    let encryption = Encryption::of(&facts.cluster);
    let named = facts.target.container.as_deref();
    let targets: Vec<ExecTarget> = facts
        .tasks
        .values()
        .filter_map(Fact::known)
        .filter(|task| task.is_running())
        .flat_map(|task| targets(settings, task, named, &encryption))
        .collect();
    let command = RemoteCommand {
        cx: Context::new(aws, settings, global),
        words: &["true".to_owned()],
        timeout: Some(PROBE_TIMEOUT),
        ask_doctor: false,
    };
    let ends: Vec<_> = stream::iter(&targets)
        .map(async |target| {
            let started = Instant::now();
            let sink = Box::new(|_: &[u8]| Ok(Flow::Continue));
            let end = command.run(target, None, sink).await;
            (target, end, started.elapsed())
        })
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await;
    for (target, end, took) in ends {
        // A session that was cut off says nothing about the container.
        if let Ok(SessionEnd::Signal(signal)) = end {
            return Err(CliError::cut_off("the sessions were cut off", signal));
        }
        let probe = Probe {
            container: target.container.clone(),
            end: probe_end(end, took),
        };
        let task = target.task.arn.to_string();
        gathered.facts.probes.entry(task).or_default().push(probe);
    }
    for probes in gathered.facts.probes.values_mut() {
        probes.sort_by(|one, other| one.container.cmp(&other.container));
    }
    for (action, count) in aws.calls() {
        *gathered.calls.entry(action).or_default() += count;
    }
    aws.ensure_accepted()
}

/// The container that a session would enter; all running ones if none is preferred.
fn targets(
    settings: &Settings,
    task: &Task,
    named: Option<&str>,
    encryption: &Encryption,
) -> Vec<ExecTarget> {
    let configured = task
        .service_name()
        .and_then(|service| target::service_target(settings, service).container);
    let preferred = named
        .map(str::to_owned)
        .or(configured)
        .filter(|name| task.has_container(name));
    task.containers
        .iter()
        .filter(|container| container.is_running())
        .filter(|container| match &preferred {
            Some(name) => *name == container.name,
            None => !container.is_added(),
        })
        .map(|container| ExecTarget {
            task: task.clone(),
            container: container.name.to_string(),
            encryption: encryption.clone(),
        })
        .collect()
}

fn probe_end(end: Result<SessionEnd, CliError>, took: Duration) -> ProbeEnd {
    match end {
        Ok(SessionEnd::Exit(_)) => ProbeEnd::Worked {
            milliseconds: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        },
        Ok(SessionEnd::Failed { why, .. } | SessionEnd::Closed(Some(why))) => {
            match ClosingCause::of(&why) {
                ClosingCause::MissingProgram => ProbeEnd::NoShell,
                _ => ProbeEnd::Failed(why.to_string()),
            }
        }
        Ok(_) => ProbeEnd::Failed(format!(
            "the session did not run a command within {} seconds",
            PROBE_TIMEOUT.as_secs()
        )),
        Err(error) => ProbeEnd::Failed(error.message().to_owned()),
    }
}
