//! Rules of security groups: in the group itself, and as resources of their own.

use checks::facts::{GroupRule, Unavailable};

use crate::plan::resource::Resource;
use crate::resolve::{Resolver, ResourceKind};
use crate::unavailable::{known_after_apply, not_in_plan};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Ingress,
    Egress,
}

impl Direction {
    /// The attribute of a security group with the rules of this direction.
    pub fn attribute(self) -> &'static str {
        match self {
            Direction::Ingress => "ingress",
            Direction::Egress => "egress",
        }
    }
}

/// A part of a rule that is unknown: the rule may allow anything, or nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct UnknownPart {
    pub what: String,
    pub why: Unavailable,
}

impl UnknownPart {
    fn after_apply(what: String) -> UnknownPart {
        UnknownPart {
            why: known_after_apply(&what),
            what,
        }
    }
}

/// A rule with at most one peer, so that rules can be compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub direction: Direction,
    pub rule: GroupRule,
    pub unknown: Option<UnknownPart>,
    /// The name of the rule, if it is a resource of its own.
    pub name: Option<String>,
}

impl Rule {
    pub fn new(direction: Direction, rule: GroupRule, unknown: Option<UnknownPart>) -> Rule {
        Rule {
            direction,
            rule,
            unknown,
            name: None,
        }
    }

    /// A rule about which nothing is known.
    fn any(direction: Direction, unknown: UnknownPart) -> Rule {
        let rule = GroupRule {
            protocol: "-1".to_owned(),
            ..GroupRule::default()
        };
        Rule::new(direction, rule, Some(unknown))
    }
}

/// A rule that is a resource of its own.
pub struct SeparateRule {
    /// The group that it belongs to; `None` if it may be any.
    pub group: Option<String>,
    pub rule: Rule,
}

const TYPES: [&str; 3] = [
    "aws_security_group_rule",
    "aws_vpc_security_group_ingress_rule",
    "aws_vpc_security_group_egress_rule",
];

/// The rules after apply that are resources of their own.
pub fn separate_rules(resolver: &Resolver) -> Vec<SeparateRule> {
    let rules = resolver.plan.resources.of_types(&TYPES);
    rules
        .flat_map(|rule| read_separate(resolver, rule))
        .collect()
}

/// The rules that the plan changes or removes, as they are before apply.
pub fn removed_rules(resolver: &Resolver) -> Vec<SeparateRule> {
    let rules = resolver.plan.before.of_types(&TYPES);
    rules
        .flat_map(|rule| read_separate(resolver, rule))
        .collect()
}

/// Removes the rules of a group that an exclusive list does not have.
pub fn keep_listed(resolver: &Resolver, group: &str, rules: &mut Vec<Rule>) {
    const LIST: &str = "aws_vpc_security_group_rules_exclusive";
    for list in resolver.plan.resources.of_type(LIST) {
        // A list of an unknown group may be for this one.
        let kind = ResourceKind::SecurityGroup;
        let is_for_group = resolver.refers_to(list, "security_group_id", kind, group);
        if is_for_group == Ok(false) {
            continue;
        }
        for (direction, attribute) in [
            (Direction::Ingress, "ingress_rule_ids"),
            (Direction::Egress, "egress_rule_ids"),
        ] {
            match resolver.resolve_all(list, attribute, ResourceKind::GroupRule) {
                Ok(listed) if is_for_group.is_ok() => rules.retain(|rule| {
                    let is_listed = rule.name.as_ref().is_some_and(|name| listed.contains(name));
                    rule.direction != direction || is_listed
                }),
                _ => {
                    let what = format!("which rules {} keeps", list.address);
                    let unknown = UnknownPart::after_apply(what);
                    let of_direction = rules.iter_mut().filter(|rule| rule.direction == direction);
                    of_direction.for_each(|rule| rule.unknown = Some(unknown.clone()));
                }
            }
        }
    }
}

