//! ECS tasks, and what they run on.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Container, ManagedAgent, Tags, TaskDefinition};
use crate::arn;

/// A task, as it runs or stopped.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Task {
    /// ARN; an old one does not name the cluster.
    pub arn: String,
    /// `service:NAME` for a service's task, `family:NAME` for a standalone one.
    pub group: Option<String>,
    /// A deployment's ID for a service's task.
    pub started_by: Option<String>,
    /// ARN of the revision that it started from.
    pub task_definition: String,
    /// `PROVISIONING`, `PENDING`, `ACTIVATING`, `RUNNING`, `DEACTIVATING`, `STOPPING`, `DEPROVISIONING`, `STOPPED`.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html>
    pub last_status: String,
    /// `RUNNING` or `STOPPED`: the state that ECS works towards.
    pub desired_status: String,
    /// Fixed when the task starts: a later change of the service does not reach it.
    pub exec_enabled: bool,
    /// `FARGATE`, `EC2`, `EXTERNAL`, …. `None`: a capacity provider placed it, and ECS did not say more.
    pub launch_type: Option<String>,
    /// Name of the capacity provider that placed it. `None`: a launch type did.
    pub capacity_provider: Option<String>,
    /// The Fargate platform version that it runs on, such as `1.4.0`. `None`: not on Fargate.
    pub platform_version: Option<String>,
    /// Operating system of a Fargate task: `Linux`, `Windows Server 2022 Core`, ….
    pub platform_family: Option<String>,
    /// ARN of what it runs on. `None`: Fargate, or it is not placed yet.
    pub container_instance: Option<String>,
    /// `CONNECTED` or `DISCONNECTED`: whether its health and state reach ECS.
    pub connectivity: Option<String>,
    /// When ECS began to place it.
    pub created_at: Option<Timestamp>,
    /// When it became `RUNNING`. `None`: it never has.
    pub started_at: Option<Timestamp>,
    /// When it became `STOPPED`. `None`: it has not.
    pub stopped_at: Option<Timestamp>,
    /// `EssentialContainerExited`, `TaskFailedToStart`, …. `None`: nothing stopped it yet.
    pub stop_code: Option<String>,
    /// Why it stopped, in ECS's words. It may quote secrets.
    pub stopped_reason: Option<String>,
    /// ARN of the task role that it was run with in place of the definition's.
    pub task_role_override: Option<String>,
    /// ARN of the execution role that it was run with in place of the definition's.
    pub execution_role_override: Option<String>,
    /// Whether the task was run with overrides other than roles; their values are not kept.
    pub container_overrides: bool,
    /// Its own interface. `None`: it uses its host's, or has none yet.
    pub interface: Option<TaskInterface>,
    /// Its containers, with those that AWS added.
    pub containers: Vec<Container>,
    /// Its tags, which conditions on `aws:ResourceTag` compare.
    pub tags: Tags,
}

/// The ENI of a task in `awsvpc` mode, as the task's attachments describe it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskInterface {
    /// `eni-…`.
    pub id: Option<String>,
    /// ID of the subnet.
    pub subnet: Option<String>,
    /// Its primary IPv4 address.
    pub private_ip: Option<String>,
}

/// What a task runs on if it is not Fargate.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerInstance.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContainerInstance {
    /// ARN of the container instance.
    pub arn: String,
    /// An EC2 instance's ID, or `mi-…` for a machine elsewhere.
    pub instance: Option<String>,
    /// `ACTIVE`, `DRAINING`, `REGISTERING`, `DEREGISTERING`, `REGISTRATION_FAILED`, `INACTIVE`.
    pub status: String,
    /// Version of the ECS container agent.
    pub agent_version: Option<String>,
    /// Whether its ECS agent is connected to ECS; if not, what ECS knows of its tasks is old.
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

    /// Name of its service. `None`: it is a standalone task.
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

    /// Whether one of its containers, an added one too, has this name.
    pub fn has_container(&self, name: &str) -> bool {
        self.containers
            .iter()
            .any(|container| container.name == name)
    }

    /// It runs: sessions can be opened into no other task.
    pub fn is_running(&self) -> bool {
        self.last_status == "RUNNING"
    }

    /// Whether it has ended for good.
    pub fn is_stopped(&self) -> bool {
        self.last_status == "STOPPED"
    }

    /// Whether it has lost its connection to ECS, so that what ECS says of it may be old.
    pub fn is_disconnected(&self) -> bool {
        self.connectivity.as_deref() == Some("DISCONNECTED")
    }

    /// Whether an agent in it has yet to start.
    pub fn has_pending_agent(&self) -> bool {
        let mut agents = self.own_containers().filter_map(Container::exec_agent);
        agents.any(ManagedAgent::is_pending)
    }

    /// It was started with ECS Exec, and an agent in it is up.
    pub fn has_running_agent(&self) -> bool {
        let mut containers = self.own_containers();
        self.exec_enabled && containers.any(Container::has_running_agent)
    }

    /// It is a Fargate task with Windows; a task on EC2 shows this by its host.
    pub fn is_windows(&self) -> bool {
        const WINDOWS: &str = "windows";
        let family = self.platform_family.as_deref();
        let begin = family.and_then(|family| family.get(..WINDOWS.len()));
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(WINDOWS))
    }

    /// It runs on Fargate, by launch type or by one of Fargate's capacity providers.
    pub fn is_fargate(&self) -> bool {
        self.launch_type.as_deref() == Some("FARGATE")
            || matches!(
                self.capacity_provider.as_deref(),
                Some("FARGATE" | "FARGATE_SPOT")
            )
    }
}
