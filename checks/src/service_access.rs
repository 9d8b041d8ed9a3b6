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
pub enum Service {
    Kms,
    Logs,
    S3,
}

impl Service {
    /// The last part of the names of its endpoints.
    pub fn name(self) -> &'static str {
        match self {
            Service::Kms => "kms",
            Service::Logs => "logs",
            Service::S3 => "s3",
        }
    }

    /// Whether the agent has to reach the service before a session starts. Otherwise only the recording is lost.
    pub fn is_required_at_start(self, index: &FactIndex) -> bool {
        let log = index.exec_log();
        match self {
            Service::Kms => true,
            Service::Logs => log.is_some_and(|log| log.log_group_encrypted),
            Service::S3 => log.is_some_and(|log| log.bucket_encrypted),
        }
    }
}

impl AsRef<str> for Service {
    fn as_ref(&self) -> &str {
        self.name()
    }
}

/// The services that the cluster's exec configuration names.
pub fn configured_services(index: &FactIndex) -> Vec<Service> {
    let log = index.exec_log();
    let services = [
        (Service::Kms, index.key_name().is_some()),
        (
            Service::Logs,
            log.is_some_and(|log| log.log_group.is_some()),
        ),
        (Service::S3, log.is_some_and(|log| log.bucket.is_some())),
    ];
    let configured = services
        .into_iter()
        .filter(|(_, is_configured)| *is_configured);
    configured.map(|(service, _)| service).collect()
}
