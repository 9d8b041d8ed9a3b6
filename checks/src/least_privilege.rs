//! The least policies for each who has a part in ECS Exec, for one cluster.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::registry;
use aws_rules::iam::document::{self as policy_document, document, endpoint_statement};
use aws_rules::required_permissions::task_arn_pattern;

pub use crate::fixes::terraform::jsonencode;

/// Whom a policy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Who opens sessions.
    Caller,
    /// The role that containers get.
    TaskRole,
    /// Who runs `ecs-exec doctor`.
    Doctor,
    /// The ssmmessages endpoint.
    Endpoint,
    /// Keeps callers from opening sessions past ECS.
    DenyStartSession,
}

/// The cluster that a policy is for.
pub struct Cluster<'a> {
    pub partition: &'a str,
    pub region: &'a str,
    pub account: &'a str,
    pub name: &'a str,
}

/// Actions in the checks' metadata that the doctor may do without: everybody may call the first, and the second
/// is only for sessions that `--live` opens.
const NOT_ASKED: [&str; 2] = ["sts:GetCallerIdentity", "ecs:ExecuteCommand"];

pub fn policy(kind: Kind, cluster: &Cluster) -> Value {
    match kind {
        Kind::Caller => caller(cluster),
        Kind::TaskRole => policy_document::task_role(),
        Kind::Doctor => doctor(cluster),
        Kind::Endpoint => document([endpoint_statement(
            Some(cluster.account),
            &policy_document::TASK_ROLE_ACTIONS,
        )]),
        Kind::DenyStartSession => policy_document::deny_start_session(&cluster.arn()),
    }
}

/// What a session takes: the target is looked up, and entered; a connection that breaks is taken up again, and what
/// is broken off is ended.
fn caller(cluster: &Cluster) -> Value {
    let mut policy = policy_document::caller(&cluster.arn());
    let others = [
        "ecs:DescribeClusters",
        "ecs:DescribeTasks",
        "ecs:ListTasks",
        "ssm:ResumeSession",
        "ssm:TerminateSession",
    ];
    for statement in statements(cluster, others.into_iter()) {
        policy_document::add(&mut policy, statement);
    }
    policy
}

/// Everything that the checks say they need, and nothing else.
fn doctor(cluster: &Cluster) -> Value {
    let actions: BTreeSet<&str> = registry::all()
        .flat_map(|check| check.actions)
        .copied()
        .filter(|action| !NOT_ASKED.contains(action))
        .collect();
    document(statements(cluster, actions.into_iter()))
}

/// One statement for each set of resources and conditions.
fn statements<'a>(cluster: &Cluster, actions: impl Iterator<Item = &'a str>) -> Vec<Value> {
    let mut scopes: BTreeMap<String, (Value, Vec<&str>)> = BTreeMap::new();
    for action in actions {
        let scope = scope(cluster, action);
        scopes
            .entry(scope.to_string())
            .or_insert_with(|| (scope, Vec::new()))
            .1
            .push(action);
    }
    scopes
        .into_values()
        .map(|(mut statement, actions)| {
            statement["Effect"] = json!("Allow");
            statement["Action"] = json!(actions);
            statement
        })
        .collect()
}

/// The resources that IAM lets an action be limited to, and the conditions.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>
fn scope(cluster: &Cluster, action: &str) -> Value {
    let Cluster {
        partition,
        region,
        account,
        name,
    } = cluster;
    let ecs = |kind: &str| format!("arn:{partition}:ecs:{region}:{account}:{kind}/{name}");
    let iam = |kind: &str| format!("arn:{partition}:iam::{account}:{kind}/*");
    match action {
        "ecs:DescribeClusters" => json!({"Resource": cluster.arn()}),
        "ecs:DescribeServices" => json!({"Resource": format!("{}/*", ecs("service"))}),
        "ecs:DescribeTasks" => json!({"Resource": task_arn_pattern(&cluster.arn())}),
        "ecs:DescribeContainerInstances" => {
            json!({"Resource": format!("{}/*", ecs("container-instance"))})
        }
        "ecs:ListTasks" | "ecs:ListServices" => {
            json!({"Resource": "*", "Condition": {"ArnEquals": {"ecs:cluster": cluster.arn()}}})
        }
        "iam:GetRole" => json!({"Resource": iam("role")}),
        "iam:GetInstanceProfile" => json!({"Resource": iam("instance-profile")}),
        "iam:SimulatePrincipalPolicy" => json!({"Resource": [iam("role"), iam("user")]}),
        action if action.starts_with("kms:") => {
            json!({"Resource": format!("arn:{partition}:kms:{region}:{account}:key/*")})
        }
        "logs:DescribeLogGroups" => {
            json!({"Resource": format!("arn:{partition}:logs:{region}:{account}:log-group:*")})
        }
        // What ECS opens for a command is named so, and nothing else is.
        "ssm:ResumeSession" | "ssm:TerminateSession" => {
            let sessions = format!("arn:{partition}:ssm:{region}:{account}:session");
            json!({"Resource": format!("{sessions}/ecs-execute-command-*")})
        }
        "s3:GetEncryptionConfiguration" => json!({"Resource": format!("arn:{partition}:s3:::*")}),
        _ => json!({"Resource": "*"}),
    }
}

impl Cluster<'_> {
    pub fn arn(&self) -> String {
        model::facts::cluster_arn(self.partition, self.region, self.account, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLUSTER: Cluster = Cluster {
        partition: "aws",
        region: "us-west-2",
        account: "123456789012",
        name: "prod",
    };

    #[test]
    fn the_doctor_reads_and_nothing_else() {
        let policy = policy(Kind::Doctor, &CLUSTER);
        let text = policy.to_string();
        for action in [
            "ecs:DescribeTasks",
            "iam:SimulatePrincipalPolicy",
            "ec2:DescribeVpcEndpoints",
        ] {
            assert!(text.contains(action), "{action}");
        }
        for statement in policy["Statement"].as_array().unwrap() {
            for action in statement["Action"].as_array().unwrap() {
                let verb = action.as_str().unwrap().split(':').nth(1).unwrap();
                let reads = ["Describe", "Get", "List", "Simulate"];
                assert!(reads.iter().any(|read| verb.starts_with(read)), "{action}");
            }
        }
    }

    #[test]
    fn what_can_be_limited_to_the_cluster_is() {
        let text = policy(Kind::Caller, &CLUSTER).to_string();
        assert!(text.contains("arn:aws:ecs:us-west-2:123456789012:task/prod/*"));
        assert!(text.contains(
            r#""ArnEquals":{"ecs:cluster":"arn:aws:ecs:us-west-2:123456789012:cluster/prod"}"#
        ));
        assert!(text.contains(
            r#"["ssm:ResumeSession","ssm:TerminateSession"],"Effect":"Allow","Resource":"arn:aws:ssm:us-west-2:123456789012:session/ecs-execute-command-*""#
        ));
        let denied = policy(Kind::DenyStartSession, &CLUSTER);
        assert_eq!(denied["Statement"][0]["Effect"], "Deny");
    }
}
