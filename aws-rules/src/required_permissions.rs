//! The permissions that a session needs besides ssmmessages, as the cluster's exec configuration demands them. The
//! collector asks IAM about these, and the checks read its answers.

use model::arn::UNKNOWN_ACCOUNT;
use model::distinct::unique;
use model::facts::{Cluster, ContainerLog, ExecLog};

/// A permission that a principal needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequiredPermission {
    /// `service:Operation`.
    pub action: &'static str,
    /// The resource of a real request, for the policy simulator.
    pub resource: String,
    /// The resource pattern of a policy that grants the permission.
    pub policy_resource: String,
}

/// The partition, Region and account of the resources, as ARNs name them.
#[derive(Debug, Clone, Copy)]
pub struct AccountRegion<'a> {
    /// `aws`, `aws-cn`, `aws-us-gov`, ….
    pub partition: &'a str,
    /// Such as `us-west-2`.
    pub region: &'a str,
    /// The 12-digit ID, or what stands for it.
    pub account: &'a str,
}

fn permission(
    action: &'static str,
    resource: impl Into<String>,
    policy_resource: impl Into<String>,
) -> RequiredPermission {
    RequiredPermission {
        action,
        resource: resource.into(),
        policy_resource: policy_resource.into(),
    }
}

/// The agent decrypts the session's data key.
pub fn decrypt_key(key_arn: &str) -> RequiredPermission {
    permission("kms:Decrypt", key_arn, key_arn)
}

/// The client generates a data key with the caller's credentials.
pub fn generate_data_key(key_arn: &str) -> RequiredPermission {
    permission("kms:GenerateDataKey", key_arn, key_arn)
}

/// The client looks for the task before it opens a session.
pub fn describe_tasks(cluster_arn: &str) -> RequiredPermission {
    let tasks = task_arn_pattern(cluster_arn);
    permission("ecs:DescribeTasks", tasks.clone(), tasks)
}

/// The client lists a service's tasks, unless the user names a whole task. AWS authorizes that for every resource, or for
/// the cluster's container instances: messages of denied calls name either.
pub fn list_tasks(cluster_arn: &str) -> [RequiredPermission; 2] {
    let instances = cluster_arn.replacen(":cluster/", ":container-instance/", 1);
    ["*".to_owned(), format!("{instances}/*")]
        .map(|resource| permission("ecs:ListTasks", resource, "*"))
}

/// The ARNs of a cluster's tasks, as a pattern.
pub fn task_arn_pattern(cluster_arn: &str) -> String {
    format!("{}/*", cluster_arn.replacen(":cluster/", ":task/", 1))
}

/// The task role's permissions for sessions into containers with these log configurations.
pub fn for_task_role<'l>(
    location: Option<AccountRegion>,
    cluster: Option<&Cluster>,
    key_arn: Option<&str>,
    logs: impl Iterator<Item = Option<&'l ContainerLog>>,
) -> Vec<RequiredPermission> {
    let mut permissions: Vec<RequiredPermission> = key_arn.map(decrypt_key).into_iter().collect();
    if let (Some(location), Some(cluster)) = (location, cluster) {
        let groups = logs.filter_map(|log| cluster.recording_group(log));
        permissions.extend(groups.flat_map(|group| write_log_group(location, group)));
        let log = cluster.exec_log();
        permissions.extend(
            log.into_iter()
                .flat_map(|log| write_bucket(location.partition, log)),
        );
    }
    unique(permissions)
}

/// The agent writes to a log group, after it has looked at the group.
pub fn write_log_group(location: AccountRegion, group: &str) -> Vec<RequiredPermission> {
    let AccountRegion {
        partition,
        region,
        account,
    } = location;
    let of_account = match account {
        UNKNOWN_ACCOUNT => "*",
        known => known,
    };
    let pattern = format!("arn:{partition}:logs:{region}:{of_account}:log-group:{group}:*");
    let groups = format!("arn:{partition}:logs:{region}:{account}:log-group:");
    let group = format!("{groups}{group}");
    let stream = format!("{group}:log-stream:ecs-execute-command-0");
    // CloudWatch Logs leaves out the name of the group or stream when the request is for all of them.
    vec![
        permission(
            "logs:DescribeLogGroups",
            format!("{groups}:log-stream:"),
            "*",
        ),
        permission("logs:CreateLogStream", stream.clone(), pattern.clone()),
        permission(
            "logs:DescribeLogStreams",
            format!("{group}:log-stream:"),
            pattern.clone(),
        ),
        permission("logs:PutLogEvents", stream, pattern),
    ]
}

