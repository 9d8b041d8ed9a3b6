//! VPC Block Public Access, which stands above all routes of a region.

use std::collections::BTreeSet;

use checks::facts::Fact;

use crate::resolve::Resolver;
use crate::resolve::resource_kind::ResourceKind;

const OPTIONS: &str = "aws_vpc_block_public_access_options";
const EXCLUSION: &str = "aws_vpc_block_public_access_exclusion";

/// The mode after apply, for what is in these VPCs; none where the plan says nothing of it.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html>
pub fn block_public_access(resolver: &Resolver, vpcs: &BTreeSet<String>) -> Option<Fact<String>> {
    let plan = resolver.plan;
    let Some(options) = plan.of_type(&[OPTIONS]).next() else {
        let mut gone = plan.before_of_type(&[OPTIONS]);
        return gone.next().map(|_| Fact::Known("off".to_owned()));
    };
    let mode = match options.text(&["internet_gateway_block_mode"]) {
        Ok(mode) => mode.unwrap_or("off"),
        Err(why) => return Some(Fact::Unavailable(why)),
    };
    let is_left_out = |vpc: &String| {
        let mut exclusions = plan.of_type(&[EXCLUSION]);
        exclusions.any(|exclusion| {
            resolver.one(exclusion, &["vpc_id"], ResourceKind::Vpc) == Ok(Some(vpc.clone()))
        })
    };
    let are_left_out = !vpcs.is_empty() && vpcs.iter().all(is_left_out);
    // Both kinds of exclusion let packets out of the VPC.
    let mode = if are_left_out { "off" } else { mode };
    Some(Fact::Known(mode.to_owned()))
}
