//! ECS clusters, and how they configure ECS Exec.

use serde::{Deserialize, Serialize};

use super::{ContainerLog, Tags};

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

impl Cluster {
    /// Whether it takes tasks and sessions.
    pub fn is_active(&self) -> bool {
        self.status == "ACTIVE"
    }

    /// `NONE`, `DEFAULT` or `OVERRIDE`. Without an exec configuration ECS acts as with `DEFAULT`.
    pub fn exec_logging(&self) -> &str {
        let exec = self.exec_configuration.as_ref();
        exec.map_or("DEFAULT", |exec| exec.logging.as_str())
    }

    /// The cluster's own log destinations, which count only if logging is `OVERRIDE`.
    pub fn exec_log(&self) -> Option<&ExecLog> {
        let exec = self.exec_configuration.as_ref()?;
        exec.log.as_ref().filter(|_| exec.logging == "OVERRIDE")
    }

    /// The log group that records sessions into a container with this log configuration: the cluster's own, or the
    /// container's if logging is `DEFAULT`.
    pub fn recording_group<'a>(&'a self, container: Option<&'a ContainerLog>) -> Option<&'a str> {
        match self.exec_logging() {
            "OVERRIDE" => self.exec_log()?.log_group.as_deref(),
            "DEFAULT" => container?.awslogs_group(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logging_mode_decides_which_log_group_records() {
        let own = ExecLog {
            log_group: Some("/exec".into()),
            ..ExecLog::default()
        };
        let group = |logging: Option<&str>, driver: &str| {
            let cluster = Cluster {
                exec_configuration: logging.map(|logging| ExecConfiguration {
                    logging: logging.into(),
                    log: Some(own.clone()),
                    ..ExecConfiguration::default()
                }),
                ..Cluster::default()
            };
            let container = ContainerLog {
                driver: driver.into(),
                group: Some("/app".into()),
                ..ContainerLog::default()
            };
            assert_eq!(cluster.exec_log().is_some(), logging == Some("OVERRIDE"));
            cluster.recording_group(Some(&container)).map(str::to_owned)
        };
        assert_eq!(group(Some("OVERRIDE"), "awslogs").as_deref(), Some("/exec"));
        assert_eq!(group(Some("DEFAULT"), "awslogs").as_deref(), Some("/app"));
        assert_eq!(group(None, "awslogs").as_deref(), Some("/app"));
        assert_eq!(group(Some("NONE"), "awslogs"), None);
        assert_eq!(group(None, "splunk"), None);
    }
}
