//! VPCs and what is in them.

use super::{Planned, Translator};
use crate::attribute::{Attribute, Fields};
use crate::node::{Node, Reference};

/// The resources of the plan; `None` if the type is another service's.
pub fn translate(of: &Translator) -> Option<Vec<Planned>> {
    let one = |terraform_type, fields| Some(vec![Planned::new(terraform_type, fields)]);
    match of.resource.resource_type.as_str() {
        "AWS::EC2::VPC" => one("aws_vpc", vpc(of)),
        "AWS::EC2::Subnet" => one(
            "aws_subnet",
            copied(
                of,
                &[
                    ("vpc_id", "VpcId"),
                    ("cidr_block", "CidrBlock"),
                    ("ipv6_cidr_block", "Ipv6CidrBlock"),
                    ("availability_zone", "AvailabilityZone"),
                ],
            ),
        ),
        "AWS::EC2::SecurityGroup" => one("aws_security_group", security_group(of)),
        "AWS::EC2::SecurityGroupIngress" => one(
            "aws_vpc_security_group_ingress_rule",
            separate_rule(of, "Source"),
        ),
        "AWS::EC2::SecurityGroupEgress" => one(
            "aws_vpc_security_group_egress_rule",
            separate_rule(of, "Destination"),
        ),
        "Custom::VpcRestrictDefaultSG" => restricted_default_group(of),
        "AWS::EC2::RouteTable" => one("aws_route_table", copied(of, &[("vpc_id", "VpcId")])),
        "AWS::EC2::Route" => one("aws_route", route(of)),
        "AWS::EC2::SubnetRouteTableAssociation" => one(
            "aws_route_table_association",
            copied(
                of,
                &[
                    ("subnet_id", "SubnetId"),
                    ("route_table_id", "RouteTableId"),
                ],
            ),
        ),
        "AWS::EC2::VPNGatewayRoutePropagation" => Some(route_propagations(of)),
        "AWS::EC2::NatGateway" => one(
            "aws_nat_gateway",
            copied(
                of,
                &[
                    ("subnet_id", "SubnetId"),
                    ("vpc_id", "VpcId"),
                    ("connectivity_type", "ConnectivityType"),
                ],
            ),
        ),
        "AWS::EC2::InternetGateway" => one("aws_internet_gateway", Fields::default()),
        "AWS::EC2::EgressOnlyInternetGateway" => one(
            "aws_egress_only_internet_gateway",
            copied(of, &[("vpc_id", "VpcId")]),
        ),
        "AWS::EC2::VPNGateway" => one("aws_vpn_gateway", Fields::default()),
        "AWS::EC2::VPCEndpoint" => one("aws_vpc_endpoint", endpoint(of)),
        "AWS::EC2::NetworkAcl" => one("aws_network_acl", copied(of, &[("vpc_id", "VpcId")])),
        "AWS::EC2::NetworkAclEntry" => one("aws_network_acl_rule", acl_entry(of)),
        "AWS::EC2::SubnetNetworkAclAssociation" => one(
            "aws_network_acl_association",
            copied(
                of,
                &[
                    ("subnet_id", "SubnetId"),
                    ("network_acl_id", "NetworkAclId"),
                ],
            ),
        ),
        "AWS::EC2::DHCPOptions" => one(
            "aws_vpc_dhcp_options",
            Fields::default().with(
                "domain_name_servers",
                of.list("domain_name_servers", &of.property("DomainNameServers")),
            ),
        ),
        "AWS::EC2::VPCDHCPOptionsAssociation" => one(
            "aws_vpc_dhcp_options_association",
            copied(
                of,
                &[("vpc_id", "VpcId"), ("dhcp_options_id", "DhcpOptionsId")],
            ),
        ),
        "AWS::EC2::VPCBlockPublicAccessOptions" => one(
            "aws_vpc_block_public_access_options",
            copied(
                of,
                &[("internet_gateway_block_mode", "InternetGatewayBlockMode")],
            ),
        ),
        "AWS::EC2::VPCBlockPublicAccessExclusion" => one(
            "aws_vpc_block_public_access_exclusion",
            copied(of, &[("vpc_id", "VpcId")]),
        ),
        "AWS::Route53::HostedZone" => one("aws_route53_zone", hosted_zone(of)),
        "AWS::Route53Resolver::ResolverRule" => one(
            "aws_route53_resolver_rule",
            copied(
                of,
                &[("rule_type", "RuleType"), ("domain_name", "DomainName")],
            ),
        ),
        "AWS::CloudFormation::Stack" => one("aws_cloudformation_stack", nested_stack(of)),
        _ => None,
    }
}

