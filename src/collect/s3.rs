//! Amazon S3: the bucket of the cluster's exec configuration.

use std::collections::BTreeMap;

use model::facts::{Bucket, Cluster, Fact, Reason, Unavailable};

use super::{log_override, named, unmentioned};
use crate::aws::{AwsClients, Failure};

/// The bucket that records sessions, if there is one.
pub async fn buckets(aws: &AwsClients, cluster: &Fact<Cluster>) -> BTreeMap<String, Fact<Bucket>> {
    let name = log_override(cluster).and_then(|log| log.bucket.as_deref());
    named(name, async |name| bucket(aws, name).await).await
}

async fn bucket(aws: &AwsClients, name: &str) -> Fact<Bucket> {
    const ACTION: &str = "s3:GetEncryptionConfiguration";
    let request = || aws.s3.get_bucket_encryption().bucket(name).send();
    let known = |encryption| {
        Fact::Known(Bucket {
            name: name.to_owned(),
            encryption,
        })
    };
    match aws.call(ACTION, request).await {
        Ok(answer) => {
            let configuration = answer.server_side_encryption_configuration();
            let algorithm = configuration
                .and_then(|configuration| configuration.rules().first())
                .and_then(|rule| rule.apply_server_side_encryption_by_default())
                .map(|default| default.sse_algorithm().as_str().to_owned());
            match algorithm {
                Some(algorithm) => known(Fact::Known(algorithm)),
                None => Fact::Unavailable(unmentioned(ACTION)),
            }
        }
        Err(failure) => match failure.code.as_deref() {
            Some("NoSuchBucket") => Fact::Absent,
            Some("ServerSideEncryptionConfigurationNotFoundError") => known(Fact::Absent),
            _ => Fact::Unavailable(why(failure)),
        },
    }
}

/// Only the region of a bucket answers questions about it.
fn why(failure: Failure) -> Unavailable {
    match failure.code.as_deref() {
        Some("PermanentRedirect" | "AuthorizationHeaderMalformed") => Unavailable::new(
            failure.why.action,
            Reason::Failed,
            "the bucket is in another region",
        ),
        _ => failure.why,
    }
}
