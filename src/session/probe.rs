//! Opens a session into each target to see whether it works.

use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt};
use model::facts::{Fact, Probe, ProbeEnd, Task};

use super::end::SessionEnd;
use super::job::Job;
use super::spot::Encryption;
use super::{Flow, Spot, failure};
use crate::aws::AwsClients;
use crate::cli::Global;
use crate::cli_error::CliError;
use crate::config::Settings;
use crate::facts::Gathered;
use crate::target;

/// How long one session may take.
const PROBE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long all of them may take to be opened.
const ALL: Duration = Duration::from_secs(300);
/// How many are open at a time: agents and AWS take a few.
const AT_ONCE: usize = 8;

/// Adds what the sessions came to to the facts.
pub async fn probe(
    settings: &Settings,
    global: &Global,
    gathered: &mut Gathered,
) -> Result<(), CliError> {
    let aws = AwsClients::connect(settings, ALL).await?;
    let facts = &gathered.facts;
    let encryption = Encryption::of(&facts.cluster);
    let asked = facts.target.container.as_deref();
    let spots: Vec<Spot> = facts
        .tasks
        .values()
        .filter_map(Fact::known)
        .filter(|task| task.is_running())
        .flat_map(|task| spots(settings, task, asked))
        .collect();
    let words = ["true".to_owned()];
    let job = Job {
        aws: &aws,
        settings,
        global,
        words: &words,
        timeout: Some(PROBE_TIMEOUT),
        ask_doctor: false,
    };
    let ends: Vec<_> = stream::iter(&spots)
        .map(async |spot| {
            let started = Instant::now();
            let end = job
                .once(spot, &encryption, None, Box::new(|_| Ok(Flow::Continue)))
                .await;
            (spot, end, started.elapsed())
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    for (spot, end, took) in ends {
        // What was cut off says nothing of the container.
        if let Ok(SessionEnd::Signal(signal)) = end {
            return Err(CliError::cut_off("the sessions were cut off", signal));
        }
        let probe = Probe {
            container: spot.container.clone(),
            end: probe_end(end, took),
        };
        let of_task = gathered.facts.probes.entry(spot.task_arn.clone());
        of_task.or_default().push(probe);
    }
    for probes in gathered.facts.probes.values_mut() {
        probes.sort_by(|one, other| one.container.cmp(&other.container));
    }
    for (action, count) in aws.calls() {
        *gathered.calls.entry(action).or_default() += count;
    }
    match aws.rejected() {
        Some(trouble) => Err(trouble),
        None => Ok(()),
    }
}

/// The container that a session would enter; every one that runs where none is preferred.
fn spots(settings: &Settings, task: &Task, asked: Option<&str>) -> Vec<Spot> {
    let configured = task
        .service_name()
        .and_then(|service| target::wanted(settings, service).container);
    let wanted = asked
        .map(str::to_owned)
        .or(configured)
        .filter(|name| task.has_container(name));
    task.containers
        .iter()
        .filter(|container| container.last_status == "RUNNING")
        .filter(|container| match &wanted {
            Some(name) => *name == container.name,
            None => !container.is_added(),
        })
        .map(|container| Spot {
            service: task.service_name().map(str::to_owned),
            task_arn: task.arn.to_string(),
            container: container.name.to_string(),
            runtime_id: container.runtime_id.clone(),
            task: task.clone(),
        })
        .collect()
}

fn probe_end(end: Result<SessionEnd, CliError>, took: Duration) -> ProbeEnd {
    match end {
        Ok(SessionEnd::Exit(_)) => ProbeEnd::Worked {
            milliseconds: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        },
        Ok(SessionEnd::Failed { why, .. } | SessionEnd::Closed(Some(why))) => {
            match failure::is_missing_program(&why) {
                true => ProbeEnd::NoShell,
                false => ProbeEnd::Failed(why.to_string()),
            }
        }
        Ok(_) => ProbeEnd::Failed(format!(
            "the session did not run a command within {} seconds",
            PROBE_TIMEOUT.as_secs()
        )),
        Err(trouble) => ProbeEnd::Failed(trouble.what),
    }
}
