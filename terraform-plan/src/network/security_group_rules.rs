//! Rules of security groups: in the group itself, and as resources of their own.

use checks::facts::GroupRule;

use super::{port, texts};
use crate::plan::resource::{Attribute, Resource};
use crate::resolve::Resolver;
use crate::resolve::resource_kind::ResourceKind;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    In,
    Out,
}

/// A rule with one peer at most, so that rules can be told apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub side: Side,
    pub rule: GroupRule,
    /// Names what is not known of the rule. It may let anything through, or nothing.
    pub doubt: Option<String>,
    /// What the rule goes by, where it is a resource of its own.
    pub name: Option<String>,
}

/// A rule that is a resource of its own.
pub struct Separate {
    /// The group that it belongs to; none: it may be any.
    pub group: Option<String>,
    pub rule: Rule,
}

const KINDS: [&str; 3] = [
    "aws_security_group_rule",
    "aws_vpc_security_group_ingress_rule",
    "aws_vpc_security_group_egress_rule",
];

/// Takes away the rules of a group that a list does not have; those in the group itself are in none.
pub fn keep_listed(resolver: &Resolver, group: &str, rules: &mut Vec<Rule>) {
    let lists = resolver
        .plan
        .of_type(&["aws_vpc_security_group_rules_exclusive"]);
    for list in lists {
        let of = resolver.one(list, &["security_group_id"], ResourceKind::SecurityGroup);
        let is_it = match &of {
            Ok(of) => of.as_deref() == Some(group),
            Err(_) => true,
        };
        if !is_it {
            continue;
        }
        for (side, attribute) in [
            (Side::In, "ingress_rule_ids"),
            (Side::Out, "egress_rule_ids"),
        ] {
            let listed = resolver.all(list, &[attribute], ResourceKind::GroupRule);
            match (&of, listed) {
                (Ok(_), Ok(listed)) => rules.retain(|rule| {
                    let is_listed = rule.name.as_ref().is_some_and(|name| listed.contains(name));
                    rule.side != side || is_listed
                }),
                _ => {
                    let of_side = rules.iter_mut().filter(|rule| rule.side == side);
                    let doubt = format!("which rules {} leaves", list.address);
                    of_side.for_each(|rule| rule.doubt = Some(doubt.clone()));
                }
            }
        }
    }
}

/// All rules that are there after apply.
pub fn separate(resolver: &Resolver) -> Vec<Separate> {
    let rules = resolver.plan.of_type(&KINDS);
    rules.flat_map(|rule| of_resource(resolver, rule)).collect()
}

/// Rules that the plan changes or takes away, as they are now.
pub fn gone(resolver: &Resolver) -> Vec<Separate> {
    let before = resolver.plan.before_of_type(&KINDS);
    before
        .flat_map(|rule| of_resource(resolver, rule))
        .collect()
}

fn of_resource(resolver: &Resolver, instance: &Resource) -> Vec<Separate> {
    let group = resolver.one(
        instance,
        &["security_group_id"],
        ResourceKind::SecurityGroup,
    );
    let group = group.ok().flatten();
    let rules = match instance.resource_type.as_str() {
        "aws_security_group_rule" => classic(resolver, instance, group.as_deref()),
        kind => vec![single(resolver, instance, side_of(kind))],
    };
    rules
        .into_iter()
        .map(|mut rule| {
            rule.name = Some(resolver.name_of(instance, ResourceKind::GroupRule));
            if group.is_none() {
                rule.doubt = Some(format!("the security group of {}", instance.address));
            }
            Separate {
                group: group.clone(),
                rule,
            }
        })
        .collect()
}

fn side_of(kind: &str) -> Side {
    match kind.contains("egress") {
        true => Side::Out,
        false => Side::In,
    }
}

/// `aws_security_group_rule`: several ranges in one.
fn classic(resolver: &Resolver, instance: &Resource, group: Option<&str>) -> Vec<Rule> {
    let side = match instance.text(&["type"]) {
        Ok(Some("egress")) => Side::Out,
        _ => Side::In,
    };
    let mut peers = Peers::listed(instance, &[]);
    if is_peer_set(resolver, instance, "source_security_group_id") {
        peers.group(resolver, instance, &["source_security_group_id"]);
    }
    peers.itself(instance, &["self"], group);
    peers.rules(side, &ports(instance, &[], "protocol"))
}

/// `aws_vpc_security_group_ingress_rule` and its sibling: one peer each.
fn single(resolver: &Resolver, instance: &Resource, side: Side) -> Rule {
    let mut peers = Peers::default();
    for name in ["cidr_ipv4", "cidr_ipv6", "prefix_list_id"] {
        match instance.text(&[name]) {
            Ok(Some(text)) if name == "prefix_list_id" => peers.lists.push(text.to_owned()),
            Ok(Some(text)) => peers.cidrs.push(text.to_owned()),
            Ok(None) => {}
            Err(_) => peers.doubt(instance),
        }
    }
    peers.group(resolver, instance, &["referenced_security_group_id"]);
    let all = peers.rules(side, &ports(instance, &[], "ip_protocol"));
    all.into_iter().next().unwrap_or(Rule {
        side,
        rule: GroupRule::default(),
        doubt: Some(format!("the peer of {}", instance.address)),
        name: None,
    })
}

