//! Amazon EC2: VPCs and what is in them.

mod from_sdk;
mod name_servers;

use aws_sdk_ec2::types::{Filter, VpcAttributeName};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_types::request_id::RequestId;
use futures::future::join_all;
use model::facts::*;
use std::collections::BTreeMap;

use super::{each, pages, unmentioned};
use crate::aws::{AwsClients, CallError, Failure, fact};

pub use name_servers::own_name_servers;

/// How many values a filter accepts.
const VALUES_PER_FILTER: usize = 200;

/// The VPC endpoints of these services, in all VPCs.
pub async fn endpoints(aws: &AwsClients, services: &[String]) -> Fact<Vec<Endpoint>> {
    let request = aws.ec2.describe_vpc_endpoints();
    let request = request.filters(filter("service-name", services));
    let all = pages(
        aws,
        "ec2:DescribeVpcEndpoints",
        |token| request.clone().set_next_token(token).send(),
        |page| {
            let endpoints = page.vpc_endpoints().iter().map(from_sdk::endpoint);
            (Some(endpoints.collect()), page.next_token)
        },
    );
    fact(all.await, &[])
}

/// Network interfaces by ID. The call uses a filter: with a list of IDs it fails if one does not exist.
pub async fn interfaces(aws: &AwsClients, ids: &[String]) -> BTreeMap<String, Fact<Interface>> {
    by_id(
        aws,
        "ec2:DescribeNetworkInterfaces",
        ("network-interface-id", ids),
        |filter| aws.ec2.describe_network_interfaces().filters(filter).send(),
        |page| with_ids(page.network_interfaces(), from_sdk::interface, |it| &it.id),
    )
    .await
}

/// Subnets by ID.
pub async fn subnets(aws: &AwsClients, ids: &[String]) -> BTreeMap<String, Fact<Subnet>> {
    by_id(
        aws,
        "ec2:DescribeSubnets",
        ("subnet-id", ids),
        |filter| aws.ec2.describe_subnets().filters(filter).send(),
        |page| with_ids(page.subnets(), from_sdk::subnet, |subnet| &subnet.id),
    )
    .await
}

/// Security groups by ID.
pub async fn security_groups(
    aws: &AwsClients,
    ids: &[String],
) -> BTreeMap<String, Fact<SecurityGroup>> {
    by_id(
        aws,
        "ec2:DescribeSecurityGroups",
        ("group-id", ids),
        |filter| aws.ec2.describe_security_groups().filters(filter).send(),
        |page| {
            with_ids(page.security_groups(), from_sdk::security_group, |group| {
                &group.id
            })
        },
    )
    .await
}

/// EC2 instances by ID.
pub async fn instances(aws: &AwsClients, ids: &[String]) -> BTreeMap<String, Fact<Instance>> {
    by_id(
        aws,
        "ec2:DescribeInstances",
        ("instance-id", ids),
        |filter| aws.ec2.describe_instances().filters(filter).send(),
        |page| {
            let reservations = page.reservations().iter();
            let instances = reservations.flat_map(|reservation| reservation.instances());
            with_ids(instances, from_sdk::instance, |instance| &instance.id)
        },
    )
    .await
}

