//! Endpoints, groups and other parts of the network.

use aws_sdk_ec2::types as ec2;
use serde_json::Value;

use super::{Answer, Options, cannot, policies, unknown};
use crate::aws::Aws;

pub async fn call(aws: &Aws, operation: &str, options: &Options<'_>) -> Answer {
    match operation {
        "create-security-group" => create_security_group(aws, options).await,
        "authorize-security-group-ingress" => authorize_security_group_ingress(aws, options).await,
        "authorize-security-group-egress" => authorize_security_group_egress(aws, options).await,
        "create-network-acl-entry" => create_network_acl_entry(aws, options).await,
        "create-vpc-endpoint" => create_vpc_endpoint(aws, options).await,
        "delete-vpc-endpoints" => delete_vpc_endpoints(aws, options).await,
        "modify-vpc-endpoint" => modify_vpc_endpoint(aws, options).await,
        "modify-vpc-attribute" => modify_vpc_attribute(aws, options).await,
        other => Err(unknown(other)),
    }
}

async fn create_security_group(aws: &Aws, options: &Options<'_>) -> Answer {
    let answer = aws
        .call("ec2:CreateSecurityGroup", || {
            aws.ec2
                .create_security_group()
                .set_group_name(options.one("--group-name"))
                .set_description(options.one("--description"))
                .set_vpc_id(options.one("--vpc-id"))
                .send()
        })
        .await?;
    Ok(answer.group_id)
}

async fn authorize_security_group_ingress(aws: &Aws, options: &Options<'_>) -> Answer {
    let rule = rule(options.one("--cidr"), options.one("--source-group"));
    aws.call("ec2:AuthorizeSecurityGroupIngress", || {
        aws.ec2
            .authorize_security_group_ingress()
            .set_group_id(options.one("--group-id"))
            .ip_permissions(rule.clone())
            .send()
    })
    .await?;
    Ok(None)
}

async fn authorize_security_group_egress(aws: &Aws, options: &Options<'_>) -> Answer {
    let permission = &options.json("--ip-permissions")[0];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let rule = rule(
        text(&permission["IpRanges"][0]["CidrIp"]),
        text(&permission["UserIdGroupPairs"][0]["GroupId"]),
    );
    aws.call("ec2:AuthorizeSecurityGroupEgress", || {
        aws.ec2
            .authorize_security_group_egress()
            .set_group_id(options.one("--group-id"))
            .ip_permissions(rule.clone())
            .send()
    })
    .await?;
    Ok(None)
}

async fn create_network_acl_entry(aws: &Aws, options: &Options<'_>) -> Answer {
    let ports = ports(&options.one("--port-range").unwrap_or_default());
    aws.call("ec2:CreateNetworkAclEntry", || {
        aws.ec2
            .create_network_acl_entry()
            .set_network_acl_id(options.one("--network-acl-id"))
            .egress(options.has("--egress"))
            .set_rule_number(
                options
                    .one("--rule-number")
                    .and_then(|number| number.parse().ok()),
            )
            .protocol("6")
            .set_port_range(ports.clone())
            .set_cidr_block(options.one("--cidr-block"))
            .rule_action(ec2::RuleAction::Allow)
            .send()
    })
    .await?;
    Ok(None)
}

async fn create_vpc_endpoint(aws: &Aws, options: &Options<'_>) -> Answer {
    let some = |items: Vec<String>| (!items.is_empty()).then_some(items);
    let answer = aws
        .call("ec2:CreateVpcEndpoint", || {
            aws.ec2
                .create_vpc_endpoint()
                .set_vpc_id(options.one("--vpc-id"))
                .set_vpc_endpoint_type(
                    options
                        .one("--vpc-endpoint-type")
                        .map(|kind| ec2::VpcEndpointType::from(kind.as_str())),
                )
                .set_service_name(options.one("--service-name"))
                .set_subnet_ids(some(options.all("--subnet-ids")))
                .set_security_group_ids(some(options.all("--security-group-ids")))
                .set_route_table_ids(some(options.all("--route-table-ids")))
                .set_private_dns_enabled(options.has("--private-dns-enabled").then_some(true))
                .send()
        })
        .await?;
    Ok(answer
        .vpc_endpoint
        .and_then(|endpoint| endpoint.vpc_endpoint_id))
}

