//! ECS services and their deployments.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Fact, Tags, Task};

/// An ECS service.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Service {
    /// ARN of the service; an old one does not name the cluster.
    pub arn: String,
    /// Name of the service.
    pub name: String,
    /// `ACTIVE`, `DRAINING`, `INACTIVE`.
    pub status: String,
    /// How many tasks it should run.
    pub desired_count: u32,
    /// How many of its tasks are `RUNNING`.
    pub running_count: u32,
    /// How many of its tasks are `PENDING`.
    pub pending_count: u32,
    /// One task on each container instance that fits; the desired count follows from that.
    pub daemon: bool,
    /// Whether new tasks get ECS Exec; running ones keep what they started with.
    pub exec_enabled: bool,
    /// `FARGATE`, `EC2`, `EXTERNAL`. `None`: it uses capacity providers.
    pub launch_type: Option<String>,
    /// Fargate platform version of new tasks, such as `LATEST`. `None`: not on Fargate.
    pub platform_version: Option<String>,
    /// The definition that new tasks get. `None` with an external controller.
    pub task_definition: Option<String>,
    /// Who rolls out new tasks.
    pub controller: DeploymentController,
    /// Its deployments, the primary among them; empty with an external controller.
    pub deployments: Vec<Deployment>,
    /// The latest first.
    pub events: Vec<Event>,
    /// Subnets and groups of its tasks. `None`: the network mode is not `awsvpc`.
    pub awsvpc: Option<AwsVpc>,
    /// Its tags, which conditions on `aws:ResourceTag` compare.
    pub tags: Tags,
    /// In a plan: whether tasks that run without ECS Exec stay as they are through apply, though the service has it
    /// on then. `None`: there are no such tasks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaves_tasks_without_exec: Option<Fact<bool>>,
}

/// Who rolls out new tasks; decides how a deployment can be forced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeploymentController {
    /// ECS itself: rolling updates, and its own blue/green deployments.
    #[default]
    Ecs,
    /// CodeDeploy: `ecs:UpdateService` cannot deploy a new task definition.
    CodeDeploy,
    /// A system of the user's, by task sets.
    External,
}

/// A version of a service that is being rolled out, or runs.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Deployment {
    /// `ecs-svc/…`; its tasks have it as `startedBy`.
    pub id: String,
    /// `PRIMARY`, `ACTIVE`, `INACTIVE`.
    pub status: String,
    /// ARN of the revision that its tasks get.
    pub task_definition: Option<String>,
    /// How many tasks it should run.
    pub desired_count: u32,
    /// How many of its tasks are `RUNNING`.
    pub running_count: u32,
    /// How many of its tasks are `PENDING`.
    pub pending_count: u32,
    /// How many of its tasks in a row did not reach a steady state.
    pub failed_tasks: u32,
    /// `COMPLETED`, `IN_PROGRESS`, `FAILED`. `None`: ECS does not do the rollout.
    pub rollout_state: Option<String>,
    /// Why it is in that state, in ECS's words.
    pub rollout_reason: Option<String>,
    /// When the rollout began.
    pub created_at: Option<Timestamp>,
    /// When its counts or its state last changed.
    pub updated_at: Option<Timestamp>,
}

/// A message that ECS wrote about a service.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceEvent.html>
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When it was written.
    pub at: Option<Timestamp>,
    /// One sentence for people; it names resources.
    pub message: String,
}

/// The network that a service gives to its tasks.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AwsVpcConfiguration.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AwsVpc {
    /// IDs of the subnets that its tasks are placed in.
    pub subnets: Vec<String>,
    /// IDs of the groups of its tasks' interfaces. Empty: the VPC's default group.
    pub security_groups: Vec<String>,
    /// Whether its tasks get public IPv4 addresses.
    pub assign_public_ip: bool,
}

impl Service {
    /// ECS still describes a service for a while after it was deleted.
    pub fn is_deleted(&self) -> bool {
        self.status == "INACTIVE"
    }

    /// Whether it is being deleted: ECS stops its tasks and starts no others.
    pub fn is_draining(&self) -> bool {
        self.status == "DRAINING"
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
        self.primary().filter(|primary| primary.is_in_progress())
    }

    /// The deployment that is replacing an older one's tasks right now.
    pub fn rolling_out(&self) -> Option<&Deployment> {
        self.in_progress().filter(|_| self.deployments.len() > 1)
    }
}

impl Deployment {
    /// Whether ECS is still replacing tasks, or has not yet found the new ones steady.
    pub fn is_in_progress(&self) -> bool {
        self.rollout_state.as_deref() == Some("IN_PROGRESS")
    }

    /// Whether the service has reached a steady state with it.
    pub fn is_completed(&self) -> bool {
        self.rollout_state.as_deref() == Some("COMPLETED")
    }

    /// Whether ECS has given it up.
    pub fn has_failed(&self) -> bool {
        self.rollout_state.as_deref() == Some("FAILED")
    }
}
