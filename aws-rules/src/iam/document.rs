//! Least-privilege policies for ECS Exec, as IAM documents.

use serde_json::{Value, json};

use crate::required_permissions::{AccountRegion, RequiredPermission, task_arn_pattern};

/// The actions that the task role needs: the agent opens both channels with the role's credentials.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html>
pub const TASK_ROLE_ACTIONS: [&str; 4] = [
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
];

/// The policy of the task role. ssmmessages has no resources, so `*` is the narrowest that IAM accepts.
pub fn task_role() -> Value {
    document([json!({
        "Sid": "EcsExecAgent",
        "Effect": "Allow",
        "Action": TASK_ROLE_ACTIONS,
        "Resource": "*",
    })])
}

/// A policy that grants these permissions, with one statement for each resource.
pub fn allow(permissions: &[RequiredPermission]) -> Value {
    let mut statements: Vec<(&str, Vec<&str>)> = Vec::new();
    for RequiredPermission {
        action,
        policy_resource,
        ..
    } in permissions
    {
        match statements
            .iter_mut()
            .find(|(resource, _)| resource == policy_resource)
        {
            Some((_, actions)) => actions.push(action),
            None => statements.push((policy_resource, vec![action])),
        }
    }
    document(statements.into_iter().map(
        |(resource, actions)| json!({"Effect": "Allow", "Action": actions, "Resource": resource}),
    ))
}

/// The statement that an endpoint's policy needs, limited to the account's principals if the account is known.
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

/// Denies `ssm:StartSession`, which bypasses ECS: no policy can limit such a session to a container, and no log records
/// it.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html>
pub fn deny_start_session(cluster_arn: &str) -> Value {
    document([json!({
        "Sid": "NoSessionsPastEcs",
        "Effect": "Deny",
        "Action": "ssm:StartSession",
        "Resource": task_arn_pattern(cluster_arn),
    })])
}

/// The policy of the caller. `ecs:ExecuteCommand` is authorised on the cluster and on the task: a policy that names only one is refused.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html>
pub fn caller(cluster_arn: &str) -> Value {
    document([json!({
        "Sid": "EcsExec",
        "Effect": "Allow",
        "Action": "ecs:ExecuteCommand",
        "Resource": [cluster_arn, task_arn_pattern(cluster_arn)],
    })])
}

/// The statement for tasks with short ARNs, which do not name the cluster: a condition does.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html>
pub fn exec_on_old_arns(cluster_arn: &str) -> Value {
    let prefix = cluster_arn.split(":cluster/").next().unwrap_or_default();
    json!({
        "Sid": "EcsExecOldArns",
        "Effect": "Allow",
        "Action": "ecs:ExecuteCommand",
        "Resource": format!("{prefix}:task/*"),
        "Condition": {"ArnEquals": {"ecs:cluster": cluster_arn}},
    })
}

/// Adds a statement to a document, unless the document has it already. A taken `Sid` gets a number, because IAM demands
/// unique ones.
pub fn add(document: &mut Value, mut statement: Value) {
    if !document.is_object() {
        *document = self::document([]);
    }
    let mut statements = match document["Statement"].take() {
        Value::Array(statements) => statements,
        single => vec![single],
    };
    statements.retain(Value::is_object);
    if !statements
        .iter()
        .any(|known| equal_without_sid(known, &statement))
    {
        if let Some(sid) = statement["Sid"].as_str() {
            let numbered = (2..).map(|number| format!("{sid}{number}"));
            let free = std::iter::once(sid.to_owned())
                .chain(numbered)
                .find(|sid| !statements.iter().any(|known| known["Sid"] == *sid));
            statement["Sid"] = json!(free);
        }
        statements.push(statement);
    }
    document["Statement"] = Value::Array(statements);
}

