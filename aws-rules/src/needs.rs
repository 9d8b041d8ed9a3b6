//! What a session needs besides ssmmessages, as the cluster's exec configuration demands it: which actions, on
//! which resources. The collector asks IAM about these, and the checks read its answers.

use model::facts::{Cluster, ContainerLog, ExecLog};

/// A right that a principal needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    pub action: &'static str,
    /// What the simulator is asked about: a resource as a real request would name it.
    pub resource: String,
    /// The same as a policy would grant it.
    pub policy_resource: String,
}

/// Where the account's resources are.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub partition: &'a str,
    pub region: &'a str,
    pub account: &'a str,
}

fn need(action: &'static str, resource: impl Into<String>, policy: impl Into<String>) -> Need {
    Need {
        action,
        resource: resource.into(),
        policy_resource: policy.into(),
    }
}

/// The agent decrypts the data key that the client got.
pub fn decrypt(key_arn: &str) -> Need {
    need("kms:Decrypt", key_arn, key_arn)
}

/// What sessions into containers with these logs need of the task role besides ssmmessages, each once.
pub fn of_task_role<'l>(
    place: Option<Place>,
    cluster: Option<&Cluster>,
    key_arn: Option<&str>,
    logs: impl Iterator<Item = Option<&'l ContainerLog>>,
) -> Vec<Need> {
    let mut needs: Vec<Need> = key_arn.map(decrypt).into_iter().collect();
    if let (Some(place), Some(cluster)) = (place, cluster) {
        let exec = cluster.exec_configuration.as_ref();
        let logging = exec.map_or("DEFAULT", |exec| exec.logging.as_str());
        let own = exec.and_then(|exec| exec.log.as_ref());
        for log in logs {
            let group = recording_group(logging, own, log);
            needs.extend(group.into_iter().flat_map(|group| self::logs(place, group)));
        }
        if let ("OVERRIDE", Some(own)) = (logging, own) {
            needs.extend(s3(place.partition, own));
        }
    }
    let mut distinct: Vec<Need> = Vec::new();
    for need in needs {
        if !distinct.contains(&need) {
            distinct.push(need);
        }
    }
    distinct
}

/// Whoever opens a session looks for its task first.
pub fn describe_tasks(cluster_arn: &str) -> Need {
    let tasks = crate::policy_document::tasks_of(cluster_arn);
    need("ecs:DescribeTasks", tasks.clone(), tasks)
}

/// The client asks for a data key with the caller's credentials.
pub fn generate_data_key(key_arn: &str) -> Need {
    need("kms:GenerateDataKey", key_arn, key_arn)
}

/// What the agent needs to write to a log group, the look at the group itself first.
pub fn logs(place: Place, group: &str) -> Vec<Need> {
    let Place {
        partition,
        region,
        account,
    } = place;
    let group = format!("arn:{partition}:logs:{region}:{account}:log-group:{group}");
    let pattern = format!("{group}:*");
    let stream = format!("{group}:log-stream:ecs-execute-command-0");
    // CloudWatch Logs asks IAM about streams without a name where all of them are looked at, and about groups
    // without one too.
    let all_streams = format!("{group}:log-stream:");
    vec![
        need(
            "logs:DescribeLogGroups",
            format!("arn:{partition}:logs:{region}:{account}:log-group::log-stream:"),
            "*",
        ),
        need("logs:CreateLogStream", stream.clone(), pattern.clone()),
        need("logs:DescribeLogStreams", all_streams, pattern.clone()),
        need("logs:PutLogEvents", stream, pattern),
    ]
}

