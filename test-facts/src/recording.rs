//! Facts of platforms that encrypt or log sessions.

use super::{CODER_ROLE, allow_caller, allow_on, healthy_coder, known};
use aws_rules::required_permissions;
use model::facts::*;

/// The log group of [`with_log_group`].
pub const LOG_GROUP: &str = "/ecs/exec";
/// The bucket of [`with_bucket`].
pub const BUCKET: &str = "exec-records";
const KEY: &str = "arn:aws:kms:us-west-2:123456789012:key/0a1b";

/// The coder service in a cluster that encrypts sessions with a KMS key.
pub fn with_key() -> Facts {
    let mut facts = configured(ExecConfiguration {
        kms_key: Some("alias/exec".into()),
        logging: "DEFAULT".into(),
        log: None,
    });
    let account = serde_json::json!({"Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}]});
    facts.kms_keys.insert(
        "alias/exec".into(),
        Fact::Known(KmsKey {
            arn: KEY.into(),
            state: "Enabled".into(),
            usage: "ENCRYPT_DECRYPT".into(),
            spec: "SYMMETRIC_DEFAULT".into(),
            policy: Fact::Known(account),
            grants: Fact::Known(Vec::new()),
        }),
    );
    allow_on(&mut facts, CODER_ROLE, &["kms:Decrypt"], KEY);
    allow_caller(&mut facts, &["kms:GenerateDataKey"], KEY);
    facts
}

/// The key of [`with_key`].
pub fn key(facts: &mut Facts) -> &mut KmsKey {
    known(facts.kms_keys.values_mut().next().expect("key"))
}

/// The coder service in a cluster that logs sessions to an encrypted log group. `must_be_encrypted`: whether the cluster
/// requires the encryption.
pub fn with_log_group(must_be_encrypted: bool) -> Facts {
    let mut facts = configured(ExecConfiguration {
        kms_key: None,
        logging: "OVERRIDE".into(),
        log: Some(ExecLog {
            log_group: Some(LOG_GROUP.into()),
            log_group_encrypted: must_be_encrypted,
            ..ExecLog::default()
        }),
    });
    facts.log_groups.insert(
        LOG_GROUP.into(),
        Fact::Known(LogGroup {
            name: LOG_GROUP.into(),
            arn: format!("arn:aws:logs:us-west-2:123456789012:log-group:{LOG_GROUP}:*"),
            kms_key: Some(KEY.into()),
        }),
    );
    let place = required_permissions::AccountRegion {
        partition: "aws",
        region: "us-west-2",
        account: "123456789012",
    };
    for need in required_permissions::write_log_group(place, LOG_GROUP) {
        allow_on(&mut facts, CODER_ROLE, &[need.action], &need.resource);
    }
    facts
}

/// The coder service in a cluster that logs sessions to an encrypted bucket. `must_be_encrypted`: whether the cluster requires
/// the encryption.
pub fn with_bucket(must_be_encrypted: bool) -> Facts {
    let log = ExecLog {
        bucket: Some(BUCKET.into()),
        bucket_encrypted: must_be_encrypted,
        ..ExecLog::default()
    };
    let mut facts = configured(ExecConfiguration {
        kms_key: None,
        logging: "OVERRIDE".into(),
        log: Some(log.clone()),
    });
    facts.buckets.insert(
        BUCKET.into(),
        Fact::Known(Bucket {
            name: BUCKET.into(),
            encryption: Fact::Known("AES256".into()),
        }),
    );
    for need in required_permissions::write_bucket("aws", &log) {
        allow_on(&mut facts, CODER_ROLE, &[need.action], &need.resource);
    }
    facts
}

fn configured(configuration: ExecConfiguration) -> Facts {
    let mut facts = healthy_coder();
    known(&mut facts.cluster).exec_configuration = Some(configuration);
    facts
}
