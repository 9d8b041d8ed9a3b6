//! The list of all checks: a new check is one line here.

use model::check::Check;
use model::finding::Finding;

use crate::fact_index::FactIndex;
use crate::{caller, cluster, container, local, network, policy, role, service, task};

/// A check with its function.
pub struct Registered {
    /// The metadata.
    pub check: &'static Check,
    /// Makes the findings.
    pub run: fn(&FactIndex) -> Vec<Finding>,
}

macro_rules! registered {
    ($($area:ident::$name:ident,)*) => {
        &[$(Registered { check: &$area::$name::CHECK, run: $area::$name::run }),*]
    };
}

/// Every check, in the order in which a session depends on them.
pub const CHECKS: &[Registered] = registered![
    local::region,
    local::credentials,
    local::clock_skew,
    local::aws_cli,
    local::plugin_installed,
    local::plugin_version,
    local::endpoint_reachable,
    cluster::exists,
    cluster::status,
    service::exists,
    service::deployment_stable,
    service::running_tasks,
    task::exists,
    task::running,
    container::exists,
    container::running,
    caller::describe_tasks,
    caller::execute_command,
    caller::execute_command_scope,
    caller::start_session_restricted,
    service::exec_enabled,
    task::exec_enabled,
    task::launch_type,
    task::platform_version,
    task::operating_system,
    task::agent_version,
    task::pid_mode,
    container::read_only_root,
    container::aws_credentials_env,
    container::proxy_env,
    container::restart_policy,
    container::resources,
    container::init_process,
    role::present,
    role::trust,
    role::ssmmessages,
    network::endpoint_present,
    network::endpoint_available,
    network::vpc_dns,
    network::endpoint_private_dns,
    network::task_egress,
    network::nacl,
    network::endpoint_security_group,
    network::endpoint_policy,
    network::internet_route,
    network::path,
    container::agent_running,
    container::live_session,
    cluster::kms_key_usable,
    caller::kms_generate_data_key,
    role::kms_decrypt,
    cluster::log_group,
    cluster::log_bucket,
    cluster::log_encryption,
    network::logging_endpoints,
    role::logs_write,
    role::s3_write,
    container::log_tools,
    cluster::exec_logging,
    container::shell,
    policy::exec_forbidden,
    policy::endpoint_only,
    policy::logging_required,
    policy::may_exec,
];

/// The metadata of every check, in the same order.
pub fn all() -> impl ExactSizeIterator<Item = &'static Check> {
    CHECKS.iter().map(|registered| registered.check)
}

/// The check with this ID.
pub fn find(id: &str) -> Option<&'static Check> {
    all().find(|check| check.id == id)
}

/// The position of a check in the list; unknown IDs come last.
pub fn rank(id: &str) -> usize {
    all()
        .position(|check| check.id == id)
        .unwrap_or(CHECKS.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_has_complete_metadata() {
        for check in all() {
            let id = check.id;
            let area = check.area.name();
            assert!(id.starts_with(&format!("{area}.")), "{id}: not in {area}");
            let texts = [check.title, check.why, check.how, check.remedy];
            assert!(
                texts.iter().all(|text| !text.is_empty()),
                "{id}: lacks a text"
            );
            assert!(!check.docs.is_empty(), "{id}: has no docs");
            assert_eq!(find(id).map(|found| found.id), Some(id), "{id}: twice");
            for symptom in check.symptoms.iter().chain(check.masks) {
                assert!(
                    find(symptom).is_some(),
                    "{id} lists {symptom}, which is not a check"
                );
            }
        }
    }
}
