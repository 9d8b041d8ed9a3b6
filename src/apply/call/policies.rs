//! Existing policies: fixes add to them, and never replace them.

use aws_rules::iam::document as policy_document;
use model::aws_call::InlinePolicy;
use model::step::{KEY_POLICY_NAME, ResourcePolicy, StatementAddition};
use serde_json::Value;

use super::cannot;
use crate::aws::{AwsClients, Failure};

/// A name under which the policy can be put without replacing another. The name that a fix gives contains a hash of the
/// document, but somebody may have changed the policy of that name since. If `get` cannot read a policy, nothing is
/// written.
pub async fn unused_name(
    policy: &InlinePolicy,
    get: impl AsyncFn(&str) -> Result<String, Failure>,
) -> Result<String, Failure> {
    let name = &policy.name;
    // IAM accepts names of up to 128 characters.
    let numbered = (2..10).map(|number| format!("{name:.126}-{number}"));
    for name in std::iter::once(name.clone()).chain(numbered) {
        match get(&name).await {
            Err(failure) if failure.is("NoSuchEntity") => return Ok(name),
            Err(failure) => return Err(failure),
            Ok(document) if parse(&document) == policy.document => return Ok(name),
            Ok(_) => {}
        }
    }
    Err(cannot(
        "iam:PutRolePolicy",
        "other policies have all the names that it could have",
    ))
}

/// The policy as it is now, with the statements that a fix adds. A policy that cannot be read is an error: writing it
/// would replace it.
pub fn merge(action: &str, now: &str, ours: &Value) -> Result<String, Failure> {
    match parse(now) {
        now @ Value::Object(_) => Ok(policy_document::merge(&now, ours).to_string()),
        _ => Err(cannot(action, "AWS returned no policy to add to")),
    }
}

/// A policy as IAM returns it, in percent-encoding, or as other services do; null if it is no JSON.
pub fn parse(policy: &str) -> Value {
    let is_json = |text: &str| serde_json::from_str(text).ok();
    is_json(policy)
        .or_else(|| {
            let decoded = percent_encoding::percent_decode_str(policy);
            is_json(&decoded.decode_utf8_lossy())
        })
        .unwrap_or_default()
}

/// Adds a statement to the policy of a key or an endpoint.
pub async fn add_statement(aws: &AwsClients, addition: &StatementAddition) -> Result<(), Failure> {
    let ours = policy_document::document([addition.statement.clone()]);
    match &addition.policy {
        ResourcePolicy::Key(key) => add_to_key_policy(aws, key, &ours).await,
        ResourcePolicy::Endpoint(id) => add_to_endpoint_policy(aws, id, &ours).await,
    }
}

async fn add_to_key_policy(aws: &AwsClients, key: &str, ours: &Value) -> Result<(), Failure> {
    const ACTION: &str = "kms:PutKeyPolicy";
    let get = aws.kms.get_key_policy().key_id(key);
    let get = get.policy_name(KEY_POLICY_NAME);
    let answer = aws.call("kms:GetKeyPolicy", || get.clone().send()).await?;
    let policy = merge(ACTION, &answer.policy.unwrap_or_default(), ours)?;
    let put = aws.kms.put_key_policy().key_id(key);
    let put = put.policy_name(KEY_POLICY_NAME).policy(policy);
    aws.call(ACTION, || put.clone().send()).await.map(drop)
}

async fn add_to_endpoint_policy(aws: &AwsClients, id: &str, ours: &Value) -> Result<(), Failure> {
    const ACTION: &str = "ec2:ModifyVpcEndpoint";
    let request = || aws.ec2.describe_vpc_endpoints().vpc_endpoint_ids(id).send();
    let answer = aws.call("ec2:DescribeVpcEndpoints", request).await?;
    let endpoint = answer.vpc_endpoints().first();
    let now = endpoint.and_then(|endpoint| endpoint.policy_document());
    let policy = merge(ACTION, now.unwrap_or_default(), ours)?;
    let modify = aws.ec2.modify_vpc_endpoint().vpc_endpoint_id(id);
    let modify = modify.policy_document(policy);
    aws.call(ACTION, || modify.clone().send()).await.map(drop)
}
