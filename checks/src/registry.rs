use crate::check::Check;
use crate::{caller, cluster, container, local, network, policy, role, service, task};

/// Every check, in the order in which a session meets what they look at.
pub const CHECKS: &[&Check] = &[
    &local::region::CHECK,
    &local::credentials::CHECK,
    &local::clock_skew::CHECK,
    &local::aws_cli::CHECK,
    &local::plugin_installed::CHECK,
    &local::plugin_version::CHECK,
    &local::endpoint_reachable::CHECK,
    &cluster::exists::CHECK,
    &cluster::status::CHECK,
    &service::exists::CHECK,
    &service::deployment_stable::CHECK,
    &service::running_tasks::CHECK,
    &task::exists::CHECK,
    &task::running::CHECK,
    &container::exists::CHECK,
    &container::running::CHECK,
    &caller::describe_tasks::CHECK,
    &caller::execute_command::CHECK,
    &caller::execute_command_scope::CHECK,
    &caller::start_session_restricted::CHECK,
    &service::exec_enabled::CHECK,
    &task::exec_enabled::CHECK,
    &task::launch_type::CHECK,
    &task::platform_version::CHECK,
    &task::operating_system::CHECK,
    &task::agent_version::CHECK,
    &task::pid_mode::CHECK,
    &container::read_only_root::CHECK,
    &container::aws_credentials_env::CHECK,
    &container::proxy_env::CHECK,
    &container::restart_policy::CHECK,
    &container::resources::CHECK,
    &container::init_process::CHECK,
    &role::present::CHECK,
    &role::trust::CHECK,
    &role::ssmmessages::CHECK,
    &network::endpoint_present::CHECK,
    &network::endpoint_available::CHECK,
    &network::vpc_dns::CHECK,
    &network::endpoint_private_dns::CHECK,
    &network::task_egress::CHECK,
    &network::nacl::CHECK,
    &network::endpoint_security_group::CHECK,
    &network::endpoint_policy::CHECK,
    &network::internet_route::CHECK,
    &network::path::CHECK,
    &container::agent_running::CHECK,
    &container::live_session::CHECK,
    &cluster::kms_key_usable::CHECK,
    &caller::kms_generate_data_key::CHECK,
    &role::kms_decrypt::CHECK,
    &cluster::log_group::CHECK,
    &cluster::log_bucket::CHECK,
    &cluster::log_encryption::CHECK,
    &network::logging_endpoints::CHECK,
    &role::logs_write::CHECK,
    &role::s3_write::CHECK,
    &container::log_tools::CHECK,
    &cluster::exec_logging::CHECK,
    &container::shell::CHECK,
    &policy::exec_forbidden::CHECK,
    &policy::endpoint_only::CHECK,
    &policy::logging_required::CHECK,
];

/// The areas, in the order in which reports show them.
pub const AREAS: &[&str] = &[
    "local",
    "caller",
    "cluster",
    "service",
    "task",
    "container",
    "role",
    "network",
    "policy",
];

pub fn find(id: &str) -> Option<&'static Check> {
    CHECKS.iter().copied().find(|check| check.id == id)
}

/// Where a check sits in the session's path.
pub fn rank(id: &str) -> usize {
    CHECKS
        .iter()
        .position(|check| check.id == id)
        .unwrap_or(CHECKS.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_is_complete() {
        for check in CHECKS {
            let id = check.id;
            assert!(AREAS.contains(&check.area()), "{id}: unknown area");
            assert!(
                !check.why.is_empty() && !check.how.is_empty(),
                "{id}: says too little"
            );
            assert!(!check.docs.is_empty(), "{id}: names no page");
            assert_eq!(find(id).map(|found| found.id), Some(id), "{id}: twice");
            assert!(!check.remedy.is_empty(), "{id}: has no remedy");
            for symptom in check.explains.iter().chain(check.masks) {
                assert!(
                    find(symptom).is_some(),
                    "{id} names {symptom}, which is no check"
                );
            }
        }
    }
}
