//! Buckets that record sessions.

use super::{Planned, Translator};
use crate::attribute::{Attribute, Fields};
use crate::node::Node;

const BY_DEFAULT: &str = "apply_server_side_encryption_by_default";

/// The bucket, and its encryption: no resource of its own can add one.
pub fn bucket(of: &Translator, fields: Fields) -> Vec<Planned> {
    let encryption = of.property("BucketEncryption");
    let rules = match &encryption {
        Node::NoValue => Some(by_default(Attribute::known("AES256"))),
        encryption => {
            let rules = encryption.field("ServerSideEncryptionConfiguration");
            of.blocks("rule", rules, |rule| {
                let default = rule.field("ServerSideEncryptionByDefault");
                let default = of.blocks("rule", default, |default| {
                    let algorithm = of.text("sse_algorithm", default.field("SSEAlgorithm"));
                    Fields::default().with("sse_algorithm", algorithm)
                });
                Fields::default().with(BY_DEFAULT, default)
            })
        }
    };
    let settings = Fields::default()
        .with("bucket", of.attribute("bucket", &of.own_reference()))
        .with("rule", rules.or_else(|| Some(Attribute::unknown())));
    let terraform_type = "aws_s3_bucket_server_side_encryption_configuration";
    vec![
        Planned::new("aws_s3_bucket", fields),
        Planned::part("encryption", terraform_type, settings),
    ]
}

fn by_default(algorithm: Attribute) -> Attribute {
    let algorithm = Fields::default().with("sse_algorithm", Some(algorithm));
    let rule = Fields::default().with(BY_DEFAULT, Some(Attribute::blocks(vec![algorithm])));
    Attribute::blocks(vec![rule])
}