/// Attributes that equal properties.
fn copied(of: &Translator, names: &[(&str, &str)]) -> Fields {
    let mut fields = Fields::default();
    for (attribute, property) in names {
        fields.set(attribute, of.text(attribute, &of.property(property)));
    }
    fields
}

fn vpc(of: &Translator) -> Fields {
    let flag = |path: &str, property: &str, default: bool| {
        let flag = of.flag(path, &of.property(property));
        flag.or(Some(Attribute::known(default)))
    };
    copied(of, &[("cidr_block", "CidrBlock")])
        .with(
            "enable_dns_support",
            flag("enable_dns_support", "EnableDnsSupport", true),
        )
        .with(
            "enable_dns_hostnames",
            flag("enable_dns_hostnames", "EnableDnsHostnames", false),
        )
}

fn security_group(of: &Translator) -> Fields {
    let rules = |direction: &str, property: &str, peer: &str| {
        let rules = of.property(property);
        of.blocks(direction, &rules, |rule| {
            inline_rule(of, direction, rule, peer)
        })
    };
    let none = || Attribute::blocks(Vec::new());
    let ingress = rules("ingress", "SecurityGroupIngress", "Source");
    let egress = rules("egress", "SecurityGroupEgress", "Destination");
    let has_egress = egress.as_ref().is_some_and(|egress| {
        egress
            .value
            .as_array()
            .is_none_or(|rules| !rules.is_empty())
    });
    let egress = match (has_egress, has_separate_egress(of)) {
        (true, _) => egress,
        (false, Some(true)) => Some(none()),
        // A new group allows all outbound traffic, until it has a rule.
        (false, Some(false)) => Some(Attribute::blocks(vec![
            Fields::default()
                .with("protocol", Some(Attribute::known("-1")))
                .with("cidr_blocks", Some(Attribute::known(vec!["0.0.0.0/0"])))
                .with("ipv6_cidr_blocks", Some(Attribute::known(vec!["::/0"]))),
        ])),
        (false, None) => Some(Attribute::unknown()),
    };
    copied(of, &[("name", "GroupName"), ("vpc_id", "VpcId")])
        .with("ingress", ingress.or_else(|| Some(none())))
        .with("egress", egress)
}

/// Whether an outbound rule that is a resource of its own replaces the group's default rule; `None` if one may.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroupegress.html>
fn has_separate_egress(of: &Translator) -> Option<bool> {
    let own = |reference: &Reference| {
        reference.stack == of.stack && reference.logical_id == of.resource.logical_id
    };
    let mut may_have = false;
    for (at, stack) in of.evaluator.stacks.iter().enumerate() {
        let resources = stack.resources.iter();
        for rule in resources.filter(|one| one.resource_type == "AWS::EC2::SecurityGroupEgress") {
            let condition = rule.condition.as_deref();
            let exists = condition.map_or(Some(true), |name| of.evaluator.condition(at, name));
            let group = rule.properties.get("GroupId");
            let group = group.map(|group| of.evaluator.evaluate(at, group));
            match (group, exists) {
                (_, Some(false)) => {}
                (Some(Node::Reference(reference)), exists) if own(&reference) => match exists {
                    Some(true) => return Some(true),
                    _ => may_have = true,
                },
                (Some(Node::Unknown(_) | Node::Joined(_)), _) => may_have = true,
                _ => {}
            }
        }
    }
    (!may_have).then_some(false)
}

