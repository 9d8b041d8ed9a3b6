//! Task definitions, without the values of environment variables.

use serde::{Deserialize, Serialize};

use super::{ProxyEnvironment, Unavailable};

/// One revision of a task definition.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskDefinition {
    /// ARN of the revision: `…:task-definition/FAMILY:REVISION`.
    pub arn: String,
    /// Name that all its revisions share.
    pub family: String,
    /// Number of the revision, from 1.
    pub revision: u32,
    /// `awsvpc`, `bridge`, `host`, `none`. `None`: the platform's default, `bridge` on Linux.
    pub network_mode: Option<String>,
    /// `task` or `host`: whose process namespace the containers share. `None`: each has its own.
    pub pid_mode: Option<String>,
    /// ARN of the role whose credentials the containers get. `None`: they get none.
    pub task_role: Option<String>,
    /// ARN of the role with which ECS pulls images and ships logs.
    pub execution_role: Option<String>,
    /// `LINUX`, `WINDOWS_SERVER_2022_CORE`, …. `None`: the host decides.
    pub operating_system: Option<String>,
    /// MiB for all containers together, where the definition sets it.
    pub memory_mib: Option<u32>,
    /// The containers, in the order of the definition.
    pub containers: Vec<ContainerDefinition>,
    /// Why the containers are not known, where the rest of the definition is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub containers_unread: Option<Unavailable>,
}

/// One container of a task definition, without the values of its environment.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContainerDefinition {
    /// Name of the container, unique in the definition.
    pub name: String,
    /// The image, by name and tag or by digest.
    pub image: Option<String>,
    /// Whether the task stops when this container does.
    pub essential: bool,
    /// Whether its root file system is read-only; the exec agent has to write.
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
    /// Whether an init process runs in it, which reaps the processes that sessions leave behind.
    pub init_process: bool,
    /// CPU units that it reserves, 1024 to a vCPU. `None`: it reserves none.
    pub cpu: Option<u32>,
    /// MiB of its hard limit, else of its reservation. `None`: it has neither.
    pub memory_mib: Option<u32>,
    /// Names only, and only of those variables that have a value that is not empty.
    pub environment: Vec<String>,
    /// Names of the variables that come from Secrets Manager or Parameter Store.
    pub secrets: Vec<String>,
    /// How many environment files are named; what is in them cannot be seen.
    pub environment_files: u32,
    /// What its proxy variables mean for the exec agent. `None`: it has none.
    pub proxy: Option<ProxyEnvironment>,
    /// DNS servers that it asks instead of its network's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dns_servers: Vec<String>,
    /// Its log configuration. `None`: the runtime's default.
    pub log: Option<ContainerLog>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// A path of a container at which a volume or `tmpfs` is mounted.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_MountPoint.html>
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mount {
    /// The absolute path inside the container.
    pub path: String,
    /// Whether the container cannot write to it.
    pub read_only: bool,
}

/// A container's log driver, with the options that say where its logs are.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LogConfiguration.html>
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContainerLog {
    /// `awslogs`, `awsfirelens`, `splunk`, ….
    pub driver: String,
    /// Option `awslogs-group`: name of the log group.
    pub group: Option<String>,
    /// Option `awslogs-region`: Region of the log group.
    pub region: Option<String>,
    /// Option `awslogs-stream-prefix`: streams are `PREFIX/CONTAINER/TASK`.
    pub stream_prefix: Option<String>,
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

    /// Whether it is for Windows, so that its containers have no `/bin/sh`.
    pub fn is_windows(&self) -> bool {
        let family = self.operating_system.as_deref();
        family.is_some_and(|family| family.starts_with("WINDOWS"))
    }

    /// Whether its containers share one process namespace.
    pub fn shares_pid_namespace(&self) -> bool {
        self.pid_mode.as_deref() == Some("task")
    }

    /// Whether its containers have no network.
    pub fn has_no_network(&self) -> bool {
        self.network_mode.as_deref() == Some("none")
    }

    /// The container of this name. `None`: the definition has none.
    pub fn container(&self, name: &str) -> Option<&ContainerDefinition> {
        self.containers
            .iter()
            .find(|container| container.name == name)
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

impl ContainerLog {
    /// Whether it writes to CloudWatch Logs, where sessions are recorded too if logging is `DEFAULT`.
    pub fn is_awslogs(&self) -> bool {
        self.driver == "awslogs"
    }

    /// The log group that it writes to. `None`: it does not write to CloudWatch Logs.
    pub fn awslogs_group(&self) -> Option<&str> {
        self.group.as_deref().filter(|_| self.is_awslogs())
    }
}