fn read_separate(resolver: &Resolver, resource: &Resource) -> Vec<SeparateRule> {
    let group = resolver.resolve(resource, "security_group_id", ResourceKind::SecurityGroup);
    let group = group.ok().flatten();
    let rules = match resource.resource_type.as_str() {
        "aws_security_group_rule" => read_classic(resolver, resource, group.as_deref()),
        "aws_vpc_security_group_egress_rule" => {
            vec![read_single(resolver, resource, Direction::Egress)]
        }
        _ => vec![read_single(resolver, resource, Direction::Ingress)],
    };
    let rules = rules.into_iter().map(|mut rule| {
        rule.name = Some(resolver.name_of(resource, ResourceKind::GroupRule));
        if group.is_none() {
            let what = format!("the security group of {}", resource.address);
            rule.unknown = Some(UnknownPart::after_apply(what));
        }
        SeparateRule {
            group: group.clone(),
            rule,
        }
    });
    rules.collect()
}

/// An `aws_security_group_rule`, with any number of peers.
fn read_classic(resolver: &Resolver, resource: &Resource, group: Option<&str>) -> Vec<Rule> {
    let direction = match resource.has_text("type", "egress") {
        true => Direction::Egress,
        false => Direction::Ingress,
    };
    let mut peers = Peers::in_lists(resource, "");
    // The provider fills in this attribute if the peer is something else.
    if !resolver.is_computed(resource, "source_security_group_id") {
        peers.add_group(resolver, resource, "source_security_group_id");
    }
    peers.add_self(resource, "self", group);
    peers.into_rules(direction, &ports(resource, "", "protocol"))
}

/// An `aws_vpc_security_group_ingress_rule` or `..._egress_rule`, with one peer.
fn read_single(resolver: &Resolver, resource: &Resource, direction: Direction) -> Rule {
    let mut peers = Peers::default();
    for attribute in ["cidr_ipv4", "cidr_ipv6", "prefix_list_id"] {
        match resource.text(attribute) {
            Ok(Some(list)) if attribute == "prefix_list_id" => peers.lists.push(list.to_owned()),
            Ok(Some(cidr)) => peers.cidrs.push(cidr.to_owned()),
            Ok(None) => {}
            Err(_) => peers.add_unknown(resource),
        }
    }
    peers.add_group(resolver, resource, "referenced_security_group_id");
    let rules = peers.into_rules(direction, &ports(resource, "", "ip_protocol"));
    rules.into_iter().next().unwrap_or_else(|| {
        let unknown = UnknownPart::after_apply(format!("the peer of {}", resource.address));
        Rule::new(direction, GroupRule::default(), Some(unknown))
    })
}

/// The rules in the group's own attribute.
pub fn inline_rules(
    resolver: &Resolver,
    group: &Resource,
    direction: Direction,
    id: &str,
) -> Vec<Rule> {
    let attribute = direction.attribute();
    let Ok(count) = group.count(attribute) else {
        // Without rules in the configuration, AWS reports after apply that there are none.
        let what = format!("{attribute} of {}", group.address);
        let unknown = resolver
            .is_set(group, attribute)
            .then(|| UnknownPart::after_apply(what));
        return unknown
            .into_iter()
            .map(|unknown| Rule::any(direction, unknown))
            .collect();
    };
    let rules = (0..count).flat_map(|at| {
        let prefix = format!("{attribute}.{at}.");
        let mut peers = Peers::in_lists(group, &prefix);
        let kind = ResourceKind::SecurityGroup;
        match resolver.resolve_all(group, &format!("{prefix}security_groups"), kind) {
            Ok(groups) => peers.groups.extend(groups),
            Err(_) => peers.add_unknown(group),
        }
        peers.add_self(group, &format!("{prefix}self"), Some(id));
        peers.into_rules(direction, &ports(group, &prefix, "protocol"))
    });
    rules.collect()
}

