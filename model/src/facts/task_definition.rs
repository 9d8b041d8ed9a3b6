//! Task definitions, without the values of environment variables.

use serde::{Deserialize, Serialize};

use super::{ProxyEnvironment, Unavailable};

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

fn is_false(flag: &bool) -> bool {
    !flag
}

/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_MountPoint.html>
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mount {
    /// The absolute path inside the container.
    pub path: String,
    pub read_only: bool,
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

impl Mount {
    /// The path of a writable mount lies at or above this folder.
    pub fn makes_writable(&self, folder: &str) -> bool {
        let path = self.path.trim_end_matches('/');
        let below = folder.strip_prefix(path);
        !self.read_only && below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}
