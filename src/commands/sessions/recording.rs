//! Where the output of sessions is recorded.

use aws_rules::iam::session_access::EXECUTE;
use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use model::facts::{Cluster, ContainerLog, Fact, Task, TaskDefinition};
use model::text::sanitize_line;

use super::trail_event::SessionRecord;
use crate::aws::AwsClients;
use crate::collect::ecs;

/// Adds to each session the place of its record, as the cluster's configuration says now.
pub async fn add(
    aws: &AwsClients,
    cluster: &Fact<Cluster>,
    tasks: &BTreeMap<String, Task>,
    sessions: &mut [SessionRecord],
) {
    let Some(cluster) = cluster.known() else {
        return;
    };
    let definitions = match cluster.exec_logging() {
        "DEFAULT" => definitions(aws, tasks, sessions).await,
        _ => BTreeMap::new(),
    };
    for session in sessions {
        let Some(id) = &session.session_id else {
            continue;
        };
        let task = session.task.as_ref().and_then(|id| tasks.get(id));
        let definition = task.and_then(|task| definitions.get(&task.task_definition));
        let container = session.container.as_deref();
        let container = container.and_then(|name| definition?.container(name));
        let log = container.and_then(|container| container.log.as_ref());
        session.record = match session.action == EXECUTE {
            true => place(cluster, log, container.is_some(), id),
            // ECS records only the sessions that it opens.
            false => None,
        };
    }
}

/// `None`: unknown.
fn place(
    cluster: &Cluster,
    container_log: Option<&ContainerLog>,
    is_container_known: bool,
    session: &str,
) -> Option<String> {
    if cluster.exec_logging() == "DEFAULT" && !is_container_known {
        return None;
    }
    let group = cluster.recording_group(container_log);
    let group = group.map(|group| format!("log group {group}, stream {session}"));
    let bucket = cluster.exec_log().and_then(|log| {
        let bucket = log.bucket.as_deref()?;
        let prefix = log
            .key_prefix
            .as_deref()
            .unwrap_or_default()
            .trim_matches('/');
        let slash = if prefix.is_empty() { "" } else { "/" };
        Some(format!("s3://{bucket}/{prefix}{slash}{session}.log"))
    });
    let places: Vec<String> = group.into_iter().chain(bucket).collect();
    Some(match places.is_empty() {
        true => "not recorded".to_owned(),
        false => sanitize_line(&places.join("; ")),
    })
}

/// The task definitions of the sessions' tasks, by ARN.
async fn definitions(
    aws: &AwsClients,
    tasks: &BTreeMap<String, Task>,
    sessions: &[SessionRecord],
) -> BTreeMap<String, TaskDefinition> {
    let ids = sessions.iter().filter_map(|session| session.task.as_ref());
    let tasks = ids.filter_map(|id| tasks.get(id));
    let arns: BTreeSet<&str> = tasks.map(|task| task.task_definition.as_str()).collect();
    let reads = arns.into_iter().map(async |arn| {
        let definition = ecs::task_definition(aws, arn).await;
        Some((arn.to_owned(), definition.known()?.clone()))
    });
    join_all(reads).await.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use model::facts::{ExecConfiguration, ExecLog};

    use super::*;

    #[test]
    fn records_are_where_the_cluster_logs() {
        let with = |logging: &str, log: Option<ExecLog>| Cluster {
            exec_configuration: Some(ExecConfiguration {
                logging: logging.to_owned(),
                log,
                ..ExecConfiguration::default()
            }),
            ..Cluster::default()
        };
        let log = ExecLog {
            log_group: Some("/exec".into()),
            bucket: Some("audit".into()),
            key_prefix: Some("/sessions/".into()),
            ..ExecLog::default()
        };
        let container = ContainerLog {
            driver: "awslogs".into(),
            group: Some("/app".into()),
            ..ContainerLog::default()
        };
        let of = |cluster: &Cluster, log, is_known| {
            place(cluster, log, is_known, "s-1").unwrap_or_default()
        };
        assert_eq!(
            of(&with("OVERRIDE", Some(log)), None, false),
            "log group /exec, stream s-1; s3://audit/sessions/s-1.log"
        );
        assert_eq!(
            of(&with("NONE", None), Some(&container), true),
            "not recorded"
        );
        let default = with("DEFAULT", None);
        assert_eq!(
            of(&default, Some(&container), true),
            "log group /app, stream s-1"
        );
        assert_eq!(of(&default, None, true), "not recorded");
        assert_eq!(of(&default, None, false), "", "the task is gone");
    }
}
