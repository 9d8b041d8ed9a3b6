//! What encrypts and records sessions.

use checks::facts::*;
use serde_json::{Value, json};

use crate::network::texts;
use crate::plan::Completeness;
use crate::plan::resource::{Attribute, Resource};
use crate::resolve::Resolver;
use crate::resolve::resource_kind::ResourceKind;
use crate::unavailable::{not_in_plan, not_shown};

pub fn kms_key(resolver: &Resolver, name: &str) -> Fact<KmsKey> {
    let mut keys = resolver.plan.of_type(ResourceKind::KmsKey.resource_types());
    let key = keys.find(|key| {
        let named = |attribute: &str| key.text(&[attribute]) == Ok(Some(name));
        named("arn") || named("key_id") || key.address == name
    });
    let Some(key) = key else {
        return Fact::Unavailable(not_in_plan(format!("KMS key {name}")));
    };
    let text = |attribute: &str, unless_set: &str| {
        let known = key.text(&[attribute]).ok().flatten();
        known.unwrap_or(unless_set).to_owned()
    };
    let state = match key.flag(&["is_enabled"]) {
        Ok(Some(false)) => "Disabled",
        _ => "Enabled",
    };
    Fact::Known(KmsKey {
        arn: resolver.name_of(key, ResourceKind::KmsKey),
        state: state.to_owned(),
        usage: text("key_usage", "ENCRYPT_DECRYPT"),
        spec: text("customer_master_key_spec", "SYMMETRIC_DEFAULT"),
        policy: key_policy(resolver, key),
        grants: grants(resolver, key),
    })
}

fn key_policy(resolver: &Resolver, key: &Resource) -> Fact<Value> {
    let name = resolver.name_of(key, ResourceKind::KmsKey);
    let separate = resolver
        .plan
        .of_type(&["aws_kms_key_policy"])
        .find(|policy| {
            let of = resolver
                .one(policy, &["key_id"], ResourceKind::KmsKey)
                .ok()
                .flatten();
            of.is_some_and(|of| of == name || key.text(&["key_id"]) == Ok(Some(of.as_str())))
        });
    let holder = separate.unwrap_or(key);
    match (holder.text(&["policy"]), resolver.account) {
        (Ok(Some(text)), _) => match serde_json::from_str(text) {
            Ok(policy) => Fact::Known(policy),
            Err(_) => Fact::Unavailable(not_shown(format!(
                "the policy of {} is not JSON",
                key.address
            ))),
        },
        (Err(why), _) if resolver.plan.is_set(holder, "policy") => Fact::Unavailable(why),
        (_, Some(account)) => Fact::Known(default_key_policy(resolver.partition, account)),
        (_, None) => Fact::Unavailable(not_shown("the account is not known, which owns the key")),
    }
}

/// A new key has no grants but those of the plan.
fn grants(resolver: &Resolver, key: &Resource) -> Fact<Vec<Grant>> {
    let name = resolver.name_of(key, ResourceKind::KmsKey);
    if key.id().is_some() && resolver.plan.completeness != Completeness::Declared {
        let why = format!("a plan does not tell who has grants of {name}");
        return Fact::Unavailable(not_shown(why));
    }
    let mut grants = Vec::new();
    for grant in resolver.plan.of_type(&["aws_kms_grant"]) {
        let of = resolver.one(grant, &["key_id"], ResourceKind::KmsKey);
        let grantee = resolver.one(grant, &["grantee_principal"], ResourceKind::Role);
        match (of, grantee) {
            (Ok(Some(of)), Ok(Some(grantee))) if of == name => grants.push(Grant {
                grantee,
                operations: texts(grant, &["operations"]).0,
                is_constrained: resolver.plan.is_set(grant, "constraints"),
            }),
            (Ok(_), Ok(_)) => {}
            (Err(why), _) | (_, Err(why)) => return Fact::Unavailable(why),
        }
    }
    Fact::Known(grants)
}

/// As KMS gives it to a key that is made without one.
fn default_key_policy(partition: &str, account: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"AWS": format!("arn:{partition}:iam::{account}:root")},
        "Action": "kms:*",
        "Resource": "*",
    }]})
}

pub fn log_group(resolver: &Resolver, name: &str) -> Fact<LogGroup> {
    let Some(group) = resolver.instance_named(name, ResourceKind::LogGroup) else {
        return Fact::Unavailable(not_in_plan(format!("log group {name}")));
    };
    match resolver.one(group, &["kms_key_id"], ResourceKind::KmsKey) {
        Ok(kms_key) => Fact::Known(LogGroup {
            name: name.to_owned(),
            arn: group
                .text(&["arn"])
                .ok()
                .flatten()
                .unwrap_or_default()
                .to_owned(),
            kms_key,
        }),
        Err(why) => Fact::Unavailable(why),
    }
}

/// S3 encrypts every bucket, with its own keys unless something else is asked for.
pub fn bucket(resolver: &Resolver, name: &str) -> Fact<Bucket> {
    const ENCRYPTION: &str = "aws_s3_bucket_server_side_encryption_configuration";
    const ALGORITHM: [&str; 5] = [
        "rule",
        "0",
        "apply_server_side_encryption_by_default",
        "0",
        "sse_algorithm",
    ];
    let mut buckets = resolver.plan.of_type(ResourceKind::Bucket.resource_types());
    if !buckets.any(|bucket| resolver.name_of(bucket, ResourceKind::Bucket) == name) {
        return Fact::Unavailable(not_in_plan(format!("bucket {name}")));
    }
    let mut encryption = Fact::Known("AES256".to_owned());
    for of in resolver.plan.of_type(&[ENCRYPTION]) {
        match resolver.one(of, &["bucket"], ResourceKind::Bucket) {
            Ok(Some(bucket)) if bucket == name => {
                encryption = match (of.text(&ALGORITHM), of.at(&ALGORITHM)) {
                    (Ok(Some(algorithm)), _) => Fact::Known(algorithm.to_owned()),
                    (Ok(None), Attribute::Null | Attribute::Known(_)) => encryption,
                    (Ok(None), Attribute::Unknown) => encryption,
                    (Err(why), _) => Fact::Unavailable(why),
                };
            }
            Ok(_) => {}
            Err(why) => encryption = Fact::Unavailable(why),
        }
    }
    Fact::Known(Bucket {
        name: name.to_owned(),
        encryption,
    })
}
