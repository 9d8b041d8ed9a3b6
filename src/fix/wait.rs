//! Waits until what was changed has come into force: new tasks with their agents, endpoints that are available.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ecs::types::DesiredStatus;
use ecs_exec_checks::capture::mask;
use ecs_exec_checks::facts::{Deployment, Fact, Facts, Service, Task};
use ecs_exec_checks::step::Step;
use ecs_exec_checks::text;
use tokio::time::{Instant, sleep};

use super::Made;
use super::plan::deployed_services;
use crate::aws::Aws;
use crate::config::Settings;
use crate::facts::{Workload, ecs, workload};
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

#[derive(Debug, PartialEq, Eq)]
enum State {
    Ready,
    /// All tasks are new, not all agents are RUNNING.
    AgentsPending,
    /// So many old tasks run beside so many new ones.
    Rolling {
        old: usize,
        new: usize,
    },
    Failed(String),
    /// What goes on cannot be seen, and why.
    Unseen(String),
}

impl State {
    fn failure(&self) -> Option<&str> {
        match self {
            State::Failed(why) => Some(why),
            State::Ready | State::AgentsPending | State::Rolling { .. } | State::Unseen(_) => None,
        }
    }

    fn words(&self) -> Option<String> {
        match self {
            State::AgentsPending => Some("new tasks run, their agents are starting".to_owned()),
            State::Rolling { old, new } => Some(format!(
                "{new} new, {} to go",
                text::count(*old, "old task")
            )),
            State::Unseen(why) => Some(why.clone()),
            State::Ready | State::Failed(_) => None,
        }
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

/// The deployment that the change of the service started.
#[derive(Clone, Copy)]
struct Ours<'d> {
    id: &'d str,
    was_seen: bool,
}

fn state(now: &Workload, name: &str, before: &BTreeSet<String>, ours: Option<Ours>) -> State {
    let service = match now.services.get(name) {
        Some(Fact::Known(service)) => service,
        Some(Fact::Unavailable(why)) => return State::Unseen(why.to_string()),
        Some(Fact::Absent) | None => return State::Unseen("there is no such service".to_owned()),
    };
    if let Some(why) = failure(service, ours) {
        return State::Failed(why);
    }
    let arns = match now.service_tasks.get(name) {
        Some(Fact::Known(arns)) => arns.as_slice(),
        Some(Fact::Unavailable(why)) => return State::Unseen(why.to_string()),
        Some(Fact::Absent) | None => &[],
    };
    let running: Vec<&Task> = arns
        .iter()
        .filter_map(|arn| now.tasks.get(arn)?.known())
        .filter(|task| task.is_running())
        .collect();
    let is_old = |task: &&Task| match (ours, &task.started_by) {
        (Some(ours), Some(started_by)) => started_by != ours.id && before.contains(&*task.arn),
        _ => before.contains(&*task.arn),
    };
    let (old, new): (Vec<&Task>, Vec<&Task>) = running.into_iter().partition(is_old);
    let is_rolling = service.rolling_out().is_some();
    let wanted = usize::try_from(service.desired_count).unwrap_or(0);
    if !old.is_empty() || new.len() < wanted || is_rolling {
        return State::Rolling {
            old: old.len(),
            new: new.len(),
        };
    }
    match new
        .iter()
        .all(|task| !task.exec_enabled || has_agents(task))
    {
        true => State::Ready,
        false => State::AgentsPending,
    }
}

fn has_agents(task: &Task) -> bool {
    let mut containers = task.own_containers();
    containers.all(|container| container.last_status == "STOPPED" || container.has_running_agent())
}

/// ECS has given our deployment up: the circuit breaker tripped, or it was rolled back.
fn failure(service: &Service, ours: Option<Ours>) -> Option<String> {
    let is_ours = |deployment: &&Deployment| ours.is_none_or(|ours| deployment.id == ours.id);
    let found = service.deployments.iter().find(is_ours);
    let mut told = match found {
        Some(deployment) if deployment.rollout_state.as_deref() == Some("FAILED") => {
            let mut told = vec![format!(
                "the deployment {} of {} failed",
                deployment.id, service.name
            )];
            told.extend(deployment.rollout_reason.clone());
            told
        }
        None if ours.is_some_and(|ours| ours.was_seen) && !service.deployments.is_empty() => {
            vec![format!(
                "the deployment of {} was taken back, or another one took its place",
                service.name
            )]
        }
        Some(_) | None => return None,
    };
    told.extend(
        service
            .events
            .iter()
            .take(3)
            .map(|event| event.message.clone()),
    );
    Some(mask(&told.join("; ")))
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

#[cfg(test)]
mod tests {
    use ecs_exec_checks::facts::{Container, ManagedAgent};

    use super::*;

    fn world(tasks: &[(&str, &str)], rollout: &str) -> Workload {
        let mut now = Workload::default();
        let deployment = Deployment {
            id: "ecs-svc/1".into(),
            status: "PRIMARY".into(),
            rollout_state: Some(rollout.into()),
            rollout_reason: Some("circuit breaker".into()),
            ..Deployment::default()
        };
        let service = Service {
            name: "web".into(),
            desired_count: 1,
            deployments: vec![deployment],
            ..Service::default()
        };
        now.services.insert("web".into(), Fact::Known(service));
        let arns = tasks.iter().map(|(arn, _)| (*arn).to_owned()).collect();
        now.service_tasks.insert("web".into(), Fact::Known(arns));
        for (arn, agent) in tasks {
            let agent = ManagedAgent {
                name: "ExecuteCommandAgent".into(),
                last_status: (*agent).into(),
                ..ManagedAgent::default()
            };
            let container = Container {
                managed_agents: vec![agent],
                ..Container::default()
            };
            let task = Task {
                arn: (*arn).into(),
                last_status: "RUNNING".into(),
                exec_enabled: true,
                containers: vec![container],
                ..Task::default()
            };
            now.tasks.insert((*arn).into(), Fact::Known(task));
        }
        now
    }

    #[test]
    fn a_roll_out_is_done_when_new_tasks_have_their_agents() {
        let before = BTreeSet::from(["old".to_owned()]);
        let ours = |id| Ours { id, was_seen: true };
        let state = |tasks: &[(&str, &str)], rollout| {
            state(
                &world(tasks, rollout),
                "web",
                &before,
                Some(ours("ecs-svc/1")),
            )
        };
        let done = "COMPLETED";
        assert_eq!(state(&[("new", "RUNNING")], done), State::Ready);
        assert_eq!(state(&[("new", "PENDING")], done), State::AgentsPending);
        assert_eq!(
            state(&[("old", "RUNNING")], done),
            State::Rolling { old: 1, new: 0 }
        );
        assert_eq!(
            state(&[("old", "RUNNING"), ("new", "RUNNING")], done),
            State::Rolling { old: 1, new: 1 }
        );
        assert_eq!(state(&[], done), State::Rolling { old: 0, new: 0 });
        let unknown = super::state(&world(&[], done), "web", &before, Some(ours("ecs-svc/2")));
        assert!(matches!(unknown, State::Failed(why) if why.contains("taken back")));
        assert!(
            matches!(state(&[("old", "RUNNING")], "FAILED"), State::Failed(why) if why.contains("circuit breaker"))
        );
    }

    #[test]
    fn only_what_is_entered_needs_an_agent() {
        let with = |others: &[(&str, &str)]| {
            let mut task = Task::default();
            for (name, status) in others {
                task.containers.push(Container {
                    name: (*name).into(),
                    last_status: (*status).into(),
                    ..Container::default()
                });
            }
            task
        };
        assert!(has_agents(&with(&[
            ("migrate", "STOPPED"),
            ("aws-gd-agent", "RUNNING")
        ])));
        assert!(!has_agents(&with(&[("web", "RUNNING")])));
    }
}
