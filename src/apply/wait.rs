//! Waits until changes take effect: new tasks have agents, and new endpoints are available.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ecs::types::DesiredStatus;
use model::facts::{Fact, Facts};
use model::step::Step;
use model::text;
use tokio::time::{Instant, sleep};

use super::StepOutputs;
use super::fix_plan::deployed_services;
use super::rollout::{OwnDeployment, Rollout, rollout};
use crate::aws::AwsClients;
use crate::collect::{ecs, workload};
use crate::config::Settings;
use crate::target::{GatherRequest, NameCandidates, Services};

/// Pause between two looks.
const PAUSE: Duration = Duration::from_secs(3);
/// An agent starts within a minute of its task, or not at all. Then the doctor says why.
const AGENT_TIMEOUT: Duration = Duration::from_secs(60);

/// How waiting ended.
#[derive(Debug, PartialEq, Eq)]
pub enum WaitEnd {
    Done,
    /// ECS or EC2 gave up; its reasons.
    Failed(String),
    /// The time was over; what is left to wait for.
    Unfinished(String),
}

/// ARNs of the tasks that the steps are going to replace. If the user named single tasks, the facts do not have the
/// others.
pub async fn tasks_to_replace(
    aws: &AwsClients,
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

/// Waits for new endpoints, then for the services whose tasks are replaced. `report`: is called with the progress.
pub async fn wait_for_changes(
    aws: &AwsClients,
    settings: &Settings,
    old: &BTreeSet<String>,
    (steps, outputs): (&[&Step], &StepOutputs),
    until: Instant,
    report: impl Fn(&str),
) -> WaitEnd {
    if let Some(end) = endpoints(aws, &outputs.endpoints, until, &report).await {
        return end;
    }
    let services = deployed_services(steps.iter().copied());
    if services.is_empty() {
        return WaitEnd::Done;
    }
    let names: Vec<String> = services.iter().map(|&name| name.to_owned()).collect();
    let request = GatherRequest {
        services: Services::Named(names.iter().map(|name| exact_name(name)).collect()),
        ..GatherRequest::default()
    };
    let mut replaced: Option<Instant> = None;
    // Services whose own deployment was seen: right after the change ECS may not return it yet.
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    loop {
        let now = workload(aws, settings, &request).await;
        let states: Vec<Rollout> = names
            .iter()
            .map(|name| {
                let own = outputs.deployments.get(name).map(|id| OwnDeployment {
                    id: id.as_str(),
                    was_seen: seen.contains(name.as_str()),
                });
                rollout(&now, name, old, own)
            })
            .collect();
        for name in &names {
            let service = now.services.get(name).and_then(Fact::known);
            let mut deployments = service.into_iter().flat_map(|service| &service.deployments);
            if deployments.any(|deployment| Some(&deployment.id) == outputs.deployments.get(name)) {
                seen.insert(name);
            }
        }
        if aws.rejected().is_some() {
            return WaitEnd::Unfinished("AWS no longer accepts the credentials".to_owned());
        }
        if let Some(why) = states.iter().find_map(Rollout::failure) {
            return WaitEnd::Failed(why.to_owned());
        }
        if states.iter().all(|state| *state == Rollout::Ready) {
            return WaitEnd::Done;
        }
        let is_replaced = states
            .iter()
            .all(|state| matches!(state, Rollout::Ready | Rollout::AgentsPending));
        let since = *replaced.get_or_insert_with(Instant::now);
        if !is_replaced {
            replaced = None;
        } else if since.elapsed() > AGENT_TIMEOUT {
            return WaitEnd::Done;
        }
        let waiting: Vec<String> = names
            .iter()
            .zip(&states)
            .filter_map(|(name, state)| Some(format!("{name}: {}", state.progress()?)))
            .collect();
        report(&text::list(&waiting));
        if Instant::now() + PAUSE >= until {
            return WaitEnd::Unfinished(text::list(&waiting));
        }
        sleep(PAUSE).await;
    }
}

fn exact_name(name: &str) -> NameCandidates {
    NameCandidates {
        written: name.to_owned(),
        names: vec![name.to_owned()],
        container: None,
        shell: None,
        explicit: true,
    }
}

async fn endpoints(
    aws: &AwsClients,
    ids: &[String],
    until: Instant,
    report: &impl Fn(&str),
) -> Option<WaitEnd> {
    while !ids.is_empty() {
        let answer = aws
            .call("ec2:DescribeVpcEndpoints", || {
                aws.ec2
                    .describe_vpc_endpoints()
                    .set_vpc_endpoint_ids(Some(ids.to_vec()))
                    .send()
            })
            .await;
        // Right after its creation, EC2 may not find an endpoint yet.
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
            Err(_) => vec!["not visible yet".to_owned()],
        };
        if states.len() == ids.len() && states.iter().all(|state| state == "available") {
            return None;
        }
        let waiting = format!("{} {}", text::list(ids), text::list(&states));
        if states
            .iter()
            .any(|state| matches!(state.as_str(), "failed" | "rejected" | "deleted"))
        {
            return Some(WaitEnd::Failed(waiting));
        }
        report(&waiting);
        if Instant::now() + PAUSE >= until {
            return Some(WaitEnd::Unfinished(waiting));
        }
        sleep(PAUSE).await;
    }
    None
}
