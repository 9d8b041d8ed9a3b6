//! Buckets that record sessions.

use super::{Planned, Translator};
use crate::attribute::{Attribute, Fields};
use crate::node::Node;

/// The bucket, and its encryption.
pub fn bucket(of: &Translator, fields: Fields) -> Vec<Planned> {
    let mut planned = vec![Planned::new("aws_s3_bucket", fields)];
    let encryption = of.property("BucketEncryption");
    if encryption != Node::NoValue {
        let rules = encryption.field("ServerSideEncryptionConfiguration");
        let rules = of.blocks("rule", rules, |rule| {
            let default = rule.field("ServerSideEncryptionByDefault");
            let default = of.blocks("rule", default, |default| {
                let algorithm = of.text("sse_algorithm", default.field("SSEAlgorithm"));
                Fields::default().with("sse_algorithm", algorithm)
            });
            Fields::default().with("apply_server_side_encryption_by_default", default)
        });
        let fields = Fields::default()
            .with("bucket", of.attribute("bucket", &of.own_reference()))
            .with("rule", rules.or_else(|| Some(Attribute::unknown())));
        let terraform_type = "aws_s3_bucket_server_side_encryption_configuration";
        planned.push(Planned::part("encryption", terraform_type, fields));
    }
    planned
}
