//! AWS KMS: the key of the cluster's exec configuration.

use std::collections::BTreeMap;

use futures::future::join;
use model::facts::*;
use serde_json::Value;

use super::{exec_configuration, named, pages, unmentioned};
use crate::aws::{AwsClients, fact};

/// The cluster's key, under the name that the configuration uses.
pub async fn keys(aws: &AwsClients, cluster: &Fact<Cluster>) -> BTreeMap<String, Fact<KmsKey>> {
    let name = exec_configuration(cluster).and_then(|exec| exec.kms_key.as_deref());
    named(name, async |name| key(aws, name).await).await
}

/// The cluster's key; `Absent` if it has none.
pub async fn session_key(aws: &AwsClients, cluster: &Fact<Cluster>) -> Fact<KmsKey> {
    only(keys(aws, cluster).await, cluster)
}

/// The only key of a cluster. `keys`: as [`keys`] returns them.
pub fn only(keys: BTreeMap<String, Fact<KmsKey>>, cluster: &Fact<Cluster>) -> Fact<KmsKey> {
    match (keys.into_values().next(), cluster) {
        (Some(key), _) => key,
        (None, Fact::Unavailable(why)) => Fact::Unavailable(why.clone()),
        (None, Fact::Known(_) | Fact::Absent) => Fact::Absent,
    }
}

async fn key(aws: &AwsClients, name: &str) -> Fact<KmsKey> {
    const ACTION: &str = "kms:DescribeKey";
    let answer = aws.call(ACTION, || aws.kms.describe_key().key_id(name).send());
    let key =
        fact(answer.await, &["NotFoundException"]).and_then(|answer| match answer.key_metadata {
            Some(key) => Fact::Known(key),
            None => Fact::Unavailable(unmentioned(ACTION)),
        });
    let arn = key.known().and_then(|key| key.arn()).unwrap_or_default();
    let (policy, grants) = match key.known().is_some() {
        true => join(key_policy(aws, arn), grants(aws, arn)).await,
        false => (Fact::Absent, Fact::Absent),
    };
    key.as_ref().map(|key| KmsKey {
        arn: arn.to_owned(),
        state: text(key.key_state().map(|state| state.as_str())),
        usage: text(key.key_usage().map(|usage| usage.as_str())),
        spec: text(key.key_spec().map(|spec| spec.as_str())),
        policy,
        grants,
    })
}

fn text(value: Option<&str>) -> String {
    value.unwrap_or_default().to_owned()
}

async fn key_policy(aws: &AwsClients, arn: &str) -> Fact<Value> {
    const ACTION: &str = "kms:GetKeyPolicy";
    let answer = aws.call(ACTION, || aws.kms.get_key_policy().key_id(arn).send());
    fact(answer.await, &[]).and_then(|answer| {
        let policy = answer.policy.unwrap_or_default();
        match serde_json::from_str(&policy) {
            Ok(policy) => Fact::Known(policy),
            Err(_) => Fact::Unavailable(unmentioned(ACTION)),
        }
    })
}

async fn grants(aws: &AwsClients, arn: &str) -> Fact<Vec<Grant>> {
    let request = aws.kms.list_grants().key_id(arn);
    let grants = pages(
        aws,
        "kms:ListGrants",
        |marker| request.clone().set_marker(marker).send(),
        |page| {
            let grants = page.grants.map(|all| all.iter().map(grant).collect());
            (grants, page.next_marker.filter(|_| page.truncated))
        },
    );
    fact(grants.await, &[])
}

fn grant(grant: &aws_sdk_kms::types::GrantListEntry) -> Grant {
    let operations = grant.operations().iter();
    Grant {
        grantee: text(grant.grantee_principal()),
        operations: operations.map(|one| one.as_str().to_owned()).collect(),
        is_constrained: grant.constraints().is_some(),
    }
}
