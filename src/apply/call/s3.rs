//! S3 buckets.

use aws_sdk_s3::types as s3;
use model::aws_call::SSE_S3;

use super::cannot;
use crate::aws::{AwsClients, Failure};

/// Encrypts what is written to a bucket from now on.
pub async fn put_bucket_encryption(aws: &AwsClients, bucket: &str) -> Result<(), Failure> {
    const ACTION: &str = "s3:PutEncryptionConfiguration";
    let by_default = s3::ServerSideEncryptionByDefault::builder()
        .sse_algorithm(s3::ServerSideEncryption::from(SSE_S3))
        .build()
        .map_err(|error| cannot(ACTION, &error.to_string()))?;
    let rule = s3::ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(by_default)
        .build();
    let configuration = s3::ServerSideEncryptionConfiguration::builder()
        .rules(rule)
        .build()
        .map_err(|error| cannot(ACTION, &error.to_string()))?;
    let put = aws.s3.put_bucket_encryption().bucket(bucket);
    let put = put.server_side_encryption_configuration(configuration);
    aws.call(ACTION, || put.clone().send()).await.map(drop)
}
