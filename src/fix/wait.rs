//! Waits until what was changed has come into force: new tasks with their agents, endpoints that are available.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ecs::types::DesiredStatus;
use model::facts::{Fact, Facts};
use model::step::Step;
use model::text;
use tokio::time::{Instant, sleep};

use super::Made;
use super::plan::deployed_services;
use super::state::{Ours, State, state};
use crate::aws::Aws;
use crate::config::Settings;
use crate::facts::{ecs, workload};
use crate::target::{Candidate, Request, Services};

const PAUSE: Duration = Duration::from_secs(3);
/// Agents come up within a minute of their task, or not at all: why not, the doctor says.
const FOR_AGENTS: Duration = Duration::from_secs(60);

/// How waiting ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Rollout {
    Done,
    /// ECS gave it up; what it says of that.
    Failed(String),
    /// The time was used up; how far it was.
    Unfinished(String),
}

/// ARNs of the tasks that the steps are about to replace. Where tasks were named, the facts do not hold those beside
/// them.
pub async fn tasks_to_replace(
    aws: &Aws,
    settings: &Settings,
    facts: &Facts,
    steps: &[Step],
) -> BTreeSet<String> {
    let services = deployed_services(steps);
    let known = |service: &&str| facts.service_tasks.get(*service).and_then(Fact::known);
    let mut tasks: BTreeSet<String> = services
        .iter()
        .filter_map(known)
        .flatten()
        .cloned()
        .collect();
    for service in services.iter().filter(|service| known(service).is_none()) {
        let running = DesiredStatus::Running;
        let listed = ecs::task_arns(aws, &settings.cluster, Some(service), running).await;
        tasks.extend(listed.known().into_iter().flatten().cloned());
    }
    tasks
}

/// Waits for the endpoints that were made, then for the services whose tasks are replaced. `tell` is given the
/// state in a few words, again and again.
pub async fn await_made(
    aws: &Aws,
    settings: &Settings,
    old: &BTreeSet<String>,
    (steps, made): (&[&Step], &Made),
    until: Instant,
    tell: impl Fn(&str),
) -> Rollout {
    if let Some(end) = endpoints(aws, &made.endpoints, until, &tell).await {
        return end;
    }
    let services = deployed_services(steps.iter().copied());
    if services.is_empty() {
        return Rollout::Done;
    }
    let names: Vec<String> = services.iter().map(|&name| name.to_owned()).collect();
    let request = Request {
        services: Services::Named(names.iter().map(|name| exactly(name)).collect()),
        ..Request::default()
    };
    let mut replaced: Option<Instant> = None;
    // Services of which our deployment was seen: right after the change it may not be there yet.
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    loop {
        let now = workload(aws, settings, &request).await;
        let states: Vec<State> = names
            .iter()
            .map(|name| {
                let ours = made.deployments.get(name).map(|id| Ours {
                    id: id.as_str(),
                    was_seen: seen.contains(name.as_str()),
                });
                state(&now, name, old, ours)
            })
            .collect();
        for name in &names {
            let service = now.services.get(name).and_then(Fact::known);
            let mut deployments = service.into_iter().flat_map(|service| &service.deployments);
            if deployments.any(|deployment| Some(&deployment.id) == made.deployments.get(name)) {
                seen.insert(name);
            }
        }
        if aws.rejected().is_some() {
            return Rollout::Unfinished("AWS does not accept the credentials any more".to_owned());
        }
        if let Some(why) = states.iter().find_map(State::failure) {
            return Rollout::Failed(why.to_owned());
        }
        if states.iter().all(|state| *state == State::Ready) {
            return Rollout::Done;
        }
        let is_replaced = states
            .iter()
            .all(|state| matches!(state, State::Ready | State::AgentsPending));
        let since = *replaced.get_or_insert_with(Instant::now);
        if !is_replaced {
            replaced = None;
        } else if since.elapsed() > FOR_AGENTS {
            return Rollout::Done;
        }
        let waiting: Vec<String> = names
            .iter()
            .zip(&states)
            .filter_map(|(name, state)| Some(format!("{name}: {}", state.words()?)))
            .collect();
        tell(&text::list(&waiting));
        if Instant::now() + PAUSE >= until {
            return Rollout::Unfinished(text::list(&waiting));
        }
        sleep(PAUSE).await;
    }
}

fn exactly(name: &str) -> Candidate {
    Candidate {
        written: name.to_owned(),
        names: vec![name.to_owned()],
        container: None,
        shell: None,
        explicit: true,
    }
}

async fn endpoints(
    aws: &Aws,
    ids: &[String],
    until: Instant,
    tell: &impl Fn(&str),
) -> Option<Rollout> {
    while !ids.is_empty() {
        let answer = aws
            .call("ec2:DescribeVpcEndpoints", || {
                aws.ec2
                    .describe_vpc_endpoints()
                    .set_vpc_endpoint_ids(Some(ids.to_vec()))
                    .send()
            })
            .await;
        // Right after it was made, an endpoint may not be found yet.
        let states: Vec<String> = match &answer {
            Ok(answer) => answer
                .vpc_endpoints()
                .iter()
                .map(|endpoint| {
                    endpoint
                        .state()
                        .map_or("unknown", |state| state.as_str())
                        .to_ascii_lowercase()
                })
                .collect(),
            Err(_) => vec!["not to be seen yet".to_owned()],
        };
        if states.len() == ids.len() && states.iter().all(|state| state == "available") {
            return None;
        }
        let waiting = format!("{} {}", text::list(ids), text::list(&states));
        if states
            .iter()
            .any(|state| matches!(state.as_str(), "failed" | "rejected" | "deleted"))
        {
            return Some(Rollout::Failed(waiting));
        }
        tell(&waiting);
        if Instant::now() + PAUSE >= until {
            return Some(Rollout::Unfinished(waiting));
        }
        sleep(PAUSE).await;
    }
    None
}
