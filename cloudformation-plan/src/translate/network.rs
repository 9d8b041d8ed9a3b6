//! VPCs and what is in them.

use super::{Planned, Translator};
use crate::attribute::{Attribute, Fields};
use crate::node::{Node, Reference};
use crate::stack::Action;

pub fn vpc(of: &Translator, fields: Fields) -> Fields {
    let flag = |path: &str, property: &str, default: bool| {
        let flag = of.flag(path, &of.property(property));
        flag.or(Some(Attribute::known(default)))
    };
    fields
        .with(
            "enable_dns_support",
            flag("enable_dns_support", "EnableDnsSupport", true),
        )
        .with(
            "enable_dns_hostnames",
            flag("enable_dns_hostnames", "EnableDnsHostnames", false),
        )
}

pub fn security_group(of: &Translator, fields: Fields) -> Fields {
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
    let exists = matches!(of.resource.action, Action::Update | Action::Delete);
    let egress = match (has_egress, has_separate_egress(of)) {
        _ if exists => Some(existing_egress(of, egress.unwrap_or_else(none))),
        (true, _) => egress,
        (false, Some(true)) => Some(none()),
        // A new group allows all outbound traffic, until it has a rule.
        (false, Some(false)) => Some(Attribute::blocks(vec![default_egress()])),
        (false, None) => Some(Attribute::unknown()),
    };
    fields
        .with("ingress", ingress.or_else(|| Some(none())))
        .with("egress", egress)
}

/// The rule that AWS gives a new group.
fn default_egress() -> Fields {
    Fields::default()
        .with("protocol", Some(Attribute::known("-1")))
        .with("cidr_blocks", Some(Attribute::known(vec!["0.0.0.0/0"])))
        .with("ipv6_cidr_blocks", Some(Attribute::known(vec!["::/0"])))
}

/// The outbound rules in an existing group. An update that gives it its first rule, or takes its last one, may also take
/// or restore the default rule.
fn existing_egress(of: &Translator, own: Attribute) -> Attribute {
    let has_own = |before: bool| {
        let of = Translator {
            before,
            ..of.clone()
        };
        let rules = of.property("SecurityGroupEgress");
        rules.items().map_or(true, |rules| !rules.is_empty())
    };
    let is_import = of.resource.before.is_null();
    let (had_own, has_own) = (has_own(true), has_own(false));
    if is_import || (had_own == has_own && !gets_separate_egress(of)) {
        return own;
    }
    match of.before {
        true if had_own => own,
        true => Attribute::blocks(vec![default_egress()]),
        false => {
            let rule = Fields::default().with("protocol", Some(Attribute::known("-1")));
            own.with_block(rule.with("cidr_blocks", Some(Attribute::unknown())))
        }
    }
}

/// Whether the update adds an outbound rule that is a resource of its own.
fn gets_separate_egress(of: &Translator) -> bool {
    let Some(id) = &of.resource.physical_id else {
        return false;
    };
    let stacks = of.evaluator.stacks.iter();
    let mut resources = stacks.flat_map(|stack| &stack.resources);
    resources.any(|rule| {
        rule.resource_type == "AWS::EC2::SecurityGroupEgress"
            && matches!(rule.action, Action::Create | Action::Replace)
            && rule.properties["GroupId"] == **id
    })
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
            let exists = of.evaluator.exists(at, rule);
            let group = rule.properties.get("GroupId");
            let group = group.map(|group| of.evaluator.evaluate(at, group));
            match (group, exists) {
                (_, Some(false)) => {}
                (Some(Node::Reference(reference)), exists) if own(&reference) => match exists {
                    Some(true) => return Some(true),
                    _ => may_have = true,
                },
                (Some(Node::Unknown(_) | Node::Joined(_) | Node::OwnAccount), _) => may_have = true,
                _ => {}
            }
        }
    }
    (!may_have).then_some(false)
}

