//! VPC Block Public Access, which overrides all routes of a region.

use std::collections::BTreeSet;

use model::facts::Fact;

use crate::resolve::{Resolver, ResourceKind};

const OPTIONS: &str = "aws_vpc_block_public_access_options";
const EXCLUSION: &str = "aws_vpc_block_public_access_exclusion";

/// The mode for these VPCs; `None` if the plan does not set it.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html>
pub fn block_public_access(resolver: &Resolver, vpcs: &BTreeSet<String>) -> Option<Fact<String>> {
    let off = || Fact::Known("off".to_owned());
    let Some(options) = resolver.resources(OPTIONS).next() else {
        return resolver.before(OPTIONS).next().map(|_| off());
    };
    let is_excluded = |vpc: &String| {
        // Each kind of exclusion allows traffic to the internet.
        let mut exclusions = resolver.referring(EXCLUSION, "vpc_id", ResourceKind::Vpc, vpc);
        exclusions.any(|exclusion| exclusion.is_ok())
    };
    Some(match options.text("internet_gateway_block_mode") {
        Err(why) => Fact::Unavailable(why),
        Ok(_) if !vpcs.is_empty() && vpcs.iter().all(is_excluded) => off(),
        Ok(mode) => Fact::Known(mode.unwrap_or("off").to_owned()),
    })
}