/// What the agent needs to write to a bucket; its encryption is looked at only where the cluster demands one.
pub fn s3(partition: &str, log: &ExecLog) -> Vec<Need> {
    let Some(bucket) = &log.bucket else {
        return Vec::new();
    };
    let bucket = format!("arn:{partition}:s3:::{bucket}");
    let prefix = match log
        .key_prefix
        .as_deref()
        .map(|prefix| prefix.trim_matches('/'))
    {
        Some("") | None => bucket.clone(),
        Some(prefix) => format!("{bucket}/{prefix}"),
    };
    let mut needs = vec![need(
        "s3:PutObject",
        format!("{prefix}/ecs-execute-command-0"),
        format!("{prefix}/*"),
    )];
    if log.bucket_encrypted {
        needs.push(need(
            "s3:GetEncryptionConfiguration",
            bucket.clone(),
            bucket,
        ));
    }
    needs
}

/// The log group that records sessions: the cluster's own, or with DEFAULT the container's.
pub fn recording_group<'a>(
    logging: &str,
    log: Option<&'a ExecLog>,
    container: Option<&'a ContainerLog>,
) -> Option<&'a str> {
    match logging {
        "OVERRIDE" => log?.log_group.as_deref(),
        "DEFAULT" => container
            .filter(|log| log.driver == "awslogs")?
            .group
            .as_deref(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::like;

    const PLACE: Place = Place {
        partition: "aws",
        region: "us-west-2",
        account: "123456789012",
    };

    #[test]
    fn what_is_asked_matches_what_is_granted() {
        let log = ExecLog {
            bucket: Some("audit".into()),
            bucket_encrypted: true,
            key_prefix: Some("exec/".into()),
            ..ExecLog::default()
        };
        let needs = [
            logs(PLACE, "/exec"),
            s3("aws", &log),
            vec![decrypt("arn:k")],
        ]
        .concat();
        assert_eq!(needs.len(), 7);
        for need in &needs {
            assert!(
                crate::iam::like(&need.policy_resource, &need.resource),
                "{need:?}"
            );
        }
        assert_eq!(needs[4].policy_resource, "arn:aws:s3:::audit/exec/*");
    }

    #[test]
    fn the_configuration_decides_which_group_records() {
        let own = ExecLog {
            log_group: Some("/exec".into()),
            ..ExecLog::default()
        };
        let container = ContainerLog {
            driver: "awslogs".into(),
            group: Some("/app".into()),
            ..ContainerLog::default()
        };
        assert_eq!(
            recording_group("OVERRIDE", Some(&own), Some(&container)),
            Some("/exec")
        );
        assert_eq!(
            recording_group("DEFAULT", Some(&own), Some(&container)),
            Some("/app")
        );
        assert_eq!(recording_group("NONE", Some(&own), Some(&container)), None);
        let other = ContainerLog {
            driver: "splunk".into(),
            ..container
        };
        assert_eq!(recording_group("DEFAULT", None, Some(&other)), None);
    }

    /// What policies in use name, and what CloudWatch Logs asks IAM about.
    #[test]
    fn policies_that_name_log_groups_and_streams() {
        let place = Place {
            partition: "aws",
            region: "us-west-2",
            account: "123456789012",
        };
        let needs = logs(place, "/ecs/app");
        let lets = |action: &str, pattern: &str| {
            let need = needs.iter().find(|need| need.action == action).unwrap();
            let pattern = format!("arn:aws:logs:us-west-2:123456789012:{pattern}");
            like(&pattern, &need.resource)
        };
        for (pattern, groups, streams, put) in [
            ("log-group:*", true, true, true),
            ("log-group:*:log-stream:*", true, true, true),
            ("log-group:/ecs/app:*", false, true, true),
            (
                "log-group:/ecs/app:log-stream:ecs-execute-command*",
                false,
                false,
                true,
            ),
            ("log-group:/ecs/app", false, false, false),
        ] {
            assert_eq!(
                lets("logs:DescribeLogGroups", pattern),
                groups,
                "groups: {pattern}"
            );
            assert_eq!(
                lets("logs:DescribeLogStreams", pattern),
                streams,
                "streams: {pattern}"
            );
            assert_eq!(lets("logs:PutLogEvents", pattern), put, "events: {pattern}");
        }
    }
}
