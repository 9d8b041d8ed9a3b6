//! Security groups with all their rules.

use std::collections::BTreeMap;

use checks::facts::{Fact, Facts, GroupRule, SecurityGroup};

use super::security_group_rules::{
    Rule, Separate, Side, gone, inline, keep_listed, mystery, separate, split,
};
use super::texts;
use crate::plan::Completeness;
use crate::plan::resource::Resource;
use crate::resolve::Resolver;
use crate::resolve::resource_kind::ResourceKind;
use crate::unavailable::{known_after_apply, not_in_plan};

/// The groups, with the rules that are resources of their own read once for all.
pub struct Groups<'r> {
    resolver: &'r Resolver<'r>,
    separate: Vec<Separate>,
    gone: Vec<Separate>,
    live: Option<&'r Facts>,
    /// What rules let through that cannot be told: the model has no unknown rules, but prefix lists whose
    /// content is not known.
    unknown_peers: BTreeMap<String, Fact<Vec<String>>>,
}

impl<'r> Groups<'r> {
    pub fn new(resolver: &'r Resolver<'r>, live: Option<&'r Facts>) -> Groups<'r> {
        Groups {
            resolver,
            separate: separate(resolver),
            gone: gone(resolver),
            live,
            unknown_peers: BTreeMap::new(),
        }
    }

    /// What is in the prefix lists that the rules name, those that stand for unknown peers among them.
    pub fn prefix_lists(self) -> BTreeMap<String, Fact<Vec<String>>> {
        let live = self.live.map(|live| live.network.prefix_lists.clone());
        let mut lists = live.unwrap_or_default();
        lists.extend(self.unknown_peers);
        for list in self.resolver.plan.data_of_type("aws_prefix_list") {
            let (cidrs, is_open) = texts(list, &["cidr_blocks"]);
            if let (Some(id), false) = (list.id(), is_open) {
                lists.insert(id.to_owned(), Fact::Known(cidrs));
            }
        }
        lists
    }

    pub fn group(&mut self, id: &str) -> Fact<SecurityGroup> {
        let plan = self.resolver.plan;
        if let Some(vpc) = self.default_of(id) {
            let managed = plan
                .of_type(&["aws_default_security_group"])
                .find(|group| self.vpc_of(group).as_deref() == Some(vpc.identity()));
            return match managed {
                Some(group) => self.managed(group, id),
                None if vpc.id().is_none() || plan.completeness == Completeness::Declared => {
                    self.untouched_default(vpc, id)
                }
                None => self.unmanaged(id),
            };
        }
        match plan.find(ResourceKind::SecurityGroup.resource_types(), id) {
            Some(group) => self.managed(group, id),
            None => self.unmanaged(id),
        }
    }

    /// The VPC whose default group this is.
    fn default_of(&self, id: &str) -> Option<&'r Resource> {
        self.resolver
            .plan
            .of_type(ResourceKind::Vpc.resource_types())
            .find(|vpc| {
                self.resolver
                    .default_of(vpc, ResourceKind::SecurityGroup)
                    .as_deref()
                    == Some(id)
            })
    }

    fn vpc_of(&self, group: &Resource) -> Option<String> {
        self.resolver
            .one(group, &["vpc_id"], ResourceKind::Vpc)
            .ok()
            .flatten()
    }

    fn managed(&mut self, group: &Resource, id: &str) -> Fact<SecurityGroup> {
        let mut rules = Vec::new();
        for side in [Side::In, Side::Out] {
            rules.extend(self.own(group, side, id));
        }
        let name = group.text(&["name"]).ok().flatten().unwrap_or_default();
        let vpc = self.vpc_of(group).unwrap_or_default();
        Fact::Known(self.with_separate(id, name, vpc, rules))
    }

    /// Where the configuration has no rules in the group, it shows all that AWS has now.
    fn own(&self, group: &Resource, side: Side, id: &str) -> Vec<Rule> {
        let mut rules = inline(self.resolver, group, side, id);
        let attribute = match side {
            Side::In => "ingress",
            Side::Out => "egress",
        };
        if !self.resolver.plan.is_set(group, attribute) {
            self.without_gone(&mut rules, id);
        }
        rules
    }

