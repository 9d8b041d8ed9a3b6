//! Which principals of the account can open sessions, for the check of `may_exec` and for `who-can`.

use aws_rules::iam::session_access::{SessionTarget, TargetTask, session_access};
use jiff::Timestamp;
use model::facts::{Cluster, Fact, KmsKey, SessionPrincipal, Task};

use super::account;
use crate::aws::{AwsClients, fact};

/// The principals whose own policies let them open sessions into the target.
pub async fn session_principals(
    aws: &AwsClients,
    target: &SessionTarget,
) -> Fact<Vec<SessionPrincipal>> {
    fact(account(aws).await, &[]).map(|read| {
        let access = session_access(&read.account, target);
        let principals = access.principals.iter();
        principals
            .filter_map(|principal| principal.as_fact())
            .collect()
    })
}

/// What sessions are opened into, as IAM sees it. `key`: what encrypts them.
pub fn session_target(
    region: &str,
    cluster_arn: &str,
    cluster: &Fact<Cluster>,
    key: Fact<KmsKey>,
    tasks: Vec<TargetTask>,
) -> SessionTarget {
    SessionTarget {
        region: region.to_owned(),
        cluster_arn: cluster_arn.to_owned(),
        cluster_tags: cluster.known().map(|cluster| cluster.tags.clone()),
        tasks: match tasks.is_empty() {
            false => tasks,
            true => vec![future_task(cluster_arn)],
        },
        now: Some(Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        key,
    }
}

/// The tasks with their containers; with only one container if one is named.
pub fn target_tasks(tasks: &[&Task], container: Option<&str>) -> Vec<TargetTask> {
    let tasks = tasks.iter().map(|task| {
        let own = task.own_containers().map(|own| own.name.clone());
        let wanted = own.filter(|name| container.is_none_or(|wanted| wanted == name));
        TargetTask {
            arn: task.arn.clone(),
            tags: Some(task.tags.clone()),
            containers: wanted.collect(),
        }
    });
    tasks.collect()
}

/// A task that may start later: its tags and containers are unknown.
fn future_task(cluster_arn: &str) -> TargetTask {
    let tasks = cluster_arn.replacen(":cluster/", ":task/", 1);
    TargetTask {
        arn: format!("{tasks}/{}", "0".repeat(32)),
        tags: None,
        containers: Vec::new(),
    }
}
