//! Least-privilege policies for whoever opens sessions, runs the doctor or audits sessions, for one cluster.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::registry;
use aws_rules::iam::document::{self as policy_document, document};
use aws_rules::required_permissions::task_arn_pattern;

pub use crate::fixes::terraform::jsonencode;

/// The cluster that a policy is for.
pub struct Cluster<'a> {
    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub partition: &'a str,
    /// `us-west-2`
    pub region: &'a str,
    /// The account ID, of twelve digits.
    pub account: &'a str,
    /// The cluster's name.
    pub name: &'a str,
}

/// Actions of checks that the doctor does not need: everybody is allowed the first, only `--live` uses the second, and
/// only `may_exec` in the configuration the third.
const OPTIONAL_ACTIONS: [&str; 3] = [
    "sts:GetCallerIdentity",
    "ecs:ExecuteCommand",
    "iam:GetAccountAuthorizationDetails",
];

/// The principals of the account, the key of the cluster, and the history of sessions.
const AUDITOR_ACTIONS: [&str; 14] = [
    "cloudtrail:LookupEvents",
    "ecs:DescribeClusters",
    "ecs:DescribeServices",
    "ecs:DescribeTaskDefinition",
    "ecs:DescribeTasks",
    "ecs:ListServices",
    "ecs:ListTasks",
    "iam:GetAccountAuthorizationDetails",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "kms:ListGrants",
    "ssm:DescribeSessions",
];

/// What a session needs: to find the task, to open the session, to resume a lost connection and to end the session.
pub fn caller(cluster: &Cluster) -> Value {
    let mut policy = policy_document::caller(&cluster.arn());
    let others = [
        "ecs:DescribeClusters",
        "ecs:DescribeTasks",
        "ecs:ListTasks",
        "ssm:ResumeSession",
        "ssm:TerminateSession",
    ];
    for statement in statements(cluster, others) {
        policy_document::add(&mut policy, statement);
    }
    policy
}

/// What `ecs-exec doctor` needs: the actions that the checks declare.
pub fn doctor(cluster: &Cluster) -> Value {
    let actions: BTreeSet<&str> = registry::all()
        .flat_map(|check| check.actions)
        .copied()
        .filter(|action| !OPTIONAL_ACTIONS.contains(action))
        .collect();
    document(statements(cluster, actions))
}

/// What `ecs-exec who-can` and `ecs-exec sessions` need.
pub fn auditor(cluster: &Cluster) -> Value {
    document(statements(cluster, AUDITOR_ACTIONS))
}

/// One statement for each set of resources and conditions.
fn statements<'a>(cluster: &Cluster, actions: impl IntoIterator<Item = &'a str>) -> Vec<Value> {
    let mut statements: BTreeMap<String, (Value, Vec<&str>)> = BTreeMap::new();
    for action in actions {
        let scope = scope(cluster, action);
        let statement = statements.entry(scope.to_string());
        let (_, actions) = statement.or_insert((scope, Vec::new()));
        actions.push(action);
    }
    let statements = statements.into_values().map(|(mut statement, actions)| {
        statement["Effect"] = json!("Allow");
        statement["Action"] = json!(actions);
        statement
    });
    statements.collect()
}

/// The resources and conditions that an action can be restricted to.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>
fn scope(cluster: &Cluster, action: &str) -> Value {
    let Cluster {
        partition,
        region,
        account,
        name,
    } = cluster;
    let regional = |service: &str| format!("arn:{partition}:{service}:{region}:{account}");
    let ecs = |kind: &str| format!("{}:{kind}/{name}/*", regional("ecs"));
    let iam = |kind: &str| format!("arn:{partition}:iam::{account}:{kind}/*");
    let resource = match action {
        "ecs:DescribeClusters" => json!(cluster.arn()),
        "ecs:DescribeServices" => json!(ecs("service")),
        "ecs:DescribeTasks" => json!(task_arn_pattern(&cluster.arn())),
        "ecs:DescribeContainerInstances" => json!(ecs("container-instance")),
        "ecs:ListTasks" | "ecs:ListServices" => {
            let condition = json!({"ArnEquals": {"ecs:cluster": cluster.arn()}});
            return json!({"Resource": "*", "Condition": condition});
        }
        "iam:GetRole" => json!(iam("role")),
        "iam:GetInstanceProfile" => json!(iam("instance-profile")),
        "iam:SimulatePrincipalPolicy" => json!([iam("role"), iam("user")]),
        action if action.starts_with("kms:") => json!(format!("{}:key/*", regional("kms"))),
        "logs:DescribeLogGroups" => json!(format!("{}:log-group:*", regional("logs"))),
        // The names of sessions that ECS opens for commands start so.
        "ssm:ResumeSession" | "ssm:TerminateSession" => {
            json!(format!("{}:session/ecs-execute-command-*", regional("ssm")))
        }
        "s3:GetEncryptionConfiguration" => json!(format!("arn:{partition}:s3:::*")),
        _ => json!("*"),
    };
    json!({"Resource": resource})
}

impl Cluster<'_> {
    /// The cluster's ARN.
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
    fn the_doctor_s_policy_allows_reads_only() {
        let policy = doctor(&CLUSTER);
        let text = policy.to_string();
        assert!(!text.contains("GetAccountAuthorizationDetails"));
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
    fn auditors_read_the_account_and_its_history() {
        let text = auditor(&CLUSTER).to_string();
        for action in [
            "iam:GetAccountAuthorizationDetails",
            "cloudtrail:LookupEvents",
            "kms:GetKeyPolicy",
        ] {
            assert!(text.contains(action), "{action}");
        }
        assert!(!text.contains("Terminate"));
    }

    #[test]
    fn actions_are_restricted_to_the_cluster_if_iam_supports_it() {
        let text = caller(&CLUSTER).to_string();
        assert!(text.contains("arn:aws:ecs:us-west-2:123456789012:task/prod/*"));
        assert!(text.contains(
            r#""ArnEquals":{"ecs:cluster":"arn:aws:ecs:us-west-2:123456789012:cluster/prod"}"#
        ));
        assert!(text.contains(
            r#"["ssm:ResumeSession","ssm:TerminateSession"],"Effect":"Allow","Resource":"arn:aws:ssm:us-west-2:123456789012:session/ecs-execute-command-*""#
        ));
        let denied = policy_document::deny_start_session(&CLUSTER.arn());
        assert_eq!(denied["Statement"][0]["Effect"], "Deny");
    }
}