/// The agent writes to a bucket. It reads the bucket's encryption only if the cluster demands an encrypted bucket.
pub fn write_bucket(partition: &str, log: &ExecLog) -> Vec<RequiredPermission> {
    let Some(bucket) = &log.bucket else {
        return Vec::new();
    };
    let bucket = format!("arn:{partition}:s3:::{bucket}");
    let prefix = match log
        .key_prefix
        .as_deref()
        .unwrap_or_default()
        .trim_matches('/')
    {
        "" => bucket.clone(),
        prefix => format!("{bucket}/{prefix}"),
    };
    let mut permissions = vec![permission(
        "s3:PutObject",
        format!("{prefix}/ecs-execute-command-0"),
        format!("{prefix}/*"),
    )];
    if log.bucket_encrypted {
        permissions.push(permission(
            "s3:GetEncryptionConfiguration",
            bucket.clone(),
            bucket,
        ));
    }
    permissions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::like;
    use model::facts::ExecConfiguration;

    const LOCATION: AccountRegion = AccountRegion {
        partition: "aws",
        region: "us-west-2",
        account: "123456789012",
    };

    #[test]
    fn granted_resources_match_simulated_resources() {
        let log = ExecLog {
            bucket: Some("audit".into()),
            bucket_encrypted: true,
            key_prefix: Some("exec/".into()),
            ..ExecLog::default()
        };
        let permissions = [
            write_log_group(LOCATION, "/exec"),
            write_bucket("aws", &log),
            vec![decrypt_key("arn:k")],
        ]
        .concat();
        assert_eq!(permissions.len(), 7);
        for permission in &permissions {
            assert!(
                crate::iam::like(&permission.policy_resource, &permission.resource),
                "{permission:?}"
            );
        }
        assert_eq!(permissions[4].policy_resource, "arn:aws:s3:::audit/exec/*");
    }

    #[test]
    fn a_task_role_needs_each_permission_once() {
        let log = ContainerLog {
            driver: "awslogs".into(),
            group: Some("/app".into()),
            ..ContainerLog::default()
        };
        let actions = |cluster: &Cluster| -> Vec<&'static str> {
            let logs = [Some(&log), Some(&log)].into_iter();
            let permissions = for_task_role(Some(LOCATION), Some(cluster), Some("arn:k"), logs);
            permissions
                .iter()
                .map(|permission| permission.action)
                .collect()
        };
        let logs = [
            "kms:Decrypt",
            "logs:DescribeLogGroups",
            "logs:CreateLogStream",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
        ];
        assert_eq!(actions(&Cluster::default()), logs);
        let exec = ExecConfiguration {
            logging: "OVERRIDE".into(),
            log: Some(ExecLog {
                bucket: Some("audit".into()),
                ..ExecLog::default()
            }),
            ..ExecConfiguration::default()
        };
        let cluster = Cluster {
            exec_configuration: Some(exec),
            ..Cluster::default()
        };
        assert_eq!(actions(&cluster), ["kms:Decrypt", "s3:PutObject"]);
    }

    #[test]
    fn without_a_prefix_objects_are_at_the_root_of_the_bucket() {
        let log = ExecLog {
            bucket: Some("audit".into()),
            ..ExecLog::default()
        };
        let permissions = write_bucket("aws", &log);
        assert_eq!(permissions[0].policy_resource, "arn:aws:s3:::audit/*");
    }

    /// Log group patterns of real policies, and the resource that CloudWatch Logs checks in IAM.
    #[test]
    fn common_log_group_patterns_match_real_requests() {
        let permissions = write_log_group(LOCATION, "/ecs/app");
        let lets = |action: &str, pattern: &str| {
            let permission = permissions
                .iter()
                .find(|permission| permission.action == action)
                .unwrap();
            let pattern = format!("arn:aws:logs:us-west-2:123456789012:{pattern}");
            like(&pattern, &permission.resource)
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