/// The rules of a group that is not in the plan: it may have any.
pub fn unknown_rules(id: &str) -> Vec<Rule> {
    let what = format!("security group {id}");
    let unknown = UnknownPart {
        why: not_in_plan(&what),
        what,
    };
    vec![
        Rule::any(Direction::Ingress, unknown.clone()),
        Rule::any(Direction::Egress, unknown),
    ]
}

/// A rule without peers: protocol and ports. An unknown protocol counts as any.
fn ports(resource: &Resource, prefix: &str, protocol: &str) -> GroupRule {
    let protocol = resource.known_text(&format!("{prefix}{protocol}"));
    let protocol = protocol
        .filter(|protocol| *protocol != "all")
        .unwrap_or("-1");
    GroupRule {
        protocol: protocol.to_ascii_lowercase(),
        from_port: resource.port(&format!("{prefix}from_port")),
        to_port: resource.port(&format!("{prefix}to_port")),
        ..GroupRule::default()
    }
}

/// The peers of a rule.
#[derive(Default)]
struct Peers {
    cidrs: Vec<String>,
    lists: Vec<String>,
    groups: Vec<String>,
    unknown: Vec<UnknownPart>,
}

impl Peers {
    fn in_lists(resource: &Resource, prefix: &str) -> Peers {
        let mut peers = Peers::default();
        for attribute in ["cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids"] {
            let (known, has_unknown) = resource.texts(&format!("{prefix}{attribute}"));
            match attribute {
                "prefix_list_ids" => peers.lists.extend(known),
                _ => peers.cidrs.extend(known),
            }
            if has_unknown {
                peers.add_unknown(resource);
            }
        }
        peers
    }

    fn add_unknown(&mut self, resource: &Resource) {
        let what = format!("a peer in {}", resource.address);
        self.unknown.push(UnknownPart::after_apply(what));
    }

    fn add_group(&mut self, resolver: &Resolver, resource: &Resource, path: &str) {
        match resolver.resolve(resource, path, ResourceKind::SecurityGroup) {
            Ok(group) => self.groups.extend(group),
            Err(_) => self.add_unknown(resource),
        }
    }

    /// Adds the group that the rule belongs to, if the `self` flag is on.
    fn add_self(&mut self, resource: &Resource, path: &str, group: Option<&str>) {
        match resource.flag(path) {
            Ok(Some(true)) => self.groups.extend(group.map(str::to_owned)),
            Ok(_) => {}
            Err(_) => self.add_unknown(resource),
        }
    }

    fn into_rules(self, direction: Direction, ports: &GroupRule) -> Vec<Rule> {
        let known = split_by_peer(&GroupRule {
            cidrs: self.cidrs,
            prefix_lists: self.lists,
            security_groups: self.groups,
            ..ports.clone()
        });
        let known = known
            .into_iter()
            .map(|rule| Rule::new(direction, rule, None));
        let unknown = self.unknown.into_iter();
        let unknown = unknown.map(|unknown| Rule::new(direction, ports.clone(), Some(unknown)));
        known.chain(unknown).collect()
    }
}

/// Splits a rule into one for each peer.
pub fn split_by_peer(rule: &GroupRule) -> Vec<GroupRule> {
    let without_peers = GroupRule {
        cidrs: Vec::new(),
        prefix_lists: Vec::new(),
        security_groups: Vec::new(),
        ..rule.clone()
    };
    let cidrs = rule.cidrs.iter().map(|cidr| GroupRule {
        cidrs: vec![cidr.clone()],
        ..without_peers.clone()
    });
    let lists = rule.prefix_lists.iter().map(|list| GroupRule {
        prefix_lists: vec![list.clone()],
        ..without_peers.clone()
    });
    let groups = rule.security_groups.iter().map(|group| GroupRule {
        security_groups: vec![group.clone()],
        ..without_peers.clone()
    });
    cidrs.chain(lists).chain(groups).collect()
}
