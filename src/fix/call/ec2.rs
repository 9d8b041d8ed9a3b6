//! Endpoints, groups and other parts of the network.

use aws_sdk_ec2::types as ec2;
use serde_json::Value;

use super::{Options, cannot, policies, unknown};
use crate::facts::aws::{Aws, Failure};

pub async fn call(
    aws: &Aws,
    operation: &str,
    options: &Options<'_>,
) -> Result<Option<String>, Failure> {
    match operation {
        "create-security-group" => {
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
            return Ok(answer.group_id);
        }
        "authorize-security-group-ingress" => {
            let rule = rule(options.one("--cidr"), options.one("--source-group"));
            aws.call("ec2:AuthorizeSecurityGroupIngress", || {
                aws.ec2
                    .authorize_security_group_ingress()
                    .set_group_id(options.one("--group-id"))
                    .ip_permissions(rule.clone())
                    .send()
            })
            .await?;
        }
        "authorize-security-group-egress" => {
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
        }
        "create-network-acl-entry" => {
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
        }
        "create-vpc-endpoint" => {
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
                        .set_private_dns_enabled(
                            options.has("--private-dns-enabled").then_some(true),
                        )
                        .send()
                })
                .await?;
            return Ok(answer
                .vpc_endpoint
                .and_then(|endpoint| endpoint.vpc_endpoint_id));
        }
        "delete-vpc-endpoints" => {
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
        }
        "modify-vpc-endpoint" => {
            let policy = match options.one("--policy-document") {
                Some(ours) => Some(policies::merged(
                    &policies::of_endpoint(aws, options).await?,
                    &ours,
                )),
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
        }
        "modify-vpc-attribute" => {
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
        }
        other => return Err(unknown(other)),
    }
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
pub async fn known_group(aws: &Aws, options: &Options<'_>) -> Result<Option<String>, Failure> {
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
