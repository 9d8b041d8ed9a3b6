//! How far a service's new tasks are.

use std::collections::BTreeSet;

use model::facts::{Deployment, Fact, Service, Task};
use model::secrets::mask;
use model::text;

use crate::facts::Workload;

#[derive(Debug, PartialEq, Eq)]
pub enum State {
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
    pub fn failure(&self) -> Option<&str> {
        match self {
            State::Failed(why) => Some(why),
            State::Ready | State::AgentsPending | State::Rolling { .. } | State::Unseen(_) => None,
        }
    }

    pub fn words(&self) -> Option<String> {
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

/// The deployment that the change of the service started.
#[derive(Clone, Copy)]
pub struct Ours<'d> {
    pub id: &'d str,
    pub was_seen: bool,
}

pub fn state(now: &Workload, name: &str, before: &BTreeSet<String>, ours: Option<Ours>) -> State {
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

#[cfg(test)]
mod tests {
    use model::facts::{Container, ManagedAgent};

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
