use super::subject;
use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "local.region",
    title: "A region is set",
    why: "A cluster belongs to one region. In another region AWS reports that it does not exist.",
    how: "From --region, the cluster's ARN, AWS_REGION, AWS_DEFAULT_REGION, ecs-exec.toml, the built-in configuration or the AWS configuration, in that order.",
    actions: &[],
    remedy: "Set the region with --region, AWS_REGION, or `region` in ecs-exec.toml.",
    docs: &["https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html"],
    severity: Severity::High,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    let region = &index.facts.region;
    let source = &index.facts.local.region_source;
    let finding = CHECK
        .pass(subject(), format!("Region {region}, from {source}"))
        .evidence("region", region.as_str())
        .evidence("source", source.as_str());
    vec![finding]
}
