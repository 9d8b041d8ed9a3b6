//! What encrypts and records sessions: keys, log groups, buckets.

use aws_sdk_s3::types as s3;

use super::{Options, policies, unknown};
use crate::facts::aws::{Aws, Failure};

pub async fn call(aws: &Aws, options: &Options<'_>) -> Result<Option<String>, Failure> {
    match options.call.operation.as_str() {
        "kms enable-key" => {
            aws.call("kms:EnableKey", || {
                aws.kms
                    .enable_key()
                    .set_key_id(options.one("--key-id"))
                    .send()
            })
            .await?;
        }
        "kms cancel-key-deletion" => {
            aws.call("kms:CancelKeyDeletion", || {
                aws.kms
                    .cancel_key_deletion()
                    .set_key_id(options.one("--key-id"))
                    .send()
            })
            .await?;
        }
        "kms put-key-policy" => {
            let key = options.one("--key-id");
            let answer = aws
                .call("kms:GetKeyPolicy", || {
                    aws.kms
                        .get_key_policy()
                        .set_key_id(key.clone())
                        .policy_name("default")
                        .send()
                })
                .await?;
            let ours = options.one("--policy").unwrap_or_default();
            let policy = policies::merged(&answer.policy.unwrap_or_default(), &ours);
            aws.call("kms:PutKeyPolicy", || {
                aws.kms
                    .put_key_policy()
                    .set_key_id(options.one("--key-id"))
                    .set_policy_name(options.one("--policy-name"))
                    .policy(&policy)
                    .send()
            })
            .await?;
        }
        "kms create-key" => {
            let answer = aws
                .call("kms:CreateKey", || {
                    aws.kms
                        .create_key()
                        .set_description(options.one("--description"))
                        .set_policy(options.one("--policy"))
                        .send()
                })
                .await?;
            return Ok(answer.key_metadata.and_then(|key| key.arn));
        }
        "logs create-log-group" => {
            aws.call("logs:CreateLogGroup", || {
                aws.logs
                    .create_log_group()
                    .set_log_group_name(options.one("--log-group-name"))
                    .send()
            })
            .await?;
        }
        "logs associate-kms-key" => {
            aws.call("logs:AssociateKmsKey", || {
                aws.logs
                    .associate_kms_key()
                    .set_log_group_name(options.one("--log-group-name"))
                    .set_kms_key_id(options.one("--kms-key-id"))
                    .send()
            })
            .await?;
        }
        "s3api create-bucket" => {
            let place = options
                .one("--create-bucket-configuration")
                .and_then(|text| {
                    let region = text.strip_prefix("LocationConstraint=")?;
                    let region = s3::BucketLocationConstraint::from(region);
                    Some(
                        s3::CreateBucketConfiguration::builder()
                            .location_constraint(region)
                            .build(),
                    )
                });
            aws.call("s3:CreateBucket", || {
                aws.s3
                    .create_bucket()
                    .set_bucket(options.one("--bucket"))
                    .set_create_bucket_configuration(place.clone())
                    .send()
            })
            .await?;
        }
        "s3api put-bucket-encryption" => {
            let rule = s3::ServerSideEncryptionByDefault::builder()
                .sse_algorithm(s3::ServerSideEncryption::Aes256)
                .build()
                .ok()
                .map(|by_default| {
                    s3::ServerSideEncryptionRule::builder()
                        .apply_server_side_encryption_by_default(by_default)
                        .build()
                });
            let rules = s3::ServerSideEncryptionConfiguration::builder()
                .set_rules(rule.map(|rule| vec![rule]))
                .build()
                .ok();
            aws.call("s3:PutEncryptionConfiguration", || {
                aws.s3
                    .put_bucket_encryption()
                    .set_bucket(options.one("--bucket"))
                    .set_server_side_encryption_configuration(rules.clone())
                    .send()
            })
            .await?;
        }
        other => return Err(unknown(other)),
    }
    Ok(None)
}
