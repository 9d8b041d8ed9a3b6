pub(crate) mod crossing;
mod cut_off;
pub(crate) mod detour;
mod endpoint;
pub mod endpoint_available;
pub mod endpoint_policy;
pub mod endpoint_present;
pub mod endpoint_private_dns;
pub mod endpoint_security_group;
pub(crate) mod goal;
mod hosted_zone;
pub mod internet_route;
mod let_through;
pub(crate) mod link;
pub mod logging_endpoints;
pub mod nacl;
pub(crate) mod name_servers;
pub(crate) mod new_endpoint;
pub mod path;
#[cfg(test)]
mod path_by_hop;
#[cfg(test)]
mod path_by_packet;
pub(crate) mod placement;
mod service_reach;
mod services;
pub mod task_egress;
pub mod vpc_dns;

use crate::check::Check;
use crate::finding::{Finding, Subject};
use crate::reachability::Gate;

/// What a finding about a gate says.
struct Words {
    open: String,
    shut: String,
    partly: String,
    cause: &'static str,
}

/// A shut gate is a fact and fails; one that is open in part is only suspected of doing harm.
fn judge_gate(check: &'static Check, subject: Subject, gate: &Gate, words: Words) -> Finding {
    match gate {
        Gate::Open => check.pass(subject, words.open),
        Gate::Shut => check.fail(subject, words.shut).cause(words.cause),
        Gate::Partly => check
            .warn(subject, words.partly)
            .detail("Some addresses or ports get through and some do not, so sessions may fail now and then.")
            .cause(words.cause),
        Gate::Unseen(why) => check.unknown(subject, why),
    }
}