async fn delete_vpc_endpoints(aws: &Aws, options: &Options<'_>) -> Answer {
    let answer = aws
        .call("ec2:DeleteVpcEndpoints", || {
            aws.ec2
                .delete_vpc_endpoints()
                .set_vpc_endpoint_ids(Some(options.all("--vpc-endpoint-ids")))
                .send()
        })
        .await?;
    if let Some(why) = answer
        .unsuccessful()
        .iter()
        .find_map(|item| item.error()?.message())
    {
        return Err(cannot("ec2:DeleteVpcEndpoints", why));
    }
    Ok(None)
}

async fn modify_vpc_endpoint(aws: &Aws, options: &Options<'_>) -> Answer {
    let policy = match options.one("--policy-document") {
        Some(ours) => Some(policies::merged(
            "ec2:ModifyVpcEndpoint",
            &policies::of_endpoint(aws, options).await?,
            &ours,
        )?),
        None => None,
    };
    aws.call("ec2:ModifyVpcEndpoint", || {
        aws.ec2
            .modify_vpc_endpoint()
            .set_vpc_endpoint_id(options.one("--vpc-endpoint-id"))
            .set_private_dns_enabled(options.has("--private-dns-enabled").then_some(true))
            .set_policy_document(policy.clone())
            .send()
    })
    .await?;
    Ok(None)
}

async fn modify_vpc_attribute(aws: &Aws, options: &Options<'_>) -> Answer {
    let on = |name: &str| {
        options
            .has(name)
            .then(|| ec2::AttributeBooleanValue::builder().value(true).build())
    };
    aws.call("ec2:ModifyVpcAttribute", || {
        aws.ec2
            .modify_vpc_attribute()
            .set_vpc_id(options.one("--vpc-id"))
            .set_enable_dns_support(on("--enable-dns-support"))
            .set_enable_dns_hostnames(on("--enable-dns-hostnames"))
            .send()
    })
    .await?;
    Ok(None)
}

/// Port 443 to or from a range or a group.
fn rule(cidr: Option<String>, group: Option<String>) -> ec2::IpPermission {
    let mut rule = ec2::IpPermission::builder()
        .ip_protocol("tcp")
        .from_port(443)
        .to_port(443);
    if let Some(cidr) = cidr {
        rule = match cidr.contains(':') {
            true => rule.ipv6_ranges(ec2::Ipv6Range::builder().cidr_ipv6(cidr).build()),
            false => rule.ip_ranges(ec2::IpRange::builder().cidr_ip(cidr).build()),
        };
    }
    if let Some(group) = group {
        rule = rule.user_id_group_pairs(ec2::UserIdGroupPair::builder().group_id(group).build());
    }
    rule.build()
}

/// `From=443,To=443`
fn ports(text: &str) -> Option<ec2::PortRange> {
    let (from, to) = text.strip_prefix("From=")?.split_once(",To=")?;
    Some(
        ec2::PortRange::builder()
            .from(from.parse().ok()?)
            .to(to.parse().ok()?)
            .build(),
    )
}

/// The ID of a security group that was made before under the same name in the same VPC.
pub async fn known_group(aws: &Aws, options: &Options<'_>) -> Answer {
    if options.call.operation != "ec2 create-security-group" {
        return Ok(None);
    }
    let filter = |name: &str, value: Option<String>| {
        ec2::Filter::builder()
            .name(name)
            .set_values(value.map(|value| vec![value]))
            .build()
    };
    let answer = aws
        .call("ec2:DescribeSecurityGroups", || {
            aws.ec2
                .describe_security_groups()
                .filters(filter("vpc-id", options.one("--vpc-id")))
                .filters(filter("group-name", options.one("--group-name")))
                .send()
        })
        .await?;
    let group = answer.security_groups().first();
    Ok(group.and_then(|group| group.group_id().map(str::to_owned)))
}
