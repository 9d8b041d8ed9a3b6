//! Where facts come from: a live account, a capture, a plan, or this machine alone.
//!
//! [`gather`] (`live`) reads a live account. Its parts start as soon as their inputs are known:
//!
//! ```text
//! sts ─ caller ──────────────┬─ simulations ─ identity
//! ecs ─ cluster ─┬─ kms ─────┤
//!                └─ logs, s3 │
//! workload ─┬─ container_hosts ─┬─ roles (task definitions, roles, their simulations)
//!           └───────────────────┴─ network (ec2, route53)
//! ```
//!
//! | module | content |
//! | --- | --- |
//! | `cloudtrail`, `ssm`, `ecs`, `ec2`, `iam`, `kms`, `logs`, `s3`, `route53`, `sts` | API calls, one file for each AWS service |
//! | `workload`, `container_hosts`, `roles`, `network` | which resources to read, and in which order |
//! | `simulations`, `identity` | questions to the IAM policy simulator; policies that it leaves open |
//! | `account`, `session_access` | every user and role of the account, and which of them can open sessions |
//! | `judged_caller` | the principal of `--as`, in place of the caller |
//! | `missing` | errors for targets that do not exist |
//! | `local`, `without_aws` | this machine: plugin, AWS CLI, network; facts without credentials |
//! | `capture_file`, `plan` | captures, demos, and plans of any tool |
//! | `pages` | paginated calls |

mod account;
pub mod capture_file;
pub mod cloudtrail;
mod container_hosts;
mod ec2;
pub mod ecs;
mod iam;
mod identity;
mod judged_caller;
mod kms;
mod live;
pub mod local;
mod logs;

mod missing;
mod network;
mod pages;
pub mod plan;
mod roles;
mod route53;
mod s3;
mod session_access;
mod simulations;
pub mod ssm;
pub mod sts;
mod without_aws;
mod workload;

use std::collections::BTreeMap;

use futures::future::join_all;
use model::facts::{Cluster, ExecConfiguration, ExecLog, Fact, Reason, Unavailable};

pub use account::{AccountRead, account};
pub use kms::session_key;
pub use live::{Gathered, gather};
pub use missing::{ensure_services_exist, ensure_targets_exist, no_such_cluster, no_such_service};
pub use pages::pages;
pub use session_access::{session_target, target_tasks};
pub use without_aws::without_aws;
pub use workload::{Workload, workload};

/// The response lacks what was asked for. AWS lists what it does not find as missing: what is not in a response at all is
/// unknown.
fn unmentioned(action: &str) -> Unavailable {
    let why = "the response does not mention the requested resource";
    Unavailable::new(action, Reason::Failed, why)
}

/// Reads the resource that a configuration names, if it names one.
async fn named<T>(
    name: Option<&str>,
    read: impl AsyncFn(&str) -> Fact<T>,
) -> BTreeMap<String, Fact<T>> {
    match name {
        Some(name) if !name.is_empty() => BTreeMap::from([(name.to_owned(), read(name).await)]),
        Some(_) | None => BTreeMap::new(),
    }
}

/// Reads resources concurrently.
async fn each<T>(
    keys: impl IntoIterator<Item = String>,
    read: impl AsyncFn(&str) -> T,
) -> BTreeMap<String, T> {
    let reads = keys.into_iter().map(async |key| {
        let value = read(&key).await;
        (key, value)
    });
    join_all(reads).await.into_iter().collect()
}

fn exec_configuration(cluster: &Fact<Cluster>) -> Option<&ExecConfiguration> {
    cluster.known()?.exec_configuration.as_ref()
}

/// Where the exec configuration records sessions, if it does not use the container's log driver.
fn log_override(cluster: &Fact<Cluster>) -> Option<&ExecLog> {
    cluster.known()?.exec_log()
}
