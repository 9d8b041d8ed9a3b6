//! ECS clusters, and how they configure ECS Exec.

use serde::{Deserialize, Serialize};

use super::Tags;

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
