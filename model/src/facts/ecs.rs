use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Fact, ProxyEnvironment, Unavailable};
use crate::arn;

/// Tags by key. Values take part in IAM conditions; no report prints them.
pub type Tags = BTreeMap<String, String>;

/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Cluster.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cluster {
    pub arn: String,
    pub name: String,
    /// `ACTIVE`, `PROVISIONING`, `DEPROVISIONING`, `FAILED`, `INACTIVE`.
    pub status: String,
    /// `None`: the cluster has no execute-command configuration, which acts like logging `DEFAULT`.
    pub exec_configuration: Option<ExecConfiguration>,
    pub tags: Tags,
}

/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ExecuteCommandConfiguration.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExecConfiguration {
    /// A key's ID, ARN or alias: encrypts the session's data channel.
    pub kms_key: Option<String>,
    /// `NONE`, `DEFAULT` (the container's own awslogs configuration) or `OVERRIDE`.
    pub logging: String,
    pub log: Option<ExecLog>,
}

/// Where sessions are recorded when logging is `OVERRIDE`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExecLog {
    pub log_group: Option<String>,
    pub log_group_encrypted: bool,
    pub bucket: Option<String>,
    pub bucket_encrypted: bool,
    pub key_prefix: Option<String>,
}

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

/// The ENI of a task in `awsvpc` mode, as the task's attachments describe it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskInterface {
    pub id: Option<String>,
    pub subnet: Option<String>,
    pub private_ip: Option<String>,
}

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

/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskDefinition {
    pub arn: String,
    pub family: String,
    pub revision: u32,
    pub network_mode: Option<String>,
    pub pid_mode: Option<String>,
    pub task_role: Option<String>,
    pub execution_role: Option<String>,
    pub operating_system: Option<String>,
    /// MiB for all containers together, where the definition sets it.
    pub memory_mib: Option<u32>,
    pub containers: Vec<ContainerDefinition>,
    /// Why the containers are not known, where the rest of the definition is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub containers_unread: Option<Unavailable>,
}

/// One container of a task definition, without the values of its environment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContainerDefinition {
    pub name: String,
    pub image: Option<String>,
    pub essential: bool,
    pub read_only_root: bool,
    /// What is mounted into the container: volumes and `tmpfs`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mounts: Vec<Mount>,
    /// ECS restarts the container in place when it ends.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-restart-policy.html>
    #[serde(skip_serializing_if = "is_false")]
    pub restarts: bool,
    /// It routes the logs of the others (FireLens).
    #[serde(skip_serializing_if = "is_false")]
    pub log_router: bool,
    pub init_process: bool,
    pub cpu: Option<u32>,
    pub memory_mib: Option<u32>,
    /// Names only, and only of those variables that have a value that is not empty.
    pub environment: Vec<String>,
    /// Names of the variables that come from Secrets Manager or Parameter Store.
    pub secrets: Vec<String>,
    /// How many environment files are named; what is in them cannot be seen.
    pub environment_files: u32,
    pub proxy: Option<ProxyEnvironment>,
    /// DNS servers that it asks instead of its network's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dns_servers: Vec<String>,
    pub log: Option<ContainerLog>,
}

/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_MountPoint.html>
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mount {
    /// The absolute path inside the container.
    pub path: String,
    pub read_only: bool,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// A container's log driver, with the options that say where its logs are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContainerLog {
    pub driver: String,
    pub group: Option<String>,
    pub region: Option<String>,
    pub stream_prefix: Option<String>,
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

impl ManagedAgent {
    pub fn is_running(&self) -> bool {
        self.last_status == "RUNNING"
    }
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

impl Mount {
    /// The path of a writable mount lies at or above this folder.
    pub fn makes_writable(&self, folder: &str) -> bool {
        let path = self.path.trim_end_matches('/');
        let below = folder.strip_prefix(path);
        !self.read_only && below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl TaskDefinition {
    /// The one container that the task stands and falls with, if there is just one.
    pub fn only_essential(&self) -> Option<&str> {
        let mut essential = self
            .containers
            .iter()
            .filter(|container| container.essential);
        match (essential.next(), essential.next()) {
            (Some(only), None) => Some(&only.name),
            _ => None,
        }
    }

    pub fn container(&self, name: &str) -> Option<&ContainerDefinition> {
        self.containers
            .iter()
            .find(|container| container.name == name)
    }
}
