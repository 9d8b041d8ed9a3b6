//! How tasks reach the services that the agent calls besides ssmmessages.
//!
//! A [`Call`] traces the path of a class of tasks to a service, up to the `endpoint_policy`, and names each
//! [`obstacle`].

pub mod endpoint_policy;
pub mod obstacle;
mod trace;

pub use trace::{Call, ServiceAccess};

use crate::fact_index::FactIndex;

/// A service that the cluster's exec configuration makes the agent call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::AsRefStr, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum AwsService {
    Kms,
    Logs,
    S3,
}

impl AwsService {
    /// The last part of the names of its endpoints.
    pub fn name(self) -> &'static str {
        self.into()
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

/// The services that the cluster's exec configuration names.
pub fn configured_services(index: &FactIndex) -> Vec<AwsService> {
    let log = index.exec_log();
    let kms = index.key_name().map(|_| AwsService::Kms);
    let logs = log.and_then(|log| log.log_group.as_ref());
    let s3 = log.and_then(|log| log.bucket.as_ref());
    let services = [
        kms,
        logs.map(|_| AwsService::Logs),
        s3.map(|_| AwsService::S3),
    ];
    services.into_iter().flatten().collect()
}