/// The provider fills in some peers that the configuration leaves out; only what it sets can be a peer.
fn is_peer_set(resolver: &Resolver, instance: &Resource, name: &str) -> bool {
    instance.at(&[name]) != Attribute::Unknown || resolver.plan.is_set(instance, name)
}

/// The rules in a group's own `ingress` or `egress`.
pub fn inline(resolver: &Resolver, group: &Resource, side: Side, id: &str) -> Vec<Rule> {
    let attribute = match side {
        Side::In => "ingress",
        Side::Out => "egress",
    };
    let Ok(count) = group.count(&[attribute]) else {
        // Where the configuration has no rules, AWS says after apply that there are none.
        return match resolver.plan.is_set(group, attribute) {
            true => vec![mystery(side, format!("{attribute} of {}", group.address))],
            false => Vec::new(),
        };
    };
    (0..count)
        .flat_map(|at| {
            let at = at.to_string();
            let path = [attribute, at.as_str()];
            let within = |name| [attribute, at.as_str(), name];
            let mut peers = Peers::listed(group, &path);
            peers.groups(resolver, group, &within("security_groups"));
            peers.itself(group, &within("self"), Some(id));
            peers.rules(side, &ports(group, &path, "protocol"))
        })
        .collect()
}

/// A rule of which nothing is known.
pub fn mystery(side: Side, what: String) -> Rule {
    let rule = GroupRule {
        protocol: "-1".to_owned(),
        ..GroupRule::default()
    };
    Rule {
        side,
        rule,
        doubt: Some(what),
        name: None,
    }
}

/// Protocol and ports; where they are not known, the rule may be for any.
fn ports(instance: &Resource, path: &[&str], protocol: &str) -> GroupRule {
    let within = |name| [path, &[name]].concat();
    let known = instance.text(&within(protocol)).ok().flatten();
    GroupRule {
        protocol: match known {
            Some("all") | None => "-1",
            Some(known) => known,
        }
        .to_ascii_lowercase(),
        from_port: port(instance, &within("from_port")),
        to_port: port(instance, &within("to_port")),
        ..GroupRule::default()
    }
}

/// Whom a rule lets through.
#[derive(Default)]
struct Peers {
    cidrs: Vec<String>,
    lists: Vec<String>,
    groups: Vec<String>,
    doubts: Vec<String>,
}

impl Peers {
    fn listed(instance: &Resource, path: &[&str]) -> Peers {
        let mut peers = Peers::default();
        for name in ["cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids"] {
            let (known, is_open) = texts(instance, &[path, &[name]].concat());
            match name {
                "prefix_list_ids" => peers.lists.extend(known),
                _ => peers.cidrs.extend(known),
            }
            if is_open {
                peers.doubt(instance);
            }
        }
        peers
    }

    fn doubt(&mut self, instance: &Resource) {
        self.doubts.push(format!("a peer in {}", instance.address));
    }

    fn group(&mut self, resolver: &Resolver, instance: &Resource, path: &[&str]) {
        match resolver.one(instance, path, ResourceKind::SecurityGroup) {
            Ok(group) => self.groups.extend(group),
            Err(_) => self.doubt(instance),
        }
    }

    fn groups(&mut self, resolver: &Resolver, instance: &Resource, path: &[&str]) {
        match resolver.all(instance, path, ResourceKind::SecurityGroup) {
            Ok(groups) => self.groups.extend(groups),
            Err(_) => self.doubt(instance),
        }
    }

    fn itself(&mut self, instance: &Resource, path: &[&str], group: Option<&str>) {
        match (instance.flag(path), group) {
            (Ok(Some(true)), Some(group)) => self.groups.push(group.to_owned()),
            (Ok(_), _) => {}
            (Err(_), _) => self.doubt(instance),
        }
    }

    fn rules(self, side: Side, ports: &GroupRule) -> Vec<Rule> {
        let told = GroupRule {
            cidrs: self.cidrs,
            prefix_lists: self.lists,
            security_groups: self.groups,
            ..ports.clone()
        };
        let known = split(&told).into_iter().map(|rule| Rule {
            side,
            rule,
            doubt: None,
            name: None,
        });
        let doubts = self.doubts.into_iter().map(|what| Rule {
            side,
            rule: ports.clone(),
            doubt: Some(what),
            name: None,
        });
        known.chain(doubts).collect()
    }
}

/// A rule for each peer.
pub fn split(rule: &GroupRule) -> Vec<GroupRule> {
    let single = |cidr: Option<&String>, list: Option<&String>, group: Option<&String>| GroupRule {
        cidrs: cidr.into_iter().cloned().collect(),
        prefix_lists: list.into_iter().cloned().collect(),
        security_groups: group.into_iter().cloned().collect(),
        ..rule.clone()
    };
    let cidrs = rule.cidrs.iter().map(|cidr| single(Some(cidr), None, None));
    let lists = rule
        .prefix_lists
        .iter()
        .map(|list| single(None, Some(list), None));
    let groups = rule
        .security_groups
        .iter()
        .map(|group| single(None, None, Some(group)));
    cidrs.chain(lists).chain(groups).collect()
}
