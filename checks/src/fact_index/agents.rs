//! How long the exec agents of tasks have been up.

use super::FactIndex;
use model::facts::{Container, ManagedAgent, Task};

/// How long an agent may take to start and to connect. After that something is wrong.
pub const AGENT_START_SECONDS: i64 = 180;

/// An agent that has been RUNNING for this long is connected.
const PROVEN_SECONDS: i64 = 300;

impl FactIndex<'_> {
    /// Whether the agents of these containers have been RUNNING for so long that a fault which is only suspected
    /// cannot be there.
    pub fn is_proven(&self, tasks: &[&Task], container: &str) -> bool {
        !tasks.is_empty()
            && tasks.iter().all(|task| {
                let is_running = agent(task, container).is_some_and(ManagedAgent::is_running);
                let age = self.agent_age(task, container);
                is_running && age.is_some_and(|age| age >= PROVEN_SECONDS)
            })
    }

    /// The age of a container's agent in seconds, if the agent is so young that it may still be connecting.
    pub fn young_agent(&self, task: &Task, container: &str) -> Option<i64> {
        let age = self.agent_age(task, container);
        age.filter(|age| *age < AGENT_START_SECONDS)
    }

    /// Seconds since the agent started, or else its task.
    fn agent_age(&self, task: &Task, container: &str) -> Option<i64> {
        let started = agent(task, container).and_then(|agent| agent.last_started_at);
        Some(self.age(started.or(task.started_at)?))
    }
}

/// The agent of a container, if ECS reports one.
pub fn agent<'t>(task: &'t Task, container: &str) -> Option<&'t ManagedAgent> {
    let mut containers = task.containers.iter();
    let container = containers.find(|known| known.name == container);
    container.and_then(Container::exec_agent)
}
