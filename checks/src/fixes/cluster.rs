//! What the cluster's exec configuration refers to: a KMS key, a log group, a bucket.

use super::{Aws, label, quoted, statement};
use aws_rules::iam::document as policy_document;
use aws_rules::required_permissions::AccountRegion;
use model::facts::{Facts, KmsKey};
use model::fix::{Disposition, Fix};
use model::step::Command;

/// The variable that holds the new key's ARN.
const KEY: &str = "KEY";

/// The key is gone or of the wrong kind: which one to use instead is for its owner to say.
pub fn choose_key(facts: &Facts) -> Fix {
    let name = &facts.cluster_name;
    Fix::new(
        format!("choose-key:{name}"),
        Disposition::Manual,
        format!("Name a symmetric key that exists in the exec configuration of {name}"),
        "ecs update-cluster replaces the whole configuration: repeat what it says of logging. Task roles need \
         kms:Decrypt on the new key, callers kms:GenerateDataKey.",
    )
    .terraform(format!(
        "resource \"aws_ecs_cluster\" \"{}\" {{\n  # …\n  configuration {{\n    execute_command_configuration {{\n      kms_key_id = aws_kms_key.ecs_exec.arn\n    }}\n  }}\n}}",
        label(name)
    ))
}

pub fn enable_key(facts: &Facts, key: &str) -> Fix {
    Fix::new(
        format!("enable-key:{key}"),
        Disposition::Drift,
        "Enable the KMS key",
        "It was disabled by someone, perhaps on purpose. Sessions start again within a few minutes.",
    )
    .command(Aws::new("kms enable-key").option("--key-id", key).region(facts))
    .terraform("resource \"aws_kms_key\" \"ecs_exec\" {\n  # …\n  is_enabled = true\n}")
}

pub fn keep_key(facts: &Facts, key: &str) -> Fix {
    Fix::new(
        format!("keep-key:{key}"),
        Disposition::Drift,
        "Cancel the deletion of the KMS key, and enable it",
        "The deletion was scheduled by someone, perhaps on purpose: what it encrypts is lost with it. A key whose \
         deletion was cancelled stays disabled until it is enabled.",
    )
    .command(Aws::new("kms cancel-key-deletion").option("--key-id", key).region(facts))
    .command(Aws::new("kms enable-key").option("--key-id", key).region(facts))
}

/// Makes the log group; where it has to be encrypted, its key has to be named too.
pub fn make_log_group(facts: &Facts, name: &str, encrypted: bool) -> Fix {
    let make = Aws::new("logs create-log-group")
        .option("--log-group-name", name)
        .region(facts);
    if !encrypted {
        return Fix::new(
            format!("make-log-group:{name}"),
            Disposition::Drift,
            format!("Make the log group {name}"),
            "Records never expire unless a retention is set.",
        )
        .command(make)
        .terraform(group_block(name, ""));
    }
    with_new_key(
        facts,
        format!("make-log-group:{name}"),
        format!("Make the log group {name}, with a KMS key"),
        "Makes a key that CloudWatch Logs may use, and the group. Records never expire unless a retention is set.",
        vec![make],
        name,
    )
}

/// Encrypts the log group by a key of its own.
pub fn encrypt_log_group(facts: &Facts, name: &str) -> Fix {
    with_new_key(
        facts,
        format!("encrypt-log-group:{name}"),
        format!("Encrypt the log group {name} by a KMS key"),
        "Makes a key that CloudWatch Logs may use for this group, and associates it. What was written before stays as it is. \
         Take a key that you have, if its policy lets CloudWatch Logs use it.",
        Vec::new(),
        name,
    )
}

/// One command: the association needs the ID of the key that is made.
fn with_new_key(
    facts: &Facts,
    id: String,
    title: String,
    explain: &str,
    before: Vec<Command>,
    group: &str,
) -> Fix {
    let place = AccountRegion {
        partition: &facts.partition,
        region: &facts.region,
        account: facts.account.as_deref().unwrap_or("ACCOUNT_ID"),
    };
    let policy = policy_document::key_for_log_group(place, group);
    let key = Aws::new("kms create-key")
        .option("--description", &format!("CloudWatch Logs {group}"))
        .option("--policy", &policy.to_string())
        .option("--query", "KeyMetadata.Arn")
        .option("--output", "text")
        .region(facts);
    let associate = Aws::new("logs associate-kms-key")
        .option("--log-group-name", group)
        .variable("--kms-key-id", KEY)
        .region(facts);
    let mut steps = before;
    steps.push(key.into_variable(KEY));
    steps.push(associate);
    let disposition = match &facts.account {
        Some(_) => Disposition::Drift,
        None => Disposition::Manual,
    };
    Fix::new(id, disposition, title, explain)
        .command(Command::all(steps))
        .terraform(group_block(
            group,
            "\n  kms_key_id = aws_kms_key.ecs_exec_logs.arn",
        ))
        .policy(policy)
}

