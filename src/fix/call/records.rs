//! What encrypts and records sessions: keys, log groups, buckets.

use aws_sdk_s3::types as s3;

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
