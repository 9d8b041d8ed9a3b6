//! Containers of tasks, and the agents in them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A container of a task, as it runs.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Container.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Container {
    /// Its name in the task definition, or the name that AWS gave to a container that it added.
    pub name: String,
    /// The image as the task definition names it.
    pub image: Option<String>,
    /// The container's ID in the runtime, which names a session's target. `None`: it has not started yet.
    pub runtime_id: Option<String>,
    /// `PENDING`, `RUNNING`, `STOPPED`.
    pub last_status: String,
    /// `None`: it still runs, or never started.
    pub exit_code: Option<i32>,
    /// Why it stopped or did not start, in ECS's words. It may quote secrets.
    pub reason: Option<String>,
    /// `HEALTHY`, `UNHEALTHY` or `UNKNOWN`, which also stands for a container without a health check.
    pub health_status: Option<String>,
    /// The agents that ECS runs in it; none if its task started without ECS Exec.
    pub managed_agents: Vec<ManagedAgent>,
}

/// A process that ECS starts in a container.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ManagedAgent.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ManagedAgent {
    /// `ExecuteCommandAgent` is the one that opens sessions.
    pub name: String,
    /// `PENDING`, `RUNNING`, `STOPPED`.
    pub last_status: String,
    /// Why it does not run, in ECS's words; often absent.
    pub reason: Option<String>,
    /// `None`: it never started.
    pub last_started_at: Option<Timestamp>,
}

impl Container {
    /// Whether its process runs, by what ECS last heard.
    pub fn is_running(&self) -> bool {
        self.last_status == "RUNNING"
    }

    /// Whether its process has ended.
    pub fn is_stopped(&self) -> bool {
        self.last_status == "STOPPED"
    }

    /// The agent that opens sessions. `None`: ECS reports none, because the task started without ECS Exec.
    pub fn exec_agent(&self) -> Option<&ManagedAgent> {
        self.managed_agents
            .iter()
            .find(|agent| agent.name == "ExecuteCommandAgent")
    }

    /// AWS put it into the task beside those of the task definition, and nobody enters it: the proxy of Service
    /// Connect, the agent of GuardDuty, which may fail without any harm to the task.
    ///
    /// <https://docs.aws.amazon.com/guardduty/latest/ug/how-runtime-monitoring-works-ecs-fargate.html>
    pub fn is_added(&self) -> bool {
        const ADDED: [&str; 3] = [
            "ecs-service-connect-",
            "aws-guardduty-agent",
            "aws-gd-agent",
        ];
        ADDED.iter().any(|start| self.name.starts_with(start))
    }

    /// A session can be opened into it, as far as ECS knows.
    pub fn has_running_agent(&self) -> bool {
        self.exec_agent().is_some_and(ManagedAgent::is_running)
    }
}

impl ManagedAgent {
    /// ECS last heard that the agent is up. A lost connection does not show here.
    pub fn is_running(&self) -> bool {
        self.last_status == "RUNNING"
    }

    /// Whether ECS has yet to start it.
    pub fn is_pending(&self) -> bool {
        self.last_status == "PENDING"
    }

    /// Whether it has ended, or ECS has given it up.
    pub fn is_stopped(&self) -> bool {
        self.last_status == "STOPPED"
    }
}
