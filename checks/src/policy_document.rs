//! The least policies that ECS Exec needs, as IAM documents.

use serde_json::{Value, json};

use crate::needs::{Need, Place};

/// What the task role must be allowed: the agent opens both channels with the role's credentials.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html>
pub const TASK_ROLE_ACTIONS: [&str; 4] = [
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
];

/// ssmmessages knows no resources, so `*` is the narrowest that IAM accepts.
pub fn task_role() -> Value {
    document([json!({
        "Sid": "EcsExecAgent",
        "Effect": "Allow",
        "Action": TASK_ROLE_ACTIONS,
        "Resource": "*",
    })])
}

/// Allows what a principal needs and lacks: one statement for each set of resources.
pub fn allow(needs: &[Need]) -> Value {
    let mut statements: Vec<(&str, Vec<&str>)> = Vec::new();
    for need in needs {
        match statements
            .iter_mut()
            .find(|(resource, _)| *resource == need.policy_resource)
        {
            Some((_, actions)) => actions.push(need.action),
            None => statements.push((&need.policy_resource, vec![need.action])),
        }
    }
    document(statements.into_iter().map(
        |(resource, actions)| json!({"Effect": "Allow", "Action": actions, "Resource": resource}),
    ))
}

/// What an endpoint's policy has to let through; for the account's own principals where it is known.
pub fn endpoint_statement(account: Option<&str>) -> Value {
    let mut statement = json!({
        "Sid": "EcsExec",
        "Effect": "Allow",
        "Principal": "*",
        "Action": TASK_ROLE_ACTIONS,
        "Resource": "*",
    });
    if let Some(account) = account {
        statement["Condition"] = json!({"StringEquals": {"aws:PrincipalAccount": account}});
    }
    statement
}

/// Keeps a principal from opening sessions past ECS, which nothing restricts to a container or records.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html>
pub fn deny_start_session(cluster_arn: &str) -> Value {
    document([json!({
        "Sid": "NoSessionsPastEcs",
        "Effect": "Deny",
        "Action": "ssm:StartSession",
        "Resource": tasks_of(cluster_arn),
    })])
}

/// `ecs:ExecuteCommand` is authorised on the cluster and on the task: a policy that names only one is refused.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html>
pub fn caller(cluster_arn: &str) -> Value {
    document([json!({
        "Sid": "EcsExec",
        "Effect": "Allow",
        "Action": "ecs:ExecuteCommand",
        "Resource": [cluster_arn, tasks_of(cluster_arn)],
    })])
}

/// Adds a statement to a document, whose statements may be a list or a single one.
pub fn add(document: &mut Value, statement: Value) {
    match &mut document["Statement"] {
        Value::Array(statements) => statements.push(statement),
        one => {
            let before = one.take();
            let statements = [before, statement].into_iter().filter(Value::is_object);
            *one = Value::Array(statements.collect());
        }
    }
}

/// A key that its account rules and that CloudWatch Logs uses for one log group.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html>
pub fn key_for_log_group(place: Place, group: &str) -> Value {
    let Place {
        partition,
        region,
        account,
    } = place;
    let suffix = if partition == "aws-cn" {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    let group_arn = format!("arn:{partition}:logs:{region}:{account}:log-group:{group}");
    document([
        json!({
            "Effect": "Allow",
            "Principal": {"AWS": format!("arn:{partition}:iam::{account}:root")},
            "Action": "kms:*",
            "Resource": "*",
        }),
        json!({
            "Effect": "Allow",
            "Principal": {"Service": format!("logs.{region}.{suffix}")},
            "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
            "Resource": "*",
            "Condition": {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": group_arn}},
        }),
    ])
}

/// Who may take on a task role: only tasks.
pub fn task_trust() -> Value {
    document([json!({
        "Effect": "Allow",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        "Action": "sts:AssumeRole",
    })])
}

/// The pattern of the ARNs of a cluster's tasks.
pub fn tasks_of(cluster_arn: &str) -> String {
    format!("{}/*", cluster_arn.replacen(":cluster/", ":task/", 1))
}

pub fn document(statements: impl IntoIterator<Item = Value>) -> Value {
    let statements: Vec<Value> = statements.into_iter().collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caller_is_allowed_on_both_arns() {
        let policy = caller("arn:aws:ecs:us-west-2:123456789012:cluster/prod");
        assert_eq!(
            policy["Statement"][0]["Resource"],
            json!([
                "arn:aws:ecs:us-west-2:123456789012:cluster/prod",
                "arn:aws:ecs:us-west-2:123456789012:task/prod/*"
            ])
        );
    }
}
