//! The least policies that ECS Exec needs, as IAM documents.

use serde_json::{Value, json};

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
    document(json!({
        "Sid": "EcsExecAgent",
        "Effect": "Allow",
        "Action": TASK_ROLE_ACTIONS,
        "Resource": "*",
    }))
}

/// `ecs:ExecuteCommand` is authorised on the cluster and on the task: a policy that names only one is refused.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html>
pub fn caller(cluster_arn: &str) -> Value {
    document(json!({
        "Sid": "EcsExec",
        "Effect": "Allow",
        "Action": "ecs:ExecuteCommand",
        "Resource": [cluster_arn, tasks_of(cluster_arn)],
    }))
}

/// Who may take on a task role: only tasks.
pub fn task_trust() -> Value {
    document(json!({
        "Effect": "Allow",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }))
}

/// The pattern of the ARNs of a cluster's tasks.
pub fn tasks_of(cluster_arn: &str) -> String {
    format!("{}/*", cluster_arn.replacen(":cluster/", ":task/", 1))
}

fn document(statement: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [statement]})
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
