//! ECS tasks, and what they run on.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Container, Tags, TaskDefinition};
use crate::arn;

/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Task {
    pub arn: String,
    /// `service:NAME` for a service's task, `family:NAME` for a standalone one.
    pub group: Option<String>,
    /// A deployment's ID for a service's task.
    pub started_by: Option<String>,
    /// Shared by the tasks that were described together.
    pub task_definition: String,
    pub last_status: String,
    pub desired_status: String,
    /// Fixed when the task starts: a later change of the service does not reach it.
    pub exec_enabled: bool,
    pub launch_type: Option<String>,
    pub capacity_provider: Option<String>,
    pub platform_version: Option<String>,
    pub platform_family: Option<String>,
    pub container_instance: Option<String>,
    pub connectivity: Option<String>,
    pub created_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub stopped_at: Option<Timestamp>,
    pub stop_code: Option<String>,
    pub stopped_reason: Option<String>,
    pub task_role_override: Option<String>,
    pub execution_role_override: Option<String>,
    /// Whether the task was run with overrides other than roles; their values are not kept.
    pub container_overrides: bool,
    pub interface: Option<TaskInterface>,
    pub containers: Vec<Container>,
    pub tags: Tags,
}

/// The ENI of a task in `awsvpc` mode, as the task's attachments describe it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskInterface {
    pub id: Option<String>,
    pub subnet: Option<String>,
    pub private_ip: Option<String>,
}

/// What a task runs on where it is not Fargate.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerInstance.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContainerInstance {
    pub arn: String,
    /// An EC2 instance's ID, or `mi-…` for a machine elsewhere.
    pub instance: Option<String>,
    pub status: String,
    /// Version of the ECS container agent.
    pub agent_version: Option<String>,
    pub agent_connected: bool,
    /// By its attribute `ecs.os-type`.
    pub windows: bool,
}

impl Task {
    /// The last part of the ARN, which is the same in the old and the new form.
    pub fn id(&self) -> &str {
        arn::name(&self.arn)
    }

    /// The ARN does not name the cluster.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html#ecs-resource-ids>
    pub fn has_old_arn(&self) -> bool {
        let before = self.arn.strip_suffix(self.id());
        before.is_some_and(|before| before.ends_with(":task/"))
    }

    pub fn service_name(&self) -> Option<&str> {
        self.group.as_deref()?.strip_prefix("service:")
    }

    /// The role that the containers get: the task's own override, else its definition's.
    pub fn role<'r>(&'r self, definition: Option<&'r TaskDefinition>) -> Option<&'r str> {
        let defined = || definition?.task_role.as_deref();
        self.task_role_override.as_deref().or_else(defined)
    }

    /// The role that pulls the image and ships the logs, which is often mistaken for the task's.
    pub fn execution_role<'r>(&'r self, definition: Option<&'r TaskDefinition>) -> Option<&'r str> {
        let defined = || definition?.execution_role.as_deref();
        self.execution_role_override.as_deref().or_else(defined)
    }

    /// Those that a session may be meant for: not what AWS put beside them.
    pub fn own_containers(&self) -> impl Iterator<Item = &Container> {
        let containers = self.containers.iter();
        containers.filter(|container| !container.is_added())
    }

    pub fn has_container(&self, name: &str) -> bool {
        self.containers
            .iter()
            .any(|container| container.name == name)
    }

    pub fn is_running(&self) -> bool {
        self.last_status == "RUNNING"
    }

    /// It was started with ECS Exec, and an agent in it is up.
    pub fn has_running_agent(&self) -> bool {
        let mut containers = self.own_containers();
        self.exec_enabled && containers.any(Container::has_running_agent)
    }

    pub fn is_windows(&self) -> bool {
        const WINDOWS: &str = "windows";
        let family = self.platform_family.as_deref();
        let begin = family.and_then(|family| family.get(..WINDOWS.len()));
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(WINDOWS))
    }

    pub fn is_fargate(&self) -> bool {
        self.launch_type.as_deref() == Some("FARGATE")
            || matches!(
                self.capacity_provider.as_deref(),
                Some("FARGATE" | "FARGATE_SPOT")
            )
    }
}