fn ports(of: &Translator, path: &str, rule: &Node, protocol: &str) -> Fields {
    let number =
        |name: &str, property: &str| of.text(&format!("{path}{name}"), rule.field(property));
    // EC2 reports these protocols by name.
    let named = match rule.field("IpProtocol").as_text().as_deref() {
        Some("6") => Some("tcp"),
        Some("17") => Some("udp"),
        Some("1") => Some("icmp"),
        _ => None,
    };
    let protocol_of = || of.text(&format!("{path}{protocol}"), rule.field("IpProtocol"));
    Fields::default()
        .with(protocol, named.map(Attribute::known).or_else(protocol_of))
        .with("from_port", number("from_port", "FromPort"))
        .with("to_port", number("to_port", "ToPort"))
}

fn inline_rule(of: &Translator, direction: &str, rule: &Node, peer: &str) -> Fields {
    let path = format!("{direction}.");
    let list = |name: &str, property: &str| of.list(&format!("{path}{name}"), rule.field(property));
    let groups = list("security_groups", &format!("{peer}SecurityGroupId"));
    // Only groups of the default VPC go by a name.
    let by_name = rule.field("SourceSecurityGroupName") != &Node::NoValue;
    ports(of, &path, rule, "protocol")
        .with("cidr_blocks", list("cidr_blocks", "CidrIp"))
        .with("ipv6_cidr_blocks", list("ipv6_cidr_blocks", "CidrIpv6"))
        .with(
            "prefix_list_ids",
            list("prefix_list_ids", &format!("{peer}PrefixListId")),
        )
        .with(
            "security_groups",
            groups.or_else(|| by_name.then(Attribute::unknown)),
        )
}

fn separate_rule(of: &Translator, peer: &str) -> Fields {
    let names = [
        "GroupId",
        "IpProtocol",
        "FromPort",
        "ToPort",
        "CidrIp",
        "CidrIpv6",
    ];
    let (list, group) = (
        format!("{peer}PrefixListId"),
        format!("{peer}SecurityGroupId"),
    );
    let names = names.into_iter().chain([list.as_str(), group.as_str()]);
    let rule = Node::Map(
        names
            .map(|name| (name.to_owned(), of.property(name)))
            .collect(),
    );
    let text = |name: &str, property: &str| of.text(name, rule.field(property));
    ports(of, "", &rule, "ip_protocol")
        .with("security_group_id", text("security_group_id", "GroupId"))
        .with("cidr_ipv4", text("cidr_ipv4", "CidrIp"))
        .with("cidr_ipv6", text("cidr_ipv6", "CidrIpv6"))
        .with("prefix_list_id", text("prefix_list_id", &list))
        .with(
            "referenced_security_group_id",
            text("referenced_security_group_id", &group),
        )
}

/// The CDK's custom resource that removes all rules from the default group of a VPC.
fn restricted_default_group(of: &Translator) -> Option<Vec<Planned>> {
    let Node::Reference(group) = of.property("DefaultSecurityGroupId") else {
        return None;
    };
    let vpc = Node::Reference(Reference {
        attribute: None,
        ..group
    });
    let none = || Some(Attribute::blocks(Vec::new()));
    let fields = Fields::default()
        .with("vpc_id", of.attribute("vpc_id", &vpc))
        .with("ingress", none())
        .with("egress", none());
    Some(vec![Planned::new("aws_default_security_group", fields)])
}

