//! Amazon EC2: VPCs and what is in them.

mod from_sdk;
mod name_servers;

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{Filter, VpcAttributeName};
use futures::future::join_all;
use model::facts::*;

use super::ecs::unmentioned;
use super::{each, pages};
use crate::aws::{AwsClients, Failure, fact};

pub use name_servers::own_name_servers;

/// How many values a filter accepts.
const VALUES_PER_FILTER: usize = 200;

/// The VPC endpoints of these services, in all VPCs.
pub async fn endpoints(aws: &AwsClients, services: &[String]) -> Fact<Vec<Endpoint>> {
    let all = pages(async |token| {
        let page = aws
            .call("ec2:DescribeVpcEndpoints", || {
                aws.ec2
                    .describe_vpc_endpoints()
                    .filters(filter("service-name", services))
                    .set_next_token(token.clone())
                    .send()
            })
            .await?;
        let found = page
            .vpc_endpoints()
            .iter()
            .map(from_sdk::endpoint)
            .collect();
        Ok((found, page.next_token))
    });
    fact(all.await, &[])
}

/// Network interfaces by ID. The call uses a filter: with a list of IDs it fails if one does not exist.
pub async fn interfaces(aws: &AwsClients, ids: &[String]) -> BTreeMap<String, Fact<Interface>> {
    by_id(ids, async |chunk| {
        let page = aws
            .call("ec2:DescribeNetworkInterfaces", || {
                aws.ec2
                    .describe_network_interfaces()
                    .filters(filter("network-interface-id", &chunk))
                    .send()
            })
            .await?;
        let found = page.network_interfaces().iter().map(from_sdk::interface);
        Ok(found.map(|found| (found.id.to_string(), found)).collect())
    })
    .await
}

pub async fn subnets(aws: &AwsClients, ids: &[String]) -> BTreeMap<String, Fact<Subnet>> {
    by_id(ids, async |chunk| {
        let page = aws
            .call("ec2:DescribeSubnets", || {
                aws.ec2
                    .describe_subnets()
                    .filters(filter("subnet-id", &chunk))
                    .send()
            })
            .await?;
        let found = page.subnets().iter().map(from_sdk::subnet);
        Ok(found.map(|found| (found.id.clone(), found)).collect())
    })
    .await
}

pub async fn security_groups(
    aws: &AwsClients,
    ids: &[String],
) -> BTreeMap<String, Fact<SecurityGroup>> {
    by_id(ids, async |chunk| {
        let page = aws
            .call("ec2:DescribeSecurityGroups", || {
                aws.ec2
                    .describe_security_groups()
                    .filters(filter("group-id", &chunk))
                    .send()
            })
            .await?;
        let found = page.security_groups().iter().map(from_sdk::security_group);
        Ok(found.map(|found| (found.id.clone(), found)).collect())
    })
    .await
}

pub async fn instances(aws: &AwsClients, ids: &[String]) -> BTreeMap<String, Fact<Instance>> {
    by_id(ids, async |chunk| {
        let page = aws
            .call("ec2:DescribeInstances", || {
                aws.ec2
                    .describe_instances()
                    .filters(filter("instance-id", &chunk))
                    .send()
            })
            .await?;
        let found = page
            .reservations()
            .iter()
            .flat_map(|reservation| reservation.instances())
            .map(from_sdk::instance);
        Ok(found.map(|found| (found.id.clone(), found)).collect())
    })
    .await
}

/// Reads resources by ID, with a filter. A resource that is not in the response does not exist.
async fn by_id<T, F>(ids: &[String], ask: impl Fn(Vec<String>) -> F) -> BTreeMap<String, Fact<T>>
where
    F: Future<Output = Result<BTreeMap<String, T>, Failure>>,
{
    let answers = ids.chunks(VALUES_PER_FILTER).map(async |chunk| {
        let mut answer = ask(chunk.to_vec()).await;
        let facts = chunk.iter().map(|id| {
            let fact = match &mut answer {
                Ok(found) => found.remove(id).map_or(Fact::Absent, Fact::Known),
                Err(failure) => Fact::Unavailable(failure.why.clone()),
            };
            (id.clone(), fact)
        });
        facts.collect::<Vec<_>>()
    });
    join_all(answers).await.into_iter().flatten().collect()
}

pub async fn route_tables(
    aws: &AwsClients,
    vpcs: &[String],
) -> BTreeMap<String, Fact<Vec<RouteTable>>> {
    by_vpc(vpcs, async |token| {
        let page = aws
            .call("ec2:DescribeRouteTables", || {
                aws.ec2
                    .describe_route_tables()
                    .filters(filter("vpc-id", vpcs))
                    .set_next_token(token.clone())
                    .send()
            })
            .await?;
        let found = page
            .route_tables()
            .iter()
            .filter_map(|table| Some((table.vpc_id()?.to_owned(), from_sdk::route_table(table))))
            .collect();
        Ok((found, page.next_token))
    })
    .await
}