/// The protocol and ports of a rule at a path, whose properties `property` reads.
fn ports(
    of: &Translator,
    fields: Fields,
    path: &str,
    property: &dyn Fn(&str) -> Node,
    protocol: &str,
) -> Fields {
    let text = |name: &str, node: &Node| of.text(&format!("{path}{name}"), node);
    let number = property("IpProtocol");
    // EC2 reports these protocols by name.
    let named = match number.as_text().as_deref() {
        Some("6") => Some("tcp"),
        Some("17") => Some("udp"),
        Some("1") => Some("icmp"),
        _ => None,
    };
    let named = named.map(Attribute::known);
    fields
        .with(protocol, named.or_else(|| text(protocol, &number)))
        .with("from_port", text("from_port", &property("FromPort")))
        .with("to_port", text("to_port", &property("ToPort")))
}

fn inline_rule(of: &Translator, direction: &str, rule: &Node, peer: &str) -> Fields {
    let path = format!("{direction}.");
    let list = |name: &str, property: &str| of.list(&format!("{path}{name}"), rule.field(property));
    let groups = list("security_groups", &format!("{peer}SecurityGroupId"));
    // Only groups of the default VPC go by a name.
    let by_name = rule.field("SourceSecurityGroupName") != &Node::NoValue;
    let fields = Fields::default()
        .with("cidr_blocks", list("cidr_blocks", "CidrIp"))
        .with("ipv6_cidr_blocks", list("ipv6_cidr_blocks", "CidrIpv6"))
        .with(
            "prefix_list_ids",
            list("prefix_list_ids", &format!("{peer}PrefixListId")),
        )
        .with(
            "security_groups",
            groups.or_else(|| by_name.then(Attribute::unknown)),
        );
    let property = |name: &str| rule.field(name).clone();
    ports(of, fields, &path, &property, "protocol")
}

pub fn separate_rule(of: &Translator, fields: Fields) -> Fields {
    ports(of, fields, "", &|name| of.property(name), "ip_protocol")
}

/// The CDK's custom resource that removes all rules from the default group of a VPC.
pub fn restricted_default_group(of: &Translator) -> Option<Fields> {
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
    Some(fields)
}

pub fn route(of: &Translator, mut fields: Fields) -> Fields {
    if of.property("InstanceId") != Node::NoValue {
        fields.set("network_interface_id", Some(Attribute::unknown()));
    }
    fields
}

/// One for each table.
pub fn route_propagations(of: &Translator, terraform_type: &'static str) -> Vec<Planned> {
    let tables = of.property("RouteTableIds");
    let tables = match tables.items() {
        Ok(tables) => tables.to_vec(),
        Err(unknown) => vec![unknown.clone()],
    };
    let tables = tables.iter().enumerate().map(|(at, table)| {
        let table = of.attribute("route_table_id", table);
        let fields = Fields::default().with("route_table_id", table);
        Planned::part(format!("table{at}"), terraform_type, fields)
    });
    tables.collect()
}

pub fn endpoint(of: &Translator, fields: Fields) -> Fields {
    let kind = of.text("vpc_endpoint_type", &of.property("VpcEndpointType"));
    let private_dns = of.flag("private_dns_enabled", &of.property("PrivateDnsEnabled"));
    // Without groups, AWS gives an interface endpoint the default group of its VPC.
    let default_group = || Attribute {
        unknown: true.into(),
        expression: serde_json::json!({"constant_value": null}),
        ..Attribute::default()
    };
    let groups = of.list("security_group_ids", &of.property("SecurityGroupIds"));
    fields
        .with(
            "vpc_endpoint_type",
            kind.or_else(|| Some(Attribute::known("Gateway"))),
        )
        .with(
            "private_dns_enabled",
            private_dns.or_else(|| Some(Attribute::known(false))),
        )
        .with(
            "security_group_ids",
            groups.or_else(|| Some(default_group())),
        )
}

pub fn acl_entry(of: &Translator, fields: Fields) -> Fields {
    let ports = of.property("PortRange");
    fields
        .with("from_port", of.text("from_port", ports.field("From")))
        .with("to_port", of.text("to_port", ports.field("To")))
}
