//! KMS keys.

use model::aws_call::NewKey;
use model::cli_command::Variable;
use model::step::KEY_POLICY_NAME;

use super::{StepOutputs, policies};
use crate::aws::{AwsClients, Failure};

/// Creates a key, or finds the one that an interrupted run left behind.
pub async fn create_key(
    aws: &AwsClients,
    new: &NewKey,
    outputs: &mut StepOutputs,
) -> Result<(), Failure> {
    let key = match unused_key(aws, new).await {
        Some(key) => Some(key),
        None => {
            let request = aws.kms.create_key().description(&new.description);
            let request = request.policy(new.policy.to_string());
            let answer = aws.call("kms:CreateKey", || request.clone().send());
            answer.await?.key_metadata.and_then(|key| key.arn)
        }
    };
    outputs.unused_key = key.clone();
    outputs.store(Variable::Key, key);
    Ok(())
}

/// ARN of a key with the same description and policy, which an interrupted run left behind. `None` if the caller cannot
/// read the keys.
async fn unused_key(aws: &AwsClients, new: &NewKey) -> Option<String> {
    let listed = aws.call("kms:ListKeys", || aws.kms.list_keys().limit(1000).send());
    for key in listed.await.ok()?.keys.unwrap_or_default() {
        let (id, arn) = (key.key_id?, key.key_arn?);
        let described = aws.call("kms:DescribeKey", || {
            aws.kms.describe_key().key_id(&id).send()
        });
        let metadata = described.await.ok().and_then(|answer| answer.key_metadata);
        let is_same = |key: &aws_sdk_kms::types::KeyMetadata| {
            key.enabled && key.description() == Some(&*new.description)
        };
        if !metadata.as_ref().is_some_and(is_same) {
            continue;
        }
        let answer = aws.call("kms:GetKeyPolicy", || {
            let get = aws.kms.get_key_policy().key_id(&id);
            get.policy_name(KEY_POLICY_NAME).send()
        });
        let found = answer.await.ok().and_then(|answer| answer.policy);
        if found.is_some_and(|found| policies::parse(&found) == new.policy) {
            return Some(arn);
        }
    }
    None
}