/// The policy of a KMS key that its account controls and that CloudWatch Logs uses for one log group.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html>
pub fn key_for_log_group(location: AccountRegion, group: &str) -> Value {
    let AccountRegion {
        partition,
        region,
        account,
    } = location;
    let suffix = match partition {
        "aws-cn" => "amazonaws.com.cn",
        _ => "amazonaws.com",
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

/// The trust policy of a task role: only ECS tasks can assume it.
pub fn task_trust() -> Value {
    document([task_trust_statement()])
}

/// The statement of [`task_trust`].
pub fn task_trust_statement() -> Value {
    json!({
        "Sid": ADDED,
        "Effect": "Allow",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        "Action": "sts:AssumeRole",
    })
}

/// The prefix of the `Sid` of statements that fixes add to existing policies.
pub const ADDED: &str = "EcsExec";

/// Adds to the current document the statements of `ours` that fixes added.
pub fn merge(now: &Value, ours: &Value) -> Value {
    let mut merged = now.clone();
    for statement in ours["Statement"].as_array().into_iter().flatten() {
        let sid = statement["Sid"].as_str();
        if sid.is_some_and(|sid| sid.starts_with(ADDED)) {
            add(&mut merged, statement.clone());
        }
    }
    merged
}

fn equal_without_sid(one: &Value, other: &Value) -> bool {
    let unnamed = |statement: &Value| {
        let mut statement = statement.clone();
        if let Some(fields) = statement.as_object_mut() {
            fields.remove("Sid");
        }
        statement
    };
    unnamed(one) == unnamed(other)
}

/// Identifies a document or statement in names that fixes give: FNV-1a of 32 bits, the same on every machine.
/// <https://datatracker.ietf.org/doc/draft-eastlake-fnv/>
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

/// An IAM document of these statements.
pub fn document(statements: impl IntoIterator<Item = Value>) -> Value {
    let statements: Vec<Value> = statements.into_iter().collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_added_once_with_unique_sids() {
        let mut policy = json!({"Version": "2012-10-17", "Statement": {"Sid": "EcsExec", "Effect": "Deny", "Action": "*", "Resource": "*"}});
        add(&mut policy, task_trust_statement());
        add(&mut policy, task_trust_statement());
        let statements = policy["Statement"].as_array().unwrap();
        assert_eq!(statements.len(), 2);
        assert_eq!(statements[1]["Sid"], "EcsExec2");
        // The policy was edited between the two fixes.
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
    fn a_malformed_document_becomes_one_with_the_statement() {
        let mut policy = json!("nonsense");
        add(&mut policy, task_trust_statement());
        assert_eq!(policy, task_trust());
    }

    #[test]
    fn only_statements_of_fixes_are_merged() {
        let ours = document([
            json!({"Sid": "Theirs", "Effect": "Deny"}),
            task_trust_statement(),
        ]);
        assert_eq!(merge(&document([]), &ours), task_trust());
    }

    #[test]
    fn permissions_on_one_resource_share_a_statement() {
        let permission = |action, resource: &str| RequiredPermission {
            action,
            resource: resource.into(),
            policy_resource: resource.into(),
        };
        let policy = allow(&[
            permission("kms:Decrypt", "arn:k"),
            permission("s3:PutObject", "arn:b"),
            permission("kms:Encrypt", "arn:k"),
        ]);
        assert_eq!(
            policy["Statement"],
            json!([
                {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:Encrypt"], "Resource": "arn:k"},
                {"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": "arn:b"},
            ])
        );
    }

    #[test]
    fn an_endpoint_s_statement_is_for_the_account_if_it_is_known() {
        let statement = endpoint_statement(Some("1"), &["ssmmessages:*"]);
        let condition = json!({"StringEquals": {"aws:PrincipalAccount": "1"}});
        assert_eq!(statement["Condition"], condition);
        let open = endpoint_statement(None, &["ssmmessages:*"]);
        assert_eq!(open.get("Condition"), None);
    }

    #[test]
    fn fingerprints_are_fnv_1a() {
        assert_eq!(fingerprint(&json!({})), 0x5465_b825);
    }

    #[test]
    fn the_caller_policy_names_the_cluster_and_its_tasks() {
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
