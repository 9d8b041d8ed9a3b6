//! The services that the agent calls besides ssmmessages, by the last part of their endpoints' names.

use super::service_reach::Service;
use crate::fact_index::FactIndex;

pub fn needed(index: &FactIndex) -> Vec<Service> {
    let log = index.exec_log();
    let services = [
        ("kms", index.key_name().is_some()),
        ("logs", log.is_some_and(|log| log.log_group.is_some())),
        ("s3", log.is_some_and(|log| log.bucket.is_some())),
    ];
    services
        .into_iter()
        .filter(|(_, needed)| *needed)
        .map(|(service, _)| service)
        .collect()
}