/// Reads resources by ID, with the filter of this name. A resource that is not in the response does not exist.
async fn by_id<A, E, F, T>(
    aws: &AwsClients,
    action: &str,
    (filter_name, ids): (&str, &[String]),
    request: impl Fn(Filter) -> F,
    read: impl Fn(A) -> BTreeMap<String, T>,
) -> BTreeMap<String, Fact<T>>
where
    F: Future<Output = Result<A, SdkError<E, HttpResponse>>>,
    E: CallError,
    A: RequestId,
{
    let answers = ids.chunks(VALUES_PER_FILTER).map(async |chunk| {
        let answer = aws.call(action, || request(filter(filter_name, chunk)));
        let mut answer = answer.await.map(&read);
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

/// Converts what EC2 returned, by ID.
fn with_ids<'a, S: 'a, T>(
    items: impl IntoIterator<Item = &'a S>,
    convert: impl Fn(&S) -> T,
    id: impl Fn(&T) -> &String,
) -> BTreeMap<String, T> {
    let items = items.into_iter().map(convert);
    items.map(|item| (id(&item).clone(), item)).collect()
}

/// The route tables of each VPC.
pub async fn route_tables(
    aws: &AwsClients,
    vpcs: &[String],
) -> BTreeMap<String, Fact<Vec<RouteTable>>> {
    let request = aws.ec2.describe_route_tables();
    let request = request.filters(filter("vpc-id", vpcs));
    let tables = pages(
        aws,
        "ec2:DescribeRouteTables",
        |token| request.clone().set_next_token(token).send(),
        |page| {
            let tables = page.route_tables().iter();
            let tables = tables
                .filter_map(|one| Some((one.vpc_id()?.to_owned(), from_sdk::route_table(one))));
            (Some(tables.collect()), page.next_token)
        },
    );
    by_vpc(vpcs, tables).await
}

/// The NAT gateways of each VPC.
pub async fn nat_gateways(
    aws: &AwsClients,
    vpcs: &[String],
) -> BTreeMap<String, Fact<Vec<NatGateway>>> {
    let request = aws.ec2.describe_nat_gateways();
    let request = request.filter(filter("vpc-id", vpcs));
    let gateways = pages(
        aws,
        "ec2:DescribeNatGateways",
        |token| request.clone().set_next_token(token).send(),
        |page| {
            let gateways = page.nat_gateways().iter();
            let gateways = gateways
                .filter_map(|one| Some((one.vpc_id()?.to_owned(), from_sdk::nat_gateway(one))));
            (Some(gateways.collect()), page.next_token)
        },
    );
    by_vpc(vpcs, gateways).await
}

/// The network ACLs of each VPC.
pub async fn network_acls(
    aws: &AwsClients,
    vpcs: &[String],
) -> BTreeMap<String, Fact<Vec<NetworkAcl>>> {
    let request = aws.ec2.describe_network_acls();
    let request = request.filters(filter("vpc-id", vpcs));
    let acls = pages(
        aws,
        "ec2:DescribeNetworkAcls",
        |token| request.clone().set_next_token(token).send(),
        |page| {
            let acls = page.network_acls().iter();
            let acls =
                acls.filter_map(|one| Some((one.vpc_id()?.to_owned(), from_sdk::network_acl(one))));
            (Some(acls.collect()), page.next_token)
        },
    );
    by_vpc(vpcs, acls).await
}

/// Sorts what is in VPCs, which one paginated call reads for all of them.
async fn by_vpc<T>(
    vpcs: &[String],
    items: impl Future<Output = Result<Vec<(String, T)>, Failure>>,
) -> BTreeMap<String, Fact<Vec<T>>> {
    if vpcs.is_empty() {
        return BTreeMap::new();
    }
    let answer = items.await;
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
    let request = || aws.ec2.describe_vpc_block_public_access_options().send();
    fact(aws.call(ACTION, request).await, &["InvalidAction"]).and_then(|answer| {
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
    let request = aws.ec2.describe_vpc_attribute().vpc_id(vpc);
    let request = || request.clone().attribute(name.clone()).send();
    fact(aws.call(ACTION, request).await, &[]).and_then(|answer| {
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
        let request = aws.ec2.get_managed_prefix_list_entries();
        let request = request.prefix_list_id(id);
        let ranges = pages(
            aws,
            "ec2:GetManagedPrefixListEntries",
            |token| request.clone().set_next_token(token).send(),
            |page| {
                let entries = page.entries().iter();
                let ranges = entries.filter_map(|entry| entry.cidr().map(str::to_owned));
                (Some(ranges.collect()), page.next_token)
            },
        );
        fact(ranges.await, &[])
    })
    .await
}

fn filter(name: &str, values: &[String]) -> Filter {
    Filter::builder()
        .name(name)
        .set_values(Some(values.to_vec()))
        .build()
}
