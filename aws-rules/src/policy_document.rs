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
pub fn endpoint_statement(account: Option<&str>, actions: &[&str]) -> Value {
    let mut statement = json!({
        "Sid": "EcsExec",
        "Effect": "Allow",
        "Principal": "*",
        "Action": actions,
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

/// The same for tasks with ARNs of the old form, which do not name their cluster: that is a condition.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html>
pub fn exec_on_old_arns(cluster_arn: &str) -> Value {
    let (before, _) = cluster_arn
        .split_once(":cluster/")
        .unwrap_or((cluster_arn, ""));
    json!({
        "Sid": "EcsExecOldArns",
        "Effect": "Allow",
        "Action": "ecs:ExecuteCommand",
        "Resource": format!("{before}:task/*"),
        "Condition": {"ArnEquals": {"ecs:cluster": cluster_arn}},
    })
}

/// Adds a statement to a document, whose statements may be a list or a single one. One that is there already is not
/// added again, and its name becomes one that no other statement has, as IAM demands.
pub fn add(document: &mut Value, mut statement: Value) {
    if !document.is_object() {
        *document = self::document([]);
    }
    let before = match document["Statement"].take() {
        Value::Array(statements) => statements,
        one => vec![one],
    };
    let mut statements: Vec<Value> = before.into_iter().filter(Value::is_object).collect();
    if !statements.iter().any(|known| same(known, &statement)) {
        if let Some(sid) = statement["Sid"].as_str().map(str::to_owned) {
            let is_taken = |sid: &str| statements.iter().any(|known| known["Sid"] == sid);
            let numbered = (2..).map(|number| format!("{sid}{number}"));
            let free = std::iter::once(sid.clone())
                .chain(numbered)
                .find(|sid| !is_taken(sid));
            statement["Sid"] = json!(free);
        }
        statements.push(statement);
    }
    document["Statement"] = Value::Array(statements);
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
    document([task_trust_statement()])
}

pub fn task_trust_statement() -> Value {
    json!({
        "Sid": ADDED,
        "Effect": "Allow",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        "Action": "sts:AssumeRole",
    })
}

/// What the statements are called that fixes add to policies which are there already.
pub const ADDED: &str = "EcsExec";

/// Adds the statements of `ours` that fixes have put there to the document as it is now.
pub fn merge(now: &Value, ours: &Value) -> Value {
    let mut merged = now.clone();
    let added = ours["Statement"].as_array().into_iter().flatten();
    for statement in added.filter(|statement| is_added(statement)) {
        add(&mut merged, statement.clone());
    }
    merged
}

fn is_added(statement: &Value) -> bool {
    statement["Sid"]
        .as_str()
        .is_some_and(|sid| sid.starts_with(ADDED))
}

/// The same but for its name.
fn same(one: &Value, other: &Value) -> bool {
    let unnamed = |statement: &Value| {
        let mut statement = statement.clone();
        if let Some(fields) = statement.as_object_mut() {
            fields.remove("Sid");
        }
        statement
    };
    unnamed(one) == unnamed(other)
}

/// What tells one document or statement from another.
/// FNV-1a, 32 bits: the same on every machine. <https://datatracker.ietf.org/doc/draft-eastlake-fnv/>
pub fn fingerprint(document: &Value) -> u32 {
    let text = document.to_string();
    text.bytes().fold(0x811c_9dc5, |hash: u32, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// Names a statement by its content, so that a policy gets the same statement once.
pub fn with_sid(mut statement: Value) -> Value {
    let hash = fingerprint(&statement);
    statement["Sid"] = format!("{ADDED}{hash:08x}").into();
    statement
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
    fn statements_are_added_once_under_a_name_of_their_own() {
        let mut policy = json!({"Version": "2012-10-17", "Statement": {"Sid": "EcsExec", "Effect": "Deny", "Action": "*", "Resource": "*"}});
        add(&mut policy, task_trust_statement());
        add(&mut policy, task_trust_statement());
        let statements = policy["Statement"].as_array().unwrap();
        assert_eq!(statements.len(), 2);
        assert_eq!(statements[1]["Sid"], "EcsExec2");
        // Meanwhile somebody else took the first away and added another.
        let now =
            json!({"Version": "2012-10-17", "Statement": [{"Sid": "Theirs", "Effect": "Allow"}]});
        let merged = merge(&now, &policy);
        let sids: Vec<&str> = merged["Statement"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|s| s["Sid"].as_str())
            .collect();
        assert_eq!(sids, ["Theirs", "EcsExec", "EcsExec2"]);
    }

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