    /// As AWS makes it with a VPC: open among its own, and outwards.
    fn untouched_default(&mut self, vpc: &Resource, id: &str) -> Fact<SecurityGroup> {
        let any = |side, cidrs: &[&str], groups: &[&str]| Rule {
            side,
            rule: GroupRule {
                protocol: "-1".to_owned(),
                cidrs: cidrs.iter().map(|cidr| (*cidr).to_owned()).collect(),
                security_groups: groups.iter().map(|group| (*group).to_owned()).collect(),
                ..GroupRule::default()
            },
            doubt: None,
            name: None,
        };
        let rules = vec![
            any(Side::In, &[], &[id]),
            any(Side::Out, &["0.0.0.0/0"], &[]),
        ];
        Fact::Known(self.with_separate(id, "default", vpc.identity().to_owned(), rules))
    }

    /// A group of another stack may have more rules than the plan gives it.
    fn unmanaged(&mut self, id: &str) -> Fact<SecurityGroup> {
        let what = || format!("security group {id}");
        match self
            .live
            .and_then(|live| live.network.security_groups.get(id))
        {
            Some(Fact::Known(live)) => {
                let mut rules = as_rules(live);
                self.without_gone(&mut rules, id);
                let (name, vpc) = (live.name.clone(), live.vpc.clone());
                return Fact::Known(self.with_separate(id, &name, vpc, rules));
            }
            Some(other) => return other.clone(),
            None => {}
        }
        let is_own = |rule: &Separate| rule.group.as_deref() == Some(id);
        if !self.separate.iter().any(is_own) {
            return Fact::Unavailable(not_in_plan(what()));
        }
        let rules = vec![mystery(Side::In, what()), mystery(Side::Out, what())];
        Fact::Known(self.with_separate(id, "", String::new(), rules))
    }

    /// Takes away what the plan takes away from what AWS has now.
    fn without_gone(&self, rules: &mut Vec<Rule>, id: &str) {
        let of_group = |gone: &&Separate| gone.group.as_deref() == Some(id);
        let gone: Vec<&Separate> = self.gone.iter().filter(of_group).collect();
        rules.retain(|rule| !gone.iter().any(|gone| is_same(&gone.rule, rule)));
    }

    /// Adds the rules that are resources of their own, and those that may be this group's.
    fn with_separate(
        &mut self,
        id: &str,
        name: &str,
        vpc: String,
        mut rules: Vec<Rule>,
    ) -> SecurityGroup {
        let separate = self.separate.iter();
        rules.extend(
            separate
                .filter(|rule| rule.group.as_deref().is_none_or(|group| group == id))
                .map(|separate| separate.rule.clone()),
        );
        keep_listed(self.resolver, id, &mut rules);
        let mut group = SecurityGroup {
            id: id.to_owned(),
            name: name.to_owned(),
            vpc,
            ..SecurityGroup::default()
        };
        for rule in rules {
            let side = rule.side;
            let told = self.read_rule(rule);
            match side {
                Side::In => group.ingress.push(told),
                Side::Out => group.egress.push(told),
            }
        }
        group
    }

    fn read_rule(&mut self, rule: Rule) -> GroupRule {
        let Some(what) = rule.doubt else {
            return rule.rule;
        };
        let why = match what.starts_with("security group ") {
            true => not_in_plan(&what),
            false => known_after_apply(&what),
        };
        self.unknown_peers
            .insert(what.clone(), Fact::Unavailable(why));
        GroupRule {
            cidrs: Vec::new(),
            security_groups: Vec::new(),
            prefix_lists: vec![what],
            ..rule.rule
        }
    }
}

fn is_same(one: &Rule, other: &Rule) -> bool {
    let ports = |rule: &GroupRule| match rule.protocol.as_str() {
        "-1" => None,
        _ => Some((rule.from_port, rule.to_port)),
    };
    one.side == other.side
        && one.rule.protocol == other.rule.protocol
        && ports(&one.rule) == ports(&other.rule)
        && one.rule.cidrs == other.rule.cidrs
        && one.rule.prefix_lists == other.rule.prefix_lists
        && one.rule.security_groups == other.rule.security_groups
}

/// The rules of a group as AWS tells them.
fn as_rules(group: &SecurityGroup) -> Vec<Rule> {
    let sides = [(Side::In, &group.ingress), (Side::Out, &group.egress)];
    let rules = sides.into_iter().flat_map(|(side, rules)| {
        let single = rules.iter().flat_map(split);
        single.map(move |rule| Rule {
            side,
            rule,
            doubt: None,
            name: None,
        })
    });
    rules.collect()
}
