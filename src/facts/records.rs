//! What the cluster's exec configuration refers to: the KMS key, the log group, the bucket.

use std::collections::BTreeMap;

use futures::future::join;
use model::facts::*;
use serde_json::Value;

use super::ecs::unmentioned;
use crate::aws::{Aws, Failure, fact};

/// The cluster's KMS key, under the name that the configuration uses.
pub async fn kms_keys(aws: &Aws, cluster: &Fact<Cluster>) -> BTreeMap<String, Fact<KmsKey>> {
    let name = exec(cluster).and_then(|exec| exec.kms_key.clone());
    match name.filter(|name| !name.is_empty()) {
        Some(name) => BTreeMap::from([(name.clone(), kms_key(aws, &name).await)]),
        None => BTreeMap::new(),
    }
}

async fn kms_key(aws: &Aws, name: &str) -> Fact<KmsKey> {
    let answer = aws
        .call("kms:DescribeKey", || {
            aws.kms.describe_key().key_id(name).send()
        })
        .await;
    let metadata = match fact(answer, &["NotFoundException"]) {
        Fact::Known(answer) => answer.key_metadata,
        Fact::Absent => return Fact::Absent,
        Fact::Unavailable(why) => return Fact::Unavailable(why),
    };
    let Some(metadata) = metadata else {
        return Fact::Unavailable(unmentioned("kms:DescribeKey"));
    };
    let arn = metadata.arn.clone().unwrap_or_default();
    let (policy, grants) = join(key_policy(aws, &arn), grants(aws, &arn)).await;
    Fact::Known(KmsKey {
        state: metadata
            .key_state()
            .map_or("", |state| state.as_str())
            .to_owned(),
        usage: metadata
            .key_usage()
            .map_or("", |usage| usage.as_str())
            .to_owned(),
        spec: metadata
            .key_spec()
            .map_or("", |spec| spec.as_str())
            .to_owned(),
        arn,
        policy,
        grants,
    })
}

async fn key_policy(aws: &Aws, arn: &str) -> Fact<Value> {
    const ACTION: &str = "kms:GetKeyPolicy";
    let answer = aws
        .call(ACTION, || aws.kms.get_key_policy().key_id(arn).send())
        .await;
    match answer {
        Ok(answer) => match answer.policy.as_deref().map(serde_json::from_str) {
            Some(Ok(policy)) => Fact::Known(policy),
            Some(Err(_)) | None => Fact::Unavailable(unmentioned(ACTION)),
        },
        Err(failure) => Fact::Unavailable(failure.why),
    }
}

async fn grants(aws: &Aws, arn: &str) -> Fact<Vec<Grant>> {
    let mut grants = Vec::new();
    let mut marker: Option<String> = None;
    loop {
        let page = aws
            .call("kms:ListGrants", || {
                aws.kms
                    .list_grants()
                    .key_id(arn)
                    .set_marker(marker.clone())
                    .send()
            })
            .await;
        let page = match page {
            Ok(page) => page,
            Err(failure) => return Fact::Unavailable(failure.why),
        };
        if page.grants.is_none() {
            return Fact::Unavailable(unmentioned("kms:ListGrants"));
        }
        grants.extend(page.grants().iter().map(|grant| {
            Grant {
                grantee: grant.grantee_principal().unwrap_or_default().to_owned(),
                operations: grant
                    .operations()
                    .iter()
                    .map(|operation| operation.as_str().to_owned())
                    .collect(),
                is_constrained: grant.constraints().is_some(),
            }
        }));
        marker = page.next_marker.filter(|_| page.truncated);
        if marker.is_none() {
            return Fact::Known(grants);
        }
    }
}

/// The log group of the exec configuration.
pub async fn log_groups(aws: &Aws, cluster: &Fact<Cluster>) -> BTreeMap<String, Fact<LogGroup>> {
    let name = exec(cluster)
        .filter(|exec| exec.logging == "OVERRIDE")
        .and_then(|exec| exec.log.as_ref()?.log_group.clone());
    match name.filter(|name| !name.is_empty()) {
        Some(name) => BTreeMap::from([(name.clone(), log_group(aws, &name).await)]),
        None => BTreeMap::new(),
    }
}

async fn log_group(aws: &Aws, name: &str) -> Fact<LogGroup> {
    let mut token: Option<String> = None;
    loop {
        let page = aws
            .call("logs:DescribeLogGroups", || {
                aws.logs
                    .describe_log_groups()
                    .log_group_name_prefix(name)
                    .set_next_token(token.clone())
                    .send()
            })
            .await;
        let page = match page {
            Ok(page) => page,
            Err(failure) => return Fact::Unavailable(failure.why),
        };
        if page.log_groups.is_none() {
            return Fact::Unavailable(unmentioned("logs:DescribeLogGroups"));
        }
        let found = page
            .log_groups()
            .iter()
            .find(|group| group.log_group_name() == Some(name));
        if let Some(group) = found {
            return Fact::Known(LogGroup {
                name: name.to_owned(),
                arn: group.arn().unwrap_or_default().to_owned(),
                kms_key: group.kms_key_id().map(str::to_owned),
            });
        }
        token = page.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Fact::Absent;
        }
    }
}

/// The bucket of the exec configuration.
pub async fn buckets(aws: &Aws, cluster: &Fact<Cluster>) -> BTreeMap<String, Fact<Bucket>> {
    let name = exec(cluster)
        .filter(|exec| exec.logging == "OVERRIDE")
        .and_then(|exec| exec.log.as_ref()?.bucket.clone());
    match name.filter(|name| !name.is_empty()) {
        Some(name) => BTreeMap::from([(name.clone(), bucket(aws, &name).await)]),
        None => BTreeMap::new(),
    }
}

async fn bucket(aws: &Aws, name: &str) -> Fact<Bucket> {
    const ACTION: &str = "s3:GetEncryptionConfiguration";
    let answer = aws
        .call(ACTION, || {
            aws.s3.get_bucket_encryption().bucket(name).send()
        })
        .await;
    let there = |encryption| {
        Fact::Known(Bucket {
            name: name.to_owned(),
            encryption,
        })
    };
    match answer {
        Ok(answer) => {
            let algorithm = answer
                .server_side_encryption_configuration()
                .and_then(|configuration| configuration.rules().first())
                .and_then(|rule| rule.apply_server_side_encryption_by_default())
                .map(|default| default.sse_algorithm().as_str().to_owned());
            match algorithm {
                Some(algorithm) => there(Fact::Known(algorithm)),
                None => Fact::Unavailable(unmentioned(ACTION)),
            }
        }
        Err(failure) => match failure.code.as_deref() {
            Some("NoSuchBucket") => Fact::Absent,
            Some("ServerSideEncryptionConfigurationNotFoundError") => there(Fact::Absent),
            _ => Fact::Unavailable(elsewhere(failure)),
        },
    }
}

/// S3 answers for a bucket of another region only there.
fn elsewhere(failure: Failure) -> Unavailable {
    match failure.code.as_deref() {
        Some("PermanentRedirect" | "AuthorizationHeaderMalformed") => Unavailable::new(
            failure.why.action,
            Reason::Failed,
            "the bucket is in another region",
        ),
        _ => failure.why,
    }
}

fn exec(cluster: &Fact<Cluster>) -> Option<&ExecConfiguration> {
    cluster.known()?.exec_configuration.as_ref()
}
