//! Route 53: the private hosted zones by which a VPC resolves names.

use std::collections::BTreeMap;

use aws_sdk_route53::types::VpcRegion;
use futures::future::join_all;
use model::facts::Fact;

use super::pages;
use crate::aws::{Aws, fact};

/// The names of the zones of each VPC, without a dot at their end.
pub async fn names(aws: &Aws, vpcs: &[String]) -> BTreeMap<String, Fact<Vec<String>>> {
    let answers = vpcs
        .iter()
        .map(async |vpc| (vpc.clone(), of_vpc(aws, vpc).await));
    join_all(answers).await.into_iter().collect()
}

async fn of_vpc(aws: &Aws, vpc: &str) -> Fact<Vec<String>> {
    let region = VpcRegion::from(aws.region.value.as_str());
    let names = pages(async |token| {
        let page = aws
            .call("route53:ListHostedZonesByVPC", || {
                aws.route53
                    .list_hosted_zones_by_vpc()
                    .vpc_id(vpc)
                    .vpc_region(region.clone())
                    .set_next_token(token.clone())
                    .send()
            })
            .await?;
        let zones = page.hosted_zone_summaries().iter();
        let names = zones.map(|zone| zone.name().trim_end_matches('.').to_owned());
        Ok((names.collect(), page.next_token))
    });
    fact(names.await, &[])
}
