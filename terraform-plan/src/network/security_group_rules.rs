//! Rules of security groups: in the group itself, and as resources of their own.

use aws_rules::vpc::Direction;
use model::facts::{GroupRule, Unavailable};

use crate::plan::resource::Resource;
use crate::plan::resource_set::ResourceSet;
use crate::resolve::{Resolver, ResourceKind};
use crate::unavailable::known_after_apply;

/// The attribute of a security group with the rules of a direction.
pub fn attribute(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "ingress",
        Direction::Out => "egress",
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
    /// The group that it belongs to; `None` if it may be any.
    pub group: Option<String>,
}

impl Rule {
    pub fn new(direction: Direction, rule: GroupRule, unknown: Option<UnknownPart>) -> Rule {
        Rule {
            direction,
            rule,
            unknown,
            name: None,
            group: None,
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

const TYPES: [&str; 3] = [
    "aws_security_group_rule",
    "aws_vpc_security_group_ingress_rule",
    "aws_vpc_security_group_egress_rule",
];

/// The rules that are resources of their own, after apply or before.
pub fn separate_rules(resolver: &Resolver, resources: &ResourceSet) -> Vec<Rule> {
    let rules = resources.of_types(&TYPES);
    let rules = rules.flat_map(|rule| read_separate(resolver, rule));
    rules.collect()
}

/// Removes the rules of a group that an exclusive list does not have.
pub fn keep_listed(resolver: &Resolver, group: &str, rules: &mut Vec<Rule>) {
    const LIST: &str = "aws_vpc_security_group_rules_exclusive";
    for list in resolver.resources(LIST) {
        // A list of an unknown group may be for this one.
        let kind = ResourceKind::SecurityGroup;
        let is_for_group = resolver.refers_to(list, "security_group_id", kind, group);
        if is_for_group == Ok(false) {
            continue;
        }
        for (direction, attribute) in [
            (Direction::In, "ingress_rule_ids"),
            (Direction::Out, "egress_rule_ids"),
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

fn read_separate(resolver: &Resolver, resource: &Resource) -> Vec<Rule> {
    let group = resolver.resolve(resource, "security_group_id", ResourceKind::SecurityGroup);
    let group = group.ok().flatten();
    let direction = match resource.resource_type.as_str() {
        "aws_vpc_security_group_egress_rule" => Direction::Out,
        "aws_security_group_rule" if resource.has_text("type", "egress") => Direction::Out,
        _ => Direction::In,
    };
    let mut rules = read_rules(resolver, resource, "", direction, group.as_deref());
    if resource.resource_type != "aws_security_group_rule" {
        // These have one peer.
        rules.truncate(1);
        if rules.is_empty() {
            let unknown = UnknownPart::after_apply(format!("the peer of {}", resource.address));
            rules.push(Rule::new(direction, GroupRule::default(), Some(unknown)));
        }
    }
    for rule in &mut rules {
        rule.name = Some(resolver.name_of(resource, ResourceKind::GroupRule));
        rule.group.clone_from(&group);
        if group.is_none() {
            let what = format!("the security group of {}", resource.address);
            rule.unknown = Some(UnknownPart::after_apply(what));
        }
    }
    rules
}

/// The rules in the group's own attribute.
pub fn inline_rules(
    resolver: &Resolver,
    group: &Resource,
    direction: Direction,
    id: &str,
) -> Vec<Rule> {
    let attribute = attribute(direction);
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
    let prefixes = (0..count).map(|at| format!("{attribute}.{at}."));
    let rules = prefixes.map(|prefix| read_rules(resolver, group, &prefix, direction, Some(id)));
    rules.flatten().collect()
}

/// Reads the rule whose attributes start with a prefix, as one rule for each peer. `group` is the group that it belongs
/// to. Reads the attributes of all types of rules: each type has some of them.
fn read_rules(
    resolver: &Resolver,
    resource: &Resource,
    prefix: &str,
    direction: Direction,
    group: Option<&str>,
) -> Vec<Rule> {
    let path = |name: &str| format!("{prefix}{name}");
    let kind = ResourceKind::SecurityGroup;
    let protocol = resource.known_text(&path("protocol"));
    let protocol = protocol.or_else(|| resource.known_text(&path("ip_protocol")));
    let ports = GroupRule {
        protocol: protocol
            .filter(|one| *one != "all")
            .unwrap_or("-1")
            .to_ascii_lowercase(),
        from_port: resource.port(&path("from_port")),
        to_port: resource.port(&path("to_port")),
        ..GroupRule::default()
    };
    let mut peers = ports.clone();
    let mut has_unknown_peer = false;
    let mut read = |names: &[&str], peers: &mut Vec<String>| {
        for name in names {
            let (known, has_unknown) = resource.texts(&path(name));
            peers.extend(known);
            has_unknown_peer |= has_unknown;
        }
    };
    let cidrs = ["cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6"];
    read(&cidrs, &mut peers.cidrs);
    read(
        &["prefix_list_ids", "prefix_list_id"],
        &mut peers.prefix_lists,
    );
    let own = resource.flag(&path("self")).map(|flag| {
        let group = group.filter(|_| flag == Some(true));
        group.map(str::to_owned)
    });
    let single = |name| resolver.resolve(resource, &path(name), kind);
    for groups in [
        resolver.resolve_all(resource, &path("security_groups"), kind),
        single("source_security_group_id").map(Vec::from_iter),
        single("referenced_security_group_id").map(Vec::from_iter),
        own.map(Vec::from_iter),
    ] {
        match groups {
            Ok(groups) => peers.security_groups.extend(groups),
            Err(_) => has_unknown_peer = true,
        }
    }
    let rules = split_by_peer(&peers).into_iter();
    let mut rules: Vec<Rule> = rules.map(|rule| Rule::new(direction, rule, None)).collect();
    if has_unknown_peer {
        let unknown = UnknownPart::after_apply(format!("a peer in {}", resource.address));
        rules.push(Rule::new(direction, ports, Some(unknown)));
    }
    rules
}

/// The rules of a group that the plan does not show: it may have any.
pub fn unknown_rules(id: &str, why: Unavailable) -> Vec<Rule> {
    let what = format!("security group {id}");
    let unknown = UnknownPart { what, why };
    vec![
        Rule::any(Direction::In, unknown.clone()),
        Rule::any(Direction::Out, unknown),
    ]
}

/// Splits a rule into one for each peer.
pub fn split_by_peer(rule: &GroupRule) -> Vec<GroupRule> {
    let without_peers = GroupRule {
        cidrs: Vec::new(),
        prefix_lists: Vec::new(),
        security_groups: Vec::new(),
        ..rule.clone()
    };
    let with = |peer: &String, peers: fn(&mut GroupRule) -> &mut Vec<String>| {
        let mut rule = without_peers.clone();
        peers(&mut rule).push(peer.clone());
        rule
    };
    let cidrs = rule.cidrs.iter();
    let cidrs = cidrs.map(|cidr| with(cidr, |rule| &mut rule.cidrs));
    let lists = rule.prefix_lists.iter();
    let lists = lists.map(|list| with(list, |rule| &mut rule.prefix_lists));
    let groups = rule.security_groups.iter();
    let groups = groups.map(|group| with(group, |rule| &mut rule.security_groups));
    cidrs.chain(lists).chain(groups).collect()
}
