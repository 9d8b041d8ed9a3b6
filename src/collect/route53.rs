//! Route 53: private hosted zones, by which a VPC resolves names.

use std::collections::BTreeMap;

use aws_sdk_route53::types::VpcRegion;
use model::facts::Fact;

use super::{each, pages};
use crate::aws::{AwsClients, fact};

/// The names of the zones of each VPC, without the dot at the end.
pub async fn private_zones(
    aws: &AwsClients,
    vpcs: Vec<String>,
) -> BTreeMap<String, Fact<Vec<String>>> {
    each(vpcs, async |vpc| vpc_zones(aws, vpc).await).await
}

async fn vpc_zones(aws: &AwsClients, vpc: &str) -> Fact<Vec<String>> {
    let region = VpcRegion::from(aws.region.value.as_str());
    let request = aws.route53.list_hosted_zones_by_vpc();
    let request = request.vpc_id(vpc).vpc_region(region);
    let names = pages(
        aws,
        "route53:ListHostedZonesByVPC",
        |token| request.clone().set_next_token(token).send(),
        |page| {
            let zones = page.hosted_zone_summaries().iter();
            let names = zones.map(|zone| zone.name().trim_end_matches('.').to_owned());
            (Some(names.collect()), page.next_token)
        },
    );
    fact(names.await, &[])
}
