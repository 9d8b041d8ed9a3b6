mod from_sdk;
mod name_servers;

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{Filter, VpcAttributeName};
use futures::future::join_all;
use model::facts::*;

use super::ecs::unmentioned;
use super::pages;
use crate::aws::{Aws, Failure, fact};

pub use name_servers::own_name_servers;

/// How many values one filter takes.
const VALUES_A_FILTER: usize = 200;

/// The VPC endpoints of these services, in every VPC that the caller may see.
pub async fn endpoints(aws: &Aws, services: &[String]) -> Fact<Vec<Endpoint>> {
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

/// Interfaces by ID. Asked by filter, because a call that names one that is gone fails for all of them.
pub async fn interfaces(aws: &Aws, ids: &[String]) -> BTreeMap<String, Fact<Interface>> {
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

pub async fn subnets(aws: &Aws, ids: &[String]) -> BTreeMap<String, Fact<Subnet>> {
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

pub async fn security_groups(aws: &Aws, ids: &[String]) -> BTreeMap<String, Fact<SecurityGroup>> {
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

pub async fn instances(aws: &Aws, ids: &[String]) -> BTreeMap<String, Fact<Instance>> {
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

/// Asks for things by ID, as many at a time as a filter takes; what is not in the answer is not there.
async fn by_id<T, F>(ids: &[String], ask: impl Fn(Vec<String>) -> F) -> BTreeMap<String, Fact<T>>
where
    F: Future<Output = Result<BTreeMap<String, T>, Failure>>,
{
    let answers = join_all(
        ids.chunks(VALUES_A_FILTER)
            .map(async |chunk| (chunk, ask(chunk.to_vec()).await)),
    )
    .await;
    let mut facts = BTreeMap::new();
    for (chunk, answer) in answers {
        match answer {
            Ok(mut found) => facts.extend(chunk.iter().map(|id| {
                let fact = found.remove(id).map_or(Fact::Absent, Fact::Known);
                (id.clone(), fact)
            })),
            Err(failure) => facts.extend(
                chunk
                    .iter()
                    .map(|id| (id.clone(), Fact::Unavailable(failure.why.clone()))),
            ),
        }
    }
    facts
}

pub async fn route_tables(aws: &Aws, vpcs: &[String]) -> BTreeMap<String, Fact<Vec<RouteTable>>> {
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

pub async fn nat_gateways(aws: &Aws, vpcs: &[String]) -> BTreeMap<String, Fact<Vec<NatGateway>>> {
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

pub async fn network_acls(aws: &Aws, vpcs: &[String]) -> BTreeMap<String, Fact<Vec<NetworkAcl>>> {
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

/// Asks for what VPCs hold, all of them at once.
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
    match pages(page).await {
        Ok(found) => {
            let mut by_vpc: BTreeMap<String, Vec<T>> =
                vpcs.iter().map(|vpc| (vpc.clone(), Vec::new())).collect();
            for (vpc, thing) in found {
                by_vpc.entry(vpc).or_default().push(thing);
            }
            by_vpc
                .into_iter()
                .map(|(vpc, things)| (vpc, Fact::Known(things)))
                .collect()
        }
        Err(failure) => vpcs
            .iter()
            .map(|vpc| (vpc.clone(), Fact::Unavailable(failure.why.clone())))
            .collect(),
    }
}

/// In which mode the account keeps the internet from its VPCs.
pub async fn block_public_access(aws: &Aws) -> Fact<String> {
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

/// Whether a VPC resolves names, and private ones: AWS tells one attribute a call.
pub async fn vpcs(aws: &Aws, ids: &[String]) -> BTreeMap<String, Fact<Vpc>> {
    join_all(ids.iter().map(async |id| {
        let (dns_support, dns_hostnames) = futures::join!(
            attribute(aws, id, VpcAttributeName::EnableDnsSupport),
            attribute(aws, id, VpcAttributeName::EnableDnsHostnames),
        );
        let vpc = Vpc {
            id: id.clone(),
            dns_support,
            dns_hostnames,
            own_name_servers: None,
        };
        (id.clone(), Fact::Known(vpc))
    }))
    .await
    .into_iter()
    .collect()
}

async fn attribute(aws: &Aws, vpc: &str, name: VpcAttributeName) -> Fact<bool> {
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
    let answer = match answer {
        Ok(answer) => answer,
        Err(failure) => return Fact::Unavailable(failure.why),
    };
    let value = match name {
        VpcAttributeName::EnableDnsSupport => answer.enable_dns_support,
        _ => answer.enable_dns_hostnames,
    };
    match value.and_then(|value| value.value) {
        Some(value) => Fact::Known(value),
        None => Fact::Unavailable(unmentioned(ACTION)),
    }
}

/// The address ranges of prefix lists.
pub async fn prefix_lists(aws: &Aws, ids: &[String]) -> BTreeMap<String, Fact<Vec<String>>> {
    join_all(ids.iter().map(async |id| {
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
        (id.clone(), fact(entries.await, &[]))
    }))
    .await
    .into_iter()
    .collect()
}

fn filter(name: &str, values: &[String]) -> Filter {
    Filter::builder()
        .name(name)
        .set_values(Some(values.to_vec()))
        .build()
}
