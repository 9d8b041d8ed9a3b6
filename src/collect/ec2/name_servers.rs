//! Which DNS servers the tasks in a VPC use, according to its DHCP options.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeDhcpOptions.html>

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{DhcpOptions, Vpc};
use model::facts::{Fact, Unavailable, besides_amazon};

use super::by_id;
use crate::aws::AwsClients;

/// The DNS servers that tasks use in addition to Amazon's, by VPC.
pub async fn own_name_servers(
    aws: &AwsClients,
    vpcs: &[String],
) -> BTreeMap<String, Fact<Vec<String>>> {
    let vpcs = described(aws, vpcs).await;
    let known = vpcs.values().filter_map(Fact::known);
    let sets: BTreeSet<String> = known
        .filter_map(|vpc| vpc.dhcp_options_id().map(str::to_owned))
        .collect();
    let sets = options(aws, &Vec::from_iter(sets)).await;
    vpcs.into_iter()
        .map(|(id, vpc)| {
            let servers = match vpc {
                Fact::Known(vpc) => vpc_servers(&vpc, &sets),
                Fact::Unavailable(why) => Fact::Unavailable(why),
                Fact::Absent => unknown("ec2:DescribeVpcs", format!("AWS does not return {id}")),
            };
            (id, servers)
        })
        .collect()
}

async fn described(aws: &AwsClients, ids: &[String]) -> BTreeMap<String, Fact<Vpc>> {
    by_id(
        aws,
        "ec2:DescribeVpcs",
        ("vpc-id", ids),
        |filter| aws.ec2.describe_vpcs().filters(filter).send(),
        |page| {
            let vpcs = page.vpcs.unwrap_or_default().into_iter();
            let vpcs = vpcs.filter_map(|vpc| Some((vpc.vpc_id.clone()?, vpc)));
            vpcs.collect()
        },
    )
    .await
}

async fn options(aws: &AwsClients, ids: &[String]) -> BTreeMap<String, Fact<DhcpOptions>> {
    by_id(
        aws,
        "ec2:DescribeDhcpOptions",
        ("dhcp-options-id", ids),
        |filter| aws.ec2.describe_dhcp_options().filters(filter).send(),
        |page| {
            let sets = page.dhcp_options.unwrap_or_default().into_iter();
            let sets = sets.filter_map(|set| Some((set.dhcp_options_id.clone()?, set)));
            sets.collect()
        },
    )
    .await
}

fn vpc_servers(vpc: &Vpc, sets: &BTreeMap<String, Fact<DhcpOptions>>) -> Fact<Vec<String>> {
    let set = match sets.get(vpc.dhcp_options_id().unwrap_or_default()) {
        Some(Fact::Known(set)) => set,
        Some(Fact::Unavailable(why)) => return Fact::Unavailable(why.clone()),
        Some(Fact::Absent) | None => {
            let id = vpc.vpc_id().unwrap_or_default();
            return unknown(
                "ec2:DescribeDhcpOptions",
                format!("AWS returns no DHCP options of {id}"),
            );
        }
    };
    let options = set.dhcp_configurations().iter();
    let servers: Vec<&str> = options
        .filter(|option| option.key() == Some("domain-name-servers"))
        .flat_map(|option| option.values())
        .filter_map(|value| value.value())
        .collect();
    if servers.is_empty() {
        let id = set.dhcp_options_id().unwrap_or_default();
        return unknown(
            "ec2:DescribeDhcpOptions",
            format!("{id} names no DNS servers"),
        );
    }
    Fact::Known(besides_amazon(servers, vpc.cidr_block()))
}

fn unknown(action: &str, why: String) -> Fact<Vec<String>> {
    Fact::Unavailable(Unavailable::not_asked(
        action,
        format!("{why}, so the DNS servers of its tasks are unknown"),
    ))
}