pub async fn nat_gateways(
    aws: &AwsClients,
    vpcs: &[String],
) -> BTreeMap<String, Fact<Vec<NatGateway>>> {
    by_vpc(vpcs, async |token| {
        let page = aws
            .call("ec2:DescribeNatGateways", || {
                aws.ec2
                    .describe_nat_gateways()
                    .filter(filter("vpc-id", vpcs))
                    .set_next_token(token.clone())
                    .send()
            })
            .await?;
        let found = page
            .nat_gateways()
            .iter()
            .filter_map(|gateway| {
                Some((gateway.vpc_id()?.to_owned(), from_sdk::nat_gateway(gateway)))
            })
            .collect();
        Ok((found, page.next_token))
    })
    .await
}

pub async fn network_acls(
    aws: &AwsClients,
    vpcs: &[String],
) -> BTreeMap<String, Fact<Vec<NetworkAcl>>> {
    by_vpc(vpcs, async |token| {
        let page = aws
            .call("ec2:DescribeNetworkAcls", || {
                aws.ec2
                    .describe_network_acls()
                    .filters(filter("vpc-id", vpcs))
                    .set_next_token(token.clone())
                    .send()
            })
            .await?;
        let found = page
            .network_acls()
            .iter()
            .filter_map(|acl| Some((acl.vpc_id()?.to_owned(), from_sdk::network_acl(acl))))
            .collect();
        Ok((found, page.next_token))
    })
    .await
}

/// Reads what is in VPCs, for all of them in one paginated call.
async fn by_vpc<T, F>(
    vpcs: &[String],
    page: impl Fn(Option<String>) -> F,
) -> BTreeMap<String, Fact<Vec<T>>>
where
    F: Future<Output = Result<(Vec<(String, T)>, Option<String>), Failure>>,
{
    if vpcs.is_empty() {
        return BTreeMap::new();
    }
    let answer = pages(page).await;
    let empty = || match &answer {
        Ok(_) => Fact::Known(Vec::new()),
        Err(failure) => Fact::Unavailable(failure.why.clone()),
    };
    let mut facts: BTreeMap<String, Fact<Vec<T>>> =
        vpcs.iter().map(|vpc| (vpc.clone(), empty())).collect();
    for (vpc, item) in answer.into_iter().flatten() {
        if let Some(items) = facts.get_mut(&vpc).and_then(Fact::known_mut) {
            items.push(item);
        }
    }
    facts
}

/// In which mode the account blocks internet access of its VPCs.
pub async fn block_public_access(aws: &AwsClients) -> Fact<String> {
    const ACTION: &str = "ec2:DescribeVpcBlockPublicAccessOptions";
    let answer = aws
        .call(ACTION, || {
            aws.ec2.describe_vpc_block_public_access_options().send()
        })
        .await;
    fact(answer, &["InvalidAction"]).and_then(|answer| {
        let options = answer.vpc_block_public_access_options();
        match options.and_then(|options| options.internet_gateway_block_mode()) {
            Some(mode) => Fact::Known(mode.as_str().to_owned()),
            None => Fact::Unavailable(unmentioned(ACTION)),
        }
    })
}

/// The DNS attributes of VPCs. AWS returns one attribute in a call.
pub async fn vpcs(aws: &AwsClients, ids: &[String]) -> BTreeMap<String, Fact<Vpc>> {
    each(ids.to_vec(), async |id| {
        let (dns_support, dns_hostnames) = futures::join!(
            attribute(aws, id, VpcAttributeName::EnableDnsSupport),
            attribute(aws, id, VpcAttributeName::EnableDnsHostnames),
        );
        Fact::Known(Vpc {
            id: id.to_owned(),
            dns_support,
            dns_hostnames,
            own_name_servers: None,
        })
    })
    .await
}

async fn attribute(aws: &AwsClients, vpc: &str, name: VpcAttributeName) -> Fact<bool> {
    const ACTION: &str = "ec2:DescribeVpcAttribute";
    let answer = aws
        .call(ACTION, || {
            aws.ec2
                .describe_vpc_attribute()
                .vpc_id(vpc)
                .attribute(name.clone())
                .send()
        })
        .await;
    fact(answer, &[]).and_then(|answer| {
        let value = match name {
            VpcAttributeName::EnableDnsSupport => answer.enable_dns_support,
            _ => answer.enable_dns_hostnames,
        };
        match value.and_then(|value| value.value) {
            Some(value) => Fact::Known(value),
            None => Fact::Unavailable(unmentioned(ACTION)),
        }
    })
}

/// The address ranges of prefix lists.
pub async fn prefix_lists(aws: &AwsClients, ids: &[String]) -> BTreeMap<String, Fact<Vec<String>>> {
    each(ids.to_vec(), async |id| {
        let entries = pages(async |token| {
            let page = aws
                .call("ec2:GetManagedPrefixListEntries", || {
                    aws.ec2
                        .get_managed_prefix_list_entries()
                        .prefix_list_id(id)
                        .set_next_token(token.clone())
                        .send()
                })
                .await?;
            let found = page
                .entries()
                .iter()
                .filter_map(|entry| entry.cidr().map(str::to_owned))
                .collect();
            Ok((found, page.next_token))
        });
        fact(entries.await, &[])
    })
    .await
}

fn filter(name: &str, values: &[String]) -> Filter {
    Filter::builder()
        .name(name)
        .set_values(Some(values.to_vec()))
        .build()
}
