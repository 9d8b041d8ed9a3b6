//! How tasks reach the services that the agent calls besides ssmmessages.
//!
//! [`service_access`] traces the path of a class of tasks to a service, up to the `endpoint_policy`, and names each
//! [`obstacle`].

pub mod endpoint_policy;
pub mod obstacle;
mod trace;

pub use trace::{ServiceAccess, service_access};

use crate::fact_index::FactIndex;

/// A service that the cluster's exec configuration makes the agent call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AwsService {
    Kms,
    Logs,
    S3,
}

impl AwsService {
    /// The last part of the names of its endpoints.
    pub fn name(self) -> &'static str {
        match self {
            AwsService::Kms => "kms",
            AwsService::Logs => "logs",
            AwsService::S3 => "s3",
        }
    }

    /// Whether the agent has to reach the service before a session starts. Otherwise only the recording is lost.
    pub fn is_required_at_start(self, index: &FactIndex) -> bool {
        let log = index.exec_log();
        match self {
            AwsService::Kms => true,
            AwsService::Logs => log.is_some_and(|log| log.log_group_encrypted),
            AwsService::S3 => log.is_some_and(|log| log.bucket_encrypted),
        }
    }
}

impl AsRef<str> for AwsService {
    fn as_ref(&self) -> &str {
        self.name()
    }
}

/// The services that the cluster's exec configuration names.
pub fn configured_services(index: &FactIndex) -> Vec<AwsService> {
    let log = index.exec_log();
    let services = [
        (AwsService::Kms, index.key_name().is_some()),
        (
            AwsService::Logs,
            log.is_some_and(|log| log.log_group.is_some()),
        ),
        (AwsService::S3, log.is_some_and(|log| log.bucket.is_some())),
    ];
    let configured = services
        .into_iter()
        .filter(|(_, is_configured)| *is_configured);
    configured.map(|(service, _)| service).collect()
}
