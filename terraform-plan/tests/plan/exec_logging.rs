//! Keys, log groups and buckets of the cluster's exec configuration.

use model::Status;
use model::facts::Fact;
use serde_json::{Value, json};

use crate::plan_builder::{PlanBuilder, references};
use crate::support::*;

fn recorded(log: Value) -> PlanBuilder {
    let exec = json!({
        "logging": "OVERRIDE",
        "kms_key_id": references(&["aws_kms_key.k.arn", "aws_kms_key.k"]),
        "log_configuration": [log],
    });
    PlanBuilder::new()
        .exec_configuration(exec, json!({}))
        .service(json!([]))
        .endpoint(None)
}

fn statuses_of_check(small: PlanBuilder, check: &str) -> Vec<Status> {
    let report = report(&small.facts());
    let findings = report.findings.iter();
    findings
        .filter(|finding| finding.check.id == check)
        .map(|finding| finding.status)
        .collect()
}

#[test]
fn log_groups_are_encrypted_as_planned() {
    let log =
        json!({"cloud_watch_log_group_name": "/exec", "cloud_watch_encryption_enabled": true});
    let key = references(&["aws_kms_key.k.arn", "aws_kms_key.k"]);
    let small = recorded(log.clone()).with(
        "aws_cloudwatch_log_group.g",
        json!({"name": "/exec", "kms_key_id": key}),
    );
    assert_eq!(
        statuses_of_check(small, "cluster.log-encryption"),
        [Status::Pass]
    );
    let small = recorded(log.clone()).with("aws_cloudwatch_log_group.g", json!({"name": "/exec"}));
    assert_eq!(
        statuses_of_check(small, "cluster.log-encryption"),
        [Status::Fail]
    );
    assert_eq!(
        statuses_of_check(recorded(log), "cluster.log-group"),
        [Status::Unknown],
        "of another stack"
    );
}

#[test]
fn buckets_are_encrypted_as_planned() {
    let log = json!({"s3_bucket_name": "audit", "s3_bucket_encryption_enabled": true});
    let small = || recorded(log.clone()).with("aws_s3_bucket.b", json!({"bucket": "audit"}));
    assert_eq!(
        statuses_of_check(small(), "cluster.log-encryption"),
        [Status::Pass],
        "S3 encrypts all"
    );
    let encryption = json!({
        "bucket": references(&["aws_s3_bucket.b.id", "aws_s3_bucket.b"]),
        "rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms:dsse"}]}],
    });
    let small = small().with(
        "aws_s3_bucket_server_side_encryption_configuration.b",
        encryption,
    );
    assert_eq!(
        statuses_of_check(small, "cluster.log-encryption"),
        [Status::Fail]
    );
}

#[test]
fn a_new_key_has_only_the_grants_of_the_plan() {
    let facts = recorded(json!({})).facts();
    let key = facts.kms_keys["aws_kms_key.k"].known().unwrap();
    assert_eq!(key.grants, Fact::Known(Vec::new()));
    assert!(key.policy.known().is_some(), "as KMS gives it");
    assert_eq!(
        statuses_of_check(recorded(json!({})), "role.kms-decrypt"),
        [Status::Fail]
    );
    let grant = json!({
        "key_id": references(&["aws_kms_key.k.key_id", "aws_kms_key.k"]),
        "grantee_principal": references(&["aws_iam_role.r.arn", "aws_iam_role.r"]),
        "operations": ["Decrypt"],
    });
    let small = recorded(json!({})).with("aws_kms_grant.g", grant);
    assert_eq!(statuses_of_check(small, "role.kms-decrypt"), [Status::Pass]);
}
