//! What encrypts and records sessions: keys, log groups, buckets.

use aws_sdk_s3::types as s3;
use serde_json::Value;

use super::{Answer, Options, policies, unknown};
use crate::aws::Aws;

pub async fn call(aws: &Aws, options: &Options<'_>) -> Answer {
    match options.call.operation.as_str() {
        "kms enable-key" => enable_key(aws, options).await,
        "kms cancel-key-deletion" => cancel_key_deletion(aws, options).await,
        "kms put-key-policy" => put_key_policy(aws, options).await,
        "kms create-key" => create_key(aws, options).await,
        "logs create-log-group" => create_log_group(aws, options).await,
        "logs associate-kms-key" => associate_kms_key(aws, options).await,
        "s3api create-bucket" => create_bucket(aws, options).await,
        "s3api put-bucket-encryption" => put_bucket_encryption(aws, options).await,
        other => Err(unknown(other)),
    }
}

async fn enable_key(aws: &Aws, options: &Options<'_>) -> Answer {
    aws.call("kms:EnableKey", || {
        aws.kms
            .enable_key()
            .set_key_id(options.one("--key-id"))
            .send()
    })
    .await?;
    Ok(None)
}

async fn cancel_key_deletion(aws: &Aws, options: &Options<'_>) -> Answer {
    aws.call("kms:CancelKeyDeletion", || {
        aws.kms
            .cancel_key_deletion()
            .set_key_id(options.one("--key-id"))
            .send()
    })
    .await?;
    Ok(None)
}

async fn put_key_policy(aws: &Aws, options: &Options<'_>) -> Answer {
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
    let policy = policies::merged(
        "kms:PutKeyPolicy",
        &answer.policy.unwrap_or_default(),
        &ours,
    )?;
    aws.call("kms:PutKeyPolicy", || {
        aws.kms
            .put_key_policy()
            .set_key_id(options.one("--key-id"))
            .set_policy_name(options.one("--policy-name"))
            .policy(&policy)
            .send()
    })
    .await?;
    Ok(None)
}

async fn create_key(aws: &Aws, options: &Options<'_>) -> Answer {
    if let Some(key) = unused_key(aws, options).await {
        return Ok(Some(key));
    }
    let answer = aws
        .call("kms:CreateKey", || {
            aws.kms
                .create_key()
                .set_description(options.one("--description"))
                .set_policy(options.one("--policy"))
                .send()
        })
        .await?;
    Ok(answer.key_metadata.and_then(|key| key.arn))
}

/// A key with the same description and policy: a run that did not get further left it behind. Where the keys cannot be
/// read, none is.
async fn unused_key(aws: &Aws, options: &Options<'_>) -> Option<String> {
    let listed = aws.call("kms:ListKeys", || aws.kms.list_keys().limit(1000).send());
    let ours = options.json("--policy");
    for key in listed.await.ok()?.keys.unwrap_or_default() {
        let (id, arn) = (key.key_id?, key.key_arn?);
        let described = aws.call("kms:DescribeKey", || {
            aws.kms.describe_key().key_id(&id).send()
        });
        let Some(metadata) = described.await.ok().and_then(|answer| answer.key_metadata) else {
            continue;
        };
        if metadata.description != options.one("--description") || !metadata.enabled {
            continue;
        }
        let policy = aws.call("kms:GetKeyPolicy", || {
            let get = aws.kms.get_key_policy().key_id(&id);
            get.policy_name("default").send()
        });
        let policy = policy.await.ok().and_then(|answer| answer.policy);
        let policy = policy.and_then(|policy| serde_json::from_str::<Value>(&policy).ok());
        if policy.is_some_and(|policy| policy == ours) {
            return Some(arn);
        }
    }
    None
}

async fn create_log_group(aws: &Aws, options: &Options<'_>) -> Answer {
    aws.call("logs:CreateLogGroup", || {
        aws.logs
            .create_log_group()
            .set_log_group_name(options.one("--log-group-name"))
            .send()
    })
    .await?;
    Ok(None)
}

async fn associate_kms_key(aws: &Aws, options: &Options<'_>) -> Answer {
    aws.call("logs:AssociateKmsKey", || {
        aws.logs
            .associate_kms_key()
            .set_log_group_name(options.one("--log-group-name"))
            .set_kms_key_id(options.one("--kms-key-id"))
            .send()
    })
    .await?;
    Ok(None)
}

async fn create_bucket(aws: &Aws, options: &Options<'_>) -> Answer {
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
    Ok(None)
}

async fn put_bucket_encryption(aws: &Aws, options: &Options<'_>) -> Answer {
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
    Ok(None)
}
