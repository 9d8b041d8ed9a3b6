//! What the cluster's exec configuration refers to: a KMS key, a log group, a bucket.

use serde_json::json;

use super::terraform::{self, label, quoted};
use super::{add_statement, arn_in_words, chain};
use aws_rules::iam::document as policy_document;
use aws_rules::required_permissions::AccountRegion;
use model::aws_call::{AwsCall, NewKey, SSE_S3};
use model::cli_command::{Ref, Variable};
use model::facts::{Facts, KmsKey};
use model::fix::{Disposition, Fix};
use model::step::ResourcePolicy;

const KEY_LABEL: &str = "ecs_exec";

/// The key does not exist or has the wrong type. Its owner decides which one to use instead.
pub fn choose_key(facts: &Facts) -> Fix {
    let name = &facts.cluster_name;
    Fix::new(
        format!("choose-key:{name}"),
        Disposition::Manual,
        format!("Set an existing symmetric key in the exec configuration of {name}"),
        "ecs update-cluster replaces the whole configuration: repeat its logging settings. Task roles need \
         kms:Decrypt on the new key, callers kms:GenerateDataKey.",
    )
    .terraform(terraform::change(
        "aws_ecs_cluster",
        name,
        "configuration {\n  execute_command_configuration {\n    kms_key_id = aws_kms_key.ecs_exec.arn\n  }\n}",
    ))
}

/// Enables a disabled key.
pub fn enable_key(facts: &Facts, key: &str) -> Fix {
    Fix::new(
        format!("enable-key:{key}"),
        Disposition::Drift,
        "Enable the KMS key",
        "Someone disabled it, perhaps on purpose. Sessions start again within a few minutes.",
    )
    .call(enable(key), &facts.region)
    .terraform(terraform::change(
        "aws_kms_key",
        KEY_LABEL,
        "is_enabled = true",
    ))
}

fn enable(key: &str) -> AwsCall {
    AwsCall::EnableKey(key.to_owned())
}

/// Keeps a key that is pending deletion, and enables it.
pub fn cancel_key_deletion(facts: &Facts, key: &str) -> Fix {
    let cancel = AwsCall::CancelKeyDeletion(key.to_owned());
    Fix::new(
        format!("keep-key:{key}"),
        Disposition::Drift,
        "Cancel the deletion of the KMS key, and enable it",
        "Someone scheduled the deletion, perhaps on purpose: everything encrypted with the key is lost with it. \
         After the deletion is cancelled, the key stays disabled until it is enabled.",
    )
    .calls([cancel, enable(key)], &facts.region)
}

/// Creates the log group, with a key if the group has to be encrypted.
pub fn create_log_group(facts: &Facts, name: &str, encrypted: bool) -> Fix {
    let create = AwsCall::CreateLogGroup(name.to_owned());
    let (with_key, key) = match encrypted {
        true => (
            ", with a KMS key",
            "Creates a key that CloudWatch Logs can use, and the group. ",
        ),
        false => ("", ""),
    };
    let fix = Fix::new(
        format!("make-log-group:{name}"),
        Disposition::Drift,
        format!("Create the log group {name}{with_key}"),
        format!("{key}Log events never expire unless a retention is set."),
    );
    match encrypted {
        true => with_new_key(facts, fix, vec![create], name),
        false => fix
            .call(create, &facts.region)
            .terraform(group_block(name, None)),
    }
}

/// Encrypts the log group with a new key.
pub fn encrypt_log_group(facts: &Facts, name: &str) -> Fix {
    let fix = Fix::new(
        format!("encrypt-log-group:{name}"),
        Disposition::Drift,
        format!("Encrypt the log group {name} with a KMS key"),
        "Creates a key that CloudWatch Logs can use for this group, and associates it. Existing log events stay as they are. \
         You can use an existing key instead, if its policy allows CloudWatch Logs to use it.",
    );
    with_new_key(facts, fix, Vec::new(), name)
}