fn route(of: &Translator) -> Fields {
    let mut fields = copied(
        of,
        &[
            ("route_table_id", "RouteTableId"),
            ("destination_cidr_block", "DestinationCidrBlock"),
            ("destination_ipv6_cidr_block", "DestinationIpv6CidrBlock"),
            ("destination_prefix_list_id", "DestinationPrefixListId"),
            ("gateway_id", "GatewayId"),
            ("nat_gateway_id", "NatGatewayId"),
            ("egress_only_gateway_id", "EgressOnlyInternetGatewayId"),
            ("transit_gateway_id", "TransitGatewayId"),
            ("vpc_peering_connection_id", "VpcPeeringConnectionId"),
            ("network_interface_id", "NetworkInterfaceId"),
            ("vpc_endpoint_id", "VpcEndpointId"),
            ("local_gateway_id", "LocalGatewayId"),
            ("carrier_gateway_id", "CarrierGatewayId"),
            ("core_network_arn", "CoreNetworkArn"),
        ],
    );
    if of.property("InstanceId") != Node::NoValue {
        fields.set("network_interface_id", Some(Attribute::unknown()));
    }
    fields
}

/// One for each table.
fn route_propagations(of: &Translator) -> Vec<Planned> {
    let tables = of.property("RouteTableIds");
    let tables = match tables.items() {
        Ok(tables) => tables.to_vec(),
        Err(unknown) => vec![unknown.clone()],
    };
    let tables = tables.iter().enumerate().map(|(at, table)| Planned {
        part: format!("table{at}"),
        ..Planned::new(
            "aws_vpn_gateway_route_propagation",
            Fields::default().with("route_table_id", of.attribute("route_table_id", table)),
        )
    });
    tables.collect()
}

fn endpoint(of: &Translator) -> Fields {
    let list = |name: &str, property: &str| of.list(name, &of.property(property));
    let kind = of.text("vpc_endpoint_type", &of.property("VpcEndpointType"));
    let private_dns = of.flag("private_dns_enabled", &of.property("PrivateDnsEnabled"));
    // Without groups, AWS gives an interface endpoint the default group of its VPC.
    let default_group = || Attribute {
        unknown: true.into(),
        expression: serde_json::json!({"constant_value": null}),
        ..Attribute::default()
    };
    let groups = list("security_group_ids", "SecurityGroupIds");
    let policy = of.property("PolicyDocument");
    copied(of, &[("vpc_id", "VpcId"), ("service_name", "ServiceName")])
        .with(
            "vpc_endpoint_type",
            kind.or_else(|| Some(Attribute::known("Gateway"))),
        )
        .with(
            "private_dns_enabled",
            private_dns.or_else(|| Some(Attribute::known(false))),
        )
        .with("subnet_ids", list("subnet_ids", "SubnetIds"))
        .with(
            "security_group_ids",
            groups.or_else(|| Some(default_group())),
        )
        .with("route_table_ids", list("route_table_ids", "RouteTableIds"))
        .with("policy", of.document("policy", &policy))
}

fn acl_entry(of: &Translator) -> Fields {
    let ports = of.property("PortRange");
    copied(
        of,
        &[
            ("network_acl_id", "NetworkAclId"),
            ("rule_number", "RuleNumber"),
            ("protocol", "Protocol"),
            ("rule_action", "RuleAction"),
            ("cidr_block", "CidrBlock"),
            ("ipv6_cidr_block", "Ipv6CidrBlock"),
        ],
    )
    .with("egress", of.flag("egress", &of.property("Egress")))
    .with("from_port", of.text("from_port", ports.field("From")))
    .with("to_port", of.text("to_port", ports.field("To")))
}

fn hosted_zone(of: &Translator) -> Fields {
    let vpcs = of.blocks("vpc", &of.property("VPCs"), |vpc| {
        Fields::default().with("vpc_id", of.text("vpc.vpc_id", vpc.field("VPCId")))
    });
    copied(of, &[("name", "Name")]).with("vpc", vpcs)
}

/// Another stack, whose template is elsewhere: it may add to whatever its parameters name.
fn nested_stack(of: &Translator) -> Fields {
    let parameters = match of.property("Parameters") {
        Node::Map(fields) => Node::List(fields.into_values().collect()),
        other => other,
    };
    Fields::default().with("parameters", of.list("parameters", &parameters))
}
