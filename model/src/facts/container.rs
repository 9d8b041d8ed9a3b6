//! Containers of tasks, and the agents in them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Container.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Container {
    pub name: String,
    pub image: Option<String>,
    pub runtime_id: Option<String>,
    pub last_status: String,
    pub exit_code: Option<i32>,
    pub reason: Option<String>,
    pub health_status: Option<String>,
    pub managed_agents: Vec<ManagedAgent>,
}

/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ManagedAgent.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ManagedAgent {
    pub name: String,
    /// `PENDING`, `RUNNING`, `STOPPED`.
    pub last_status: String,
    pub reason: Option<String>,
    pub last_started_at: Option<Timestamp>,
}

impl Container {
    /// The agent that ECS Exec talks to, if ECS reports one.
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

    pub fn has_running_agent(&self) -> bool {
        self.exec_agent().is_some_and(ManagedAgent::is_running)
    }
}

impl ManagedAgent {
    pub fn is_running(&self) -> bool {
        self.last_status == "RUNNING"
    }
}
