//! ECS clusters, and how they configure ECS Exec.

use serde::{Deserialize, Serialize};

use super::Tags;

/// An ECS cluster.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Cluster.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cluster {
    /// ARN of the cluster.
    pub arn: String,
    /// Name of the cluster.
    pub name: String,
    /// `ACTIVE`, `PROVISIONING`, `DEPROVISIONING`, `FAILED`, `INACTIVE`.
    pub status: String,
    /// `None`: the cluster has no execute-command configuration, which acts like logging `DEFAULT`.
    pub exec_configuration: Option<ExecConfiguration>,
    /// Its tags, which conditions on `aws:ResourceTag` compare.
    pub tags: Tags,
}

/// How a cluster encrypts and records sessions.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ExecuteCommandConfiguration.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExecConfiguration {
    /// A key's ID, ARN or alias: encrypts the session's data channel. `None`: only TLS protects it.
    pub kms_key: Option<String>,
    /// `NONE`, `DEFAULT` (the container's own awslogs configuration) or `OVERRIDE`.
    pub logging: String,
    /// Where sessions are recorded. `None` unless `logging` is `OVERRIDE`.
    pub log: Option<ExecLog>,
}

/// Where sessions are recorded when logging is `OVERRIDE`.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ExecuteCommandLogConfiguration.html>
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExecLog {
    /// Name of the CloudWatch log group. `None`: CloudWatch Logs gets nothing.
    pub log_group: Option<String>,
    /// Whether the agent refuses to write unless a KMS key encrypts the log group.
    pub log_group_encrypted: bool,
    /// Name of the S3 bucket. `None`: S3 gets nothing.
    pub bucket: Option<String>,
    /// Whether the agent refuses to write unless the bucket has a default encryption.
    pub bucket_encrypted: bool,
    /// What the keys of objects begin with. `None`: the root of the bucket.
    pub key_prefix: Option<String>,
}
