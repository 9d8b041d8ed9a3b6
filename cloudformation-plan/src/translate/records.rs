//! What records sessions, and the keys that encrypt them.

use super::{Planned, Translator};
use crate::attribute::{Attribute, Fields};
use crate::node::{Node, Reference};

/// The resources of the plan; `None` if the type is another service's.
pub fn translate(of: &Translator) -> Option<Vec<Planned>> {
    match of.resource.resource_type.as_str() {
        "AWS::KMS::Key" => Some(vec![Planned::new("aws_kms_key", key(of))]),
        "AWS::Logs::LogGroup" => {
            let fields = Fields::default()
                .with("name", of.text("name", &of.property("LogGroupName")))
                .with(
                    "kms_key_id",
                    of.text("kms_key_id", &of.property("KmsKeyId")),
                );
            Some(vec![Planned::new("aws_cloudwatch_log_group", fields)])
        }
        "AWS::S3::Bucket" => Some(bucket(of)),
        _ => None,
    }
}

fn key(of: &Translator) -> Fields {
    let policy = of.property("KeyPolicy");
    Fields::default()
        .with("is_enabled", of.flag("is_enabled", &of.property("Enabled")))
        .with("key_usage", of.text("key_usage", &of.property("KeyUsage")))
        .with(
            "customer_master_key_spec",
            of.text("customer_master_key_spec", &of.property("KeySpec")),
        )
        .with("policy", of.document("policy", &policy))
}

fn bucket(of: &Translator) -> Vec<Planned> {
    let fields = Fields::default().with("bucket", of.text("bucket", &of.property("BucketName")));
    let mut planned = vec![Planned::new("aws_s3_bucket", fields)];
    let encryption = of.property("BucketEncryption");
    if encryption != Node::NoValue {
        let own = Node::Reference(Reference {
            stack: of.stack,
            logical_id: of.resource.logical_id.clone(),
            attribute: None,
        });
        let rules = encryption.field("ServerSideEncryptionConfiguration");
        let rules = of.blocks("rule", rules, |rule| {
            let default = of.blocks(
                "rule",
                rule.field("ServerSideEncryptionByDefault"),
                |default| {
                    let algorithm = of.text("sse_algorithm", default.field("SSEAlgorithm"));
                    Fields::default().with("sse_algorithm", algorithm)
                },
            );
            Fields::default().with("apply_server_side_encryption_by_default", default)
        });
        planned.push(Planned {
            part: "encryption".to_owned(),
            ..Planned::new(
                "aws_s3_bucket_server_side_encryption_configuration",
                Fields::default()
                    .with("bucket", of.attribute("bucket", &own))
                    .with("rule", rules.or_else(|| Some(Attribute::unknown()))),
            )
        });
    }
    planned
}
