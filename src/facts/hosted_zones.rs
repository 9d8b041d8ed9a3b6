//! Route 53: the private hosted zones by which a VPC resolves names.

use std::collections::BTreeMap;

use aws_sdk_route53::types::VpcRegion;
use ecs_exec_checks::facts::Fact;
use futures::future::join_all;

use crate::aws::{Aws, Failure};

/// The names of the zones of each VPC, without a dot at their end.
pub async fn names(aws: &Aws, vpcs: &[String]) -> BTreeMap<String, Fact<Vec<String>>> {
    let answers = vpcs.iter().map(async |vpc| {
        let names = of_vpc(aws, vpc).await.map_err(|failure| failure.why);
        (vpc.clone(), Fact::from(names))
    });
    join_all(answers).await.into_iter().collect()
}

async fn of_vpc(aws: &Aws, vpc: &str) -> Result<Vec<String>, Failure> {
    const ACTION: &str = "route53:ListHostedZonesByVPC";
    let region = VpcRegion::from(aws.region.value.as_str());
    let mut names = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let page = aws
            .call(ACTION, || {
                aws.route53
                    .list_hosted_zones_by_vpc()
                    .vpc_id(vpc)
                    .vpc_region(region.clone())
                    .set_next_token(token.clone())
                    .send()
            })
            .await?;
        let zones = page.hosted_zone_summaries().iter();
        names.extend(zones.map(|zone| zone.name().trim_end_matches('.').to_owned()));
        token = page.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(names);
        }
    }
}
