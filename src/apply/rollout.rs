//! How far the rollout of a service is.

use std::collections::BTreeSet;

use model::facts::{Deployment, Fact, Service, Task};
use model::secrets::mask;
use model::text;

use crate::collect::Workload;

/// The state of a service's rollout.
#[derive(Debug, PartialEq, Eq)]
pub enum Rollout {
    Ready,
    /// All tasks are new, not all agents are RUNNING.
    AgentsPending,
    /// Numbers of old and new tasks that run.
    Rolling {
        old: usize,
        new: usize,
    },
    Failed(String),
    /// Why the state is unknown.
    Unknown(String),
}

impl Rollout {
    /// Why ECS gave up.
    pub fn failure(&self) -> Option<&str> {
        match self {
            Rollout::Failed(why) => Some(why),
            _ => None,
        }
    }

    /// What is left to wait for.
    pub fn progress(&self) -> Option<String> {
        match self {
            Rollout::AgentsPending => {
                Some("new tasks are running, their agents are starting".to_owned())
            }
            Rollout::Rolling { old, new } => Some(format!(
                "{} running, {} left to stop",
                text::count(*new, "new task"),
                text::count(*old, "old task")
            )),
            Rollout::Unknown(why) => Some(why.clone()),
            Rollout::Ready | Rollout::Failed(_) => None,
        }
    }
}

/// The deployment that the fix started.
#[derive(Clone, Copy)]
pub struct OwnDeployment<'d> {
    pub id: &'d str,
    /// Whether ECS returned it before: right after the change it may not.
    pub was_seen: bool,
}

/// `before`: ARNs of the tasks before the change.
pub fn rollout(
    now: &Workload,
    name: &str,
    before: &BTreeSet<String>,
    own: Option<OwnDeployment>,
) -> Rollout {
    let service = match now.services.get(name) {
        Some(Fact::Known(service)) => service,
        Some(Fact::Unavailable(why)) => return Rollout::Unknown(why.to_string()),
        Some(Fact::Absent) | None => {
            return Rollout::Unknown("the service does not exist".to_owned());
        }
    };
    if let Some(why) = failure(service, own) {
        return Rollout::Failed(why);
    }
    let arns = match now.service_tasks.get(name) {
        Some(Fact::Known(arns)) => arns.as_slice(),
        Some(Fact::Unavailable(why)) => return Rollout::Unknown(why.to_string()),
        Some(Fact::Absent) | None => &[],
    };
    let running: Vec<&Task> = arns
        .iter()
        .filter_map(|arn| now.tasks.get(arn)?.known())
        .filter(|task| task.is_running())
        .collect();
    let is_old = |task: &&Task| match (own, &task.started_by) {
        (Some(own), Some(started_by)) => started_by != own.id && before.contains(&*task.arn),
        _ => before.contains(&*task.arn),
    };
    let (old, new): (Vec<&Task>, Vec<&Task>) = running.into_iter().partition(is_old);
    let is_rolling = service.rolling_out().is_some();
    let desired = usize::try_from(service.desired_count).unwrap_or(0);
    if !old.is_empty() || new.len() < desired || is_rolling {
        return Rollout::Rolling {
            old: old.len(),
            new: new.len(),
        };
    }
    match new
        .iter()
        .all(|task| !task.exec_enabled || has_agents(task))
    {
        true => Rollout::Ready,
        false => Rollout::AgentsPending,
    }
}

fn has_agents(task: &Task) -> bool {
    let mut containers = task.own_containers();
    containers.all(|container| container.is_stopped() || container.has_running_agent())
}

/// Why ECS gave up the deployment: the circuit breaker tripped, or it was rolled back.
fn failure(service: &Service, own: Option<OwnDeployment>) -> Option<String> {
    let is_own = |deployment: &&Deployment| own.is_none_or(|own| deployment.id == own.id);
    let found = service.deployments.iter().find(is_own);
    let mut reasons = match found {
        Some(deployment) if deployment.has_failed() => {
            let mut reasons = vec![format!(
                "the deployment {} of {} failed",
                deployment.id, service.name
            )];
            reasons.extend(deployment.rollout_reason.clone());
            reasons
        }
        None if own.is_some_and(|own| own.was_seen) && !service.deployments.is_empty() => {
            vec![format!(
                "the deployment of {} was rolled back, or another deployment replaced it",
                service.name
            )]
        }
        Some(_) | None => return None,
    };
    reasons.extend(
        service
            .events
            .iter()
            .take(3)
            .map(|event| event.message.clone()),
    );
    Some(mask(&reasons.join("; ")))
}

#[cfg(test)]
mod tests {
    use model::facts::{Container, ManagedAgent};

    use super::*;

    fn workload(tasks: &[(&str, &str)], rollout: &str) -> Workload {
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
    fn a_rollout_is_done_when_the_agents_of_the_new_tasks_run() {
        let before = BTreeSet::from(["old".to_owned()]);
        let own = |id| OwnDeployment { id, was_seen: true };
        let state = |tasks: &[(&str, &str)], status| {
            rollout(
                &workload(tasks, status),
                "web",
                &before,
                Some(own("ecs-svc/1")),
            )
        };
        let done = "COMPLETED";
        assert_eq!(state(&[("new", "RUNNING")], done), Rollout::Ready);
        assert_eq!(state(&[("new", "PENDING")], done), Rollout::AgentsPending);
        assert_eq!(
            state(&[("old", "RUNNING")], done),
            Rollout::Rolling { old: 1, new: 0 }
        );
        assert_eq!(
            state(&[("old", "RUNNING"), ("new", "RUNNING")], done),
            Rollout::Rolling { old: 1, new: 1 }
        );
        assert_eq!(state(&[], done), Rollout::Rolling { old: 0, new: 0 });
        let unknown = rollout(&workload(&[], done), "web", &before, Some(own("ecs-svc/2")));
        assert!(matches!(unknown, Rollout::Failed(why) if why.contains("rolled back")));
        assert!(
            matches!(state(&[("old", "RUNNING")], "FAILED"), Rollout::Failed(why) if why.contains("circuit breaker"))
        );
    }

    #[test]
    fn only_containers_that_sessions_use_need_an_agent() {
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
