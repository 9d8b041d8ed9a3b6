//! The KMS key, log group and bucket of the cluster's exec configuration.

use model::facts::*;
use serde_json::{Value, json};

use crate::plan::completeness::Completeness;
use crate::plan::resource::Resource;
use crate::resolve::{Resolver, ResourceKind};
use crate::unavailable::{PlanValue, not_in_plan, not_shown};

/// The key with this ARN, ID or address.
pub fn kms_key(resolver: &Resolver, name: &str) -> PlanValue<KmsKey> {
    let mut keys = resolver.of_kind(ResourceKind::KmsKey);
    let key = keys.find(|key| {
        key.has_text("arn", name) || key.has_text("key_id", name) || key.address == name
    });
    let key = key.ok_or_else(|| not_in_plan(format!("KMS key {name}")))?;
    let text = |attribute, default: &str| key.known_text(attribute).unwrap_or(default).to_owned();
    let state = match key.flag("is_enabled") {
        Ok(Some(false)) => "Disabled",
        _ => "Enabled",
    };
    Ok(KmsKey {
        arn: resolver.name_of(key, ResourceKind::KmsKey),
        state: state.to_owned(),
        usage: text("key_usage", "ENCRYPT_DECRYPT"),
        spec: text("customer_master_key_spec", "SYMMETRIC_DEFAULT"),
        policy: key_policy(resolver, key).into(),
        grants: grants(resolver, key).into(),
    })
}

fn key_policy(resolver: &Resolver, key: &Resource) -> PlanValue<Value> {
    let name = resolver.name_of(key, ResourceKind::KmsKey);
    let mut policies = resolver.resources("aws_kms_key_policy");
    let separate = policies.find(|policy| {
        let of = resolver.resolve(policy, "key_id", ResourceKind::KmsKey);
        of.is_ok_and(|of| of.is_some_and(|of| of == name || key.has_text("key_id", &of)))
    });
    let holder = separate.unwrap_or(key);
    match holder.text("policy") {
        Ok(Some(text)) => serde_json::from_str(text)
            .map_err(|_| not_shown(format!("the policy of {} is not JSON", key.address))),
        Err(why) if resolver.is_set(holder, "policy") => Err(why),
        Ok(None) | Err(_) => Ok(default_key_policy(
            resolver.partition,
            resolver.account_id(),
        )),
    }
}

/// The grants of the plan: a new key has no others.
fn grants(resolver: &Resolver, key: &Resource) -> PlanValue<Vec<Grant>> {
    let name = resolver.name_of(key, ResourceKind::KmsKey);
    if key.id().is_some() && resolver.plan.completeness != Completeness::Declared {
        let why = format!("a plan does not show the existing grants of {name}");
        return Err(not_shown(why));
    }
    let mut grants = Vec::new();
    for grant in resolver.resources("aws_kms_grant") {
        let of = resolver.resolve(grant, "key_id", ResourceKind::KmsKey)?;
        let grantee = resolver.resolve(grant, "grantee_principal", ResourceKind::Role)?;
        if let (Some(of), Some(grantee)) = (of, grantee)
            && of == name
        {
            grants.push(Grant {
                grantee,
                operations: grant.texts("operations").0,
                is_constrained: resolver.is_set(grant, "constraints"),
            });
        }
    }
    Ok(grants)
}

/// The policy that KMS gives to a key that is created without one.
fn default_key_policy(partition: &str, account: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"AWS": format!("arn:{partition}:iam::{account}:root")},
        "Action": "kms:*",
        "Resource": "*",
    }]})
}

/// The log group, with the key that encrypts it.
pub fn log_group(resolver: &Resolver, name: &str) -> PlanValue<LogGroup> {
    let group = resolver.find(name, ResourceKind::LogGroup);
    let group = group.ok_or_else(|| not_in_plan(format!("log group {name}")))?;
    Ok(LogGroup {
        name: name.to_owned(),
        arn: group.known_text("arn").unwrap_or_default().to_owned(),
        kms_key: resolver.resolve(group, "kms_key_id", ResourceKind::KmsKey)?,
    })
}

/// The bucket; S3 encrypts it with its own keys unless the plan says otherwise.
pub fn bucket(resolver: &Resolver, name: &str) -> PlanValue<Bucket> {
    const ENCRYPTION: &str = "aws_s3_bucket_server_side_encryption_configuration";
    const ALGORITHM: &str = "rule.0.apply_server_side_encryption_by_default.0.sse_algorithm";
    let bucket = resolver.find(name, ResourceKind::Bucket);
    let bucket = bucket.ok_or_else(|| not_in_plan(format!("bucket {name}")))?;
    let default = resolver.plan.check_shows_unchanged_parts(bucket);
    let mut encryption: Fact<String> = default.map(|()| "AES256".to_owned()).into();
    for setting in resolver.referring(ENCRYPTION, "bucket", ResourceKind::Bucket, name) {
        match setting.and_then(|setting| setting.text(ALGORITHM)) {
            Ok(Some(algorithm)) => encryption = Fact::Known(algorithm.to_owned()),
            Ok(None) => {}
            Err(why) => encryption = Fact::Unavailable(why),
        }
    }
    Ok(Bucket {
        name: name.to_owned(),
        encryption,
    })
}