/// Adds the creation of a key to a fix, and the key's association with the group: one command, because the association
/// needs the new key's ARN.
fn with_new_key(facts: &Facts, mut fix: Fix, mut calls: Vec<AwsCall>, group: &str) -> Fix {
    let place = AccountRegion {
        partition: &facts.partition,
        region: &facts.region,
        account: facts.account.as_deref().unwrap_or("ACCOUNT_ID"),
    };
    let policy = policy_document::key_for_log_group(place, group);
    calls.push(AwsCall::CreateKey(NewKey {
        description: format!("CloudWatch Logs {group}"),
        policy: policy.clone(),
    }));
    calls.push(AwsCall::AssociateKmsKey {
        log_group: group.to_owned(),
        key: Ref::Output(Variable::Key),
    });
    if facts.account.is_none() {
        fix.disposition = Disposition::Manual;
    }
    let key = "aws_kms_key.ecs_exec_logs.arn".to_owned();
    fix.command(chain(facts, calls))
        .terraform(group_block(group, Some(key)))
        .policy(policy)
}

/// `key`: a Terraform expression for its ARN.
fn group_block(name: &str, key: Option<String>) -> String {
    let mut arguments = vec![("name", quoted(name))];
    arguments.extend(key.map(|key| ("kms_key_id", key)));
    terraform::resource(
        "aws_cloudwatch_log_group",
        name.trim_start_matches('/'),
        &arguments,
    )
}

/// Creates the bucket, encrypted with AES256.
pub fn create_bucket(facts: &Facts, name: &str) -> Fix {
    let create = AwsCall::CreateBucket {
        bucket: name.to_owned(),
        location: Some(facts.region.clone()).filter(|region| region != "us-east-1"),
    };
    Fix::new(
        format!("make-bucket:{name}"),
        Disposition::Drift,
        format!("Create the bucket {name}"),
        "New buckets are encrypted and not public. Another account may own the name already.",
    )
    .calls([create, encryption(name)], &facts.region)
    .terraform(terraform::resource(
        "aws_s3_bucket",
        name,
        &[("bucket", quoted(name))],
    ))
}

/// Someone chose the bucket's encryption, which the agent does not support.
pub fn choose_encryption(name: &str, algorithm: &str) -> Fix {
    Fix::new(
        format!("choose-encryption:{name}"),
        Disposition::Manual,
        format!("Encrypt objects in the bucket {name} with AES256 or aws:kms"),
        format!(
            "The agent supports no other algorithm. If the bucket has to keep {algorithm}, use another bucket for \
             sessions, or turn s3EncryptionEnabled off."
        ),
    )
}

/// Sets the default encryption of a bucket that has none.
pub fn encrypt_bucket(facts: &Facts, name: &str) -> Fix {
    Fix::new(
        format!("encrypt-bucket:{name}"),
        Disposition::Drift,
        format!("Encrypt objects in the bucket {name}"),
        format!("Sets the bucket's default encryption to {SSE_S3}, for new objects. The agent also supports aws:kms."),
    )
    .call(encryption(name), &facts.region)
    .terraform(format!(
        "resource \"aws_s3_bucket_server_side_encryption_configuration\" \"{0}\" {{\n  bucket = {1}\n  rule {{\n    apply_server_side_encryption_by_default {{\n      sse_algorithm = \"{SSE_S3}\"\n    }}\n  }}\n}}",
        label(name),
        quoted(name)
    ))
}

fn encryption(bucket: &str) -> AwsCall {
    AwsCall::PutBucketEncryption(bucket.to_owned())
}

/// Allows a principal an action in the key's policy, besides what the policy allows.
pub fn key_policy(facts: &Facts, key: &KmsKey, principal: &str, action: &str) -> Fix {
    let statement = policy_document::with_sid(json!({
        "Effect": "Allow",
        "Principal": {"AWS": arn_in_words(principal)},
        "Action": action,
        "Resource": "*",
    }));
    let fix = Fix::new(
        format!("key-policy:{}:{principal}", key.arn),
        Disposition::Drift,
        format!("Allow {action} in the policy of the KMS key"),
        "Adds a statement to the key's current policy; existing statements do not change. An administrator of the key has to run this. Needs jq.",
    );
    let policy = ResourcePolicy::Key(key.arn.clone());
    add_statement(fix, facts, policy, ("aws_kms_key", KEY_LABEL), statement)
}

/// A statement of the key's policy denies it, and nothing overrides that.
pub fn remove_key_deny(key: &KmsKey) -> Fix {
    Fix::new(
        format!("lift-key-deny:{}", key.arn),
        Disposition::Manual,
        "Remove the Deny from the KMS key's policy, or exclude these principals from it",
        "An explicit Deny overrides every Allow and every grant. `aws kms get-key-policy --policy-name default` shows it.",
    )
}
