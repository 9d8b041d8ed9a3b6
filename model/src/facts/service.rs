//! ECS services and their deployments.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Fact, Tags, Task};

/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Service {
    pub arn: String,
    pub name: String,
    /// `ACTIVE`, `DRAINING`, `INACTIVE`.
    pub status: String,
    pub desired_count: u32,
    pub running_count: u32,
    pub pending_count: u32,
    /// One task on each container instance that fits; the desired count follows from that.
    pub daemon: bool,
    pub exec_enabled: bool,
    pub launch_type: Option<String>,
    pub platform_version: Option<String>,
    /// The definition that new tasks get. `None` with an external controller.
    pub task_definition: Option<String>,
    pub controller: DeploymentController,
    pub deployments: Vec<Deployment>,
    /// The latest first.
    pub events: Vec<Event>,
    pub awsvpc: Option<AwsVpc>,
    pub tags: Tags,
    /// In a plan: whether tasks that run without ECS Exec stay as they are through apply, though the service has it
    /// on then. `None`: there are no such tasks.
    #[serde(
        alias = "leaves_tasks_without_exec",
        skip_serializing_if = "Option::is_none"
    )]
    pub leaves_tasks_without_exec: Option<Fact<bool>>,
}

/// Who rolls out new tasks; decides how a deployment can be forced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeploymentController {
    #[default]
    Ecs,
    CodeDeploy,
    External,
}

/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Deployment {
    pub id: String,
    /// `PRIMARY`, `ACTIVE`, `INACTIVE`.
    pub status: String,
    pub task_definition: Option<String>,
    pub desired_count: u32,
    pub running_count: u32,
    pub pending_count: u32,
    pub failed_tasks: u32,
    /// `COMPLETED`, `IN_PROGRESS`, `FAILED`.
    pub rollout_state: Option<String>,
    pub rollout_reason: Option<String>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub at: Option<Timestamp>,
    pub message: String,
}

/// The network that a service gives to its tasks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AwsVpc {
    pub subnets: Vec<String>,
    pub security_groups: Vec<String>,
    pub assign_public_ip: bool,
}

impl Service {
    /// ECS still describes a service for a while after it was deleted.
    pub fn is_deleted(&self) -> bool {
        self.status == "INACTIVE"
    }

    /// The deployment that new tasks come from; none where ECS itself does not roll out.
    pub fn primary(&self) -> Option<&Deployment> {
        self.deployments
            .iter()
            .find(|deployment| deployment.status == "PRIMARY")
    }

    /// A deployment that goes on without failures will end this task and start one like it anew.
    pub fn is_replacing(&self, task: &Task) -> bool {
        self.rolling_out().is_some_and(|new| {
            new.failed_tasks == 0 && task.started_by.as_deref() != Some(new.id.as_str())
        })
    }

    /// The deployment that ECS has not yet completed, whether or not it replaces another.
    pub fn in_progress(&self) -> Option<&Deployment> {
        let is_in_progress =
            |primary: &&Deployment| primary.rollout_state.as_deref() == Some("IN_PROGRESS");
        self.primary().filter(is_in_progress)
    }

    /// The deployment that is replacing an older one's tasks right now.
    pub fn rolling_out(&self) -> Option<&Deployment> {
        self.in_progress().filter(|_| self.deployments.len() > 1)
    }
}