fn group_block(name: &str, key: &str) -> String {
    format!(
        "resource \"aws_cloudwatch_log_group\" \"{}\" {{\n  name = {}{key}\n}}",
        label(name.trim_start_matches('/')),
        quoted(name)
    )
}

pub fn make_bucket(facts: &Facts, name: &str) -> Fix {
    let make = Aws::new("s3api create-bucket").option("--bucket", name);
    let make = match facts.region.as_str() {
        // The one region that may not be named.
        "us-east-1" => make,
        region => make.option(
            "--create-bucket-configuration",
            &format!("LocationConstraint={region}"),
        ),
    };
    Fix::new(
        format!("make-bucket:{name}"),
        Disposition::Drift,
        format!("Make the bucket {name}"),
        "New buckets are encrypted and closed to the public. The name may be taken by another account.",
    )
    .command(make.region(facts))
    .command(encryption(facts, name))
    .terraform(format!(
        "resource \"aws_s3_bucket\" \"{}\" {{\n  bucket = {}\n}}",
        label(name),
        quoted(name)
    ))
}

/// What encrypts the bucket now was chosen by somebody.
pub fn choose_encryption(name: &str, algorithm: &str) -> Fix {
    Fix::new(
        format!("choose-encryption:{name}"),
        Disposition::Manual,
        format!("Encrypt what is put into the bucket {name} by AES256 or aws:kms"),
        format!(
            "The agent knows no other. {algorithm} may be demanded by somebody: have the cluster record elsewhere, or turn \
             s3EncryptionEnabled off, where the bucket has to stay as it is."
        ),
    )
}

pub fn encrypt_bucket(facts: &Facts, name: &str) -> Fix {
    Fix::new(
        format!("encrypt-bucket:{name}"),
        Disposition::Drift,
        format!("Encrypt what is put into the bucket {name}"),
        "Sets the bucket's default encryption to AES256, for new objects. The agent knows aws:kms too.",
    )
    .command(encryption(facts, name))
    .terraform(format!(
        "resource \"aws_s3_bucket_server_side_encryption_configuration\" \"{0}\" {{\n  bucket = {1}\n  rule {{\n    apply_server_side_encryption_by_default {{\n      sse_algorithm = \"AES256\"\n    }}\n  }}\n}}",
        label(name),
        quoted(name)
    ))
}

fn encryption(facts: &Facts, bucket: &str) -> Command {
    let rules = r#"{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}"#;
    Aws::new("s3api put-bucket-encryption")
        .option("--bucket", bucket)
        .option("--server-side-encryption-configuration", rules)
        .region(facts)
}

/// Names a principal in the key's policy, beside what the policy says now.
pub fn key_policy(facts: &Facts, key: &KmsKey, principal: &str, action: &str) -> Fix {
    let statement = statement::named(serde_json::json!({
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": action,
        "Resource": "*",
    }));
    let of_key = |operation: &str| {
        Aws::new(operation)
            .option("--key-id", &key.arn)
            .option("--policy-name", "default")
    };
    let read = of_key("kms get-key-policy")
        .option("--query", "Policy")
        .option("--output", "text");
    Fix::new(
        format!("key-policy:{}:{principal}", key.arn),
        Disposition::Drift,
        format!("Allow {action} in the policy of the KMS key"),
        "Adds a statement to the key's policy as it is then; what it allows today stays. Whoever administers the key has to run this. Needs jq.",
    )
    .command(statement::add(
        facts,
        read,
        of_key("kms put-key-policy"),
        "--policy",
        &statement,
    ))
    .terraform(format!(
        "resource \"aws_kms_key\" \"ecs_exec\" {{\n  # … in the policy, one statement more:\n  # {statement}\n}}"
    ))
    .policy(policy_document::document([statement]))
}

/// A statement of the key's policy says no, and nothing outweighs it.
pub fn lift_key_deny(key: &KmsKey) -> Fix {
    Fix::new(
        format!("lift-key-deny:{}", key.arn),
        Disposition::Manual,
        "Take the Deny away from the KMS key's policy, or except these principals from it",
        "An explicit Deny outweighs every Allow and every grant. `aws kms get-key-policy --policy-name default` shows it.",
    )
}
