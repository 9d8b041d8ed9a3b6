//! Security groups, with all of their rules.

use std::collections::BTreeMap;

use aws_rules::vpc::Direction;
use model::facts::{Fact, GroupRule, SecurityGroup};

use super::security_group_rules::{
    Rule, attribute, inline_rules, keep_listed, separate_rules, split_by_peer, unknown_rules,
};
use crate::plan::completeness::Completeness;
use crate::plan::resource::Resource;
use crate::resolve::{Resolver, ResourceKind};
use crate::unavailable::not_in_plan;

/// Reads security groups. Reads the rules that are resources of their own once for all groups.
pub struct SecurityGroups<'r, 'p> {
    resolver: &'r Resolver<'p>,
    separate: Vec<Rule>,
    /// Rules that the plan changes or removes, as they are before apply.
    removed: Vec<Rule>,
    /// Prefix lists with unknown content, which stand for unknown parts of rules: the facts have no unknown rules.
    unknown_peers: BTreeMap<String, Fact<Vec<String>>>,
}

impl<'r, 'p> SecurityGroups<'r, 'p> {
    pub fn new(resolver: &'r Resolver<'p>) -> SecurityGroups<'r, 'p> {
        SecurityGroups {
            resolver,
            separate: separate_rules(resolver, &resolver.plan.resources),
            removed: separate_rules(resolver, &resolver.plan.before),
            unknown_peers: BTreeMap::new(),
        }
    }

    /// The content of the prefix lists that the rules refer to, with those that stand for unknown peers.
    pub fn prefix_lists(self) -> BTreeMap<String, Fact<Vec<String>>> {
        let live = self
            .resolver
            .live
            .map(|live| live.network.prefix_lists.clone());
        let mut lists = live.unwrap_or_default();
        lists.extend(self.unknown_peers);
        for list in self.resolver.data("aws_prefix_list") {
            if let (Some(id), (cidrs, false)) = (list.id(), list.texts("cidr_blocks")) {
                lists.insert(id.to_owned(), Fact::Known(cidrs));
            }
        }
        lists
    }

    /// The group with this ID or address.
    pub fn group(&mut self, id: &str) -> Fact<SecurityGroup> {
        let plan = self.resolver.plan;
        let group = match self.vpc_with_default(id) {
            None => self.resolver.find(id, ResourceKind::SecurityGroup),
            Some(vpc) => {
                let mut adopted = self.resolver.resources("aws_default_security_group");
                let adopted =
                    adopted.find(|group| self.vpc_of(group).as_deref() == Some(vpc.identity()));
                let is_untouched =
                    vpc.id().is_none() || plan.completeness == Completeness::Declared;
                if adopted.is_none() && is_untouched {
                    return Fact::Known(self.untouched_default(vpc, id));
                }
                adopted
            }
        };
        match group {
            Some(group) => self.managed(group, id),
            None => self.unmanaged(id),
        }
    }

    /// The VPC whose default group this is.
    fn vpc_with_default(&self, id: &str) -> Option<&'p Resource> {
        let mut vpcs = self.resolver.of_kind(ResourceKind::Vpc);
        vpcs.find(|vpc| {
            let default = self.resolver.default_of(vpc, ResourceKind::SecurityGroup);
            default.as_deref() == Some(id)
        })
    }

    fn vpc_of(&self, group: &Resource) -> Option<String> {
        self.resolver
            .resolve(group, "vpc_id", ResourceKind::Vpc)
            .ok()?
    }

    fn managed(&mut self, group: &Resource, id: &str) -> Fact<SecurityGroup> {
        let mut rules = match self.unshown_rules(group, id) {
            Fact::Known(rules) => rules,
            Fact::Absent => return Fact::Absent,
            Fact::Unavailable(why) => return Fact::Unavailable(why),
        };
        for direction in [Direction::In, Direction::Out] {
            let mut own = inline_rules(self.resolver, group, direction, id);
            // Without rules in the configuration, the attribute shows those that AWS has before apply.
            if !self.resolver.is_set(group, attribute(direction)) {
                self.drop_removed(&mut own, id);
            }
            rules.extend(own);
        }
        let name = group.known_text("name").unwrap_or_default();
        let vpc = self.vpc_of(group).unwrap_or_default();
        Fact::Known(self.with_separate_rules(id, name, vpc, rules))
    }

    /// The rules that a group of the plan has besides those that the plan shows.
    fn unshown_rules(&self, group: &Resource, id: &str) -> Fact<Vec<Rule>> {
        let plan = self.resolver.plan;
        let Err(why) = plan.check_shows_parts(group) else {
            return Fact::Known(Vec::new());
        };
        let live = self.resolver.live;
        let live = live.and_then(|live| live.network.security_groups.get(id));
        let Some(live) = live else {
            return Fact::Known(unknown_rules(id, why));
        };
        live.clone().map(|live| {
            let mut rules = rules_of(&live);
            self.drop_removed(&mut rules, id);
            for direction in [Direction::In, Direction::Out] {
                let before = plan.before.at_address(&group.address);
                let before = before.map(|group| inline_rules(self.resolver, group, direction, id));
                for removed in before.into_iter().flatten() {
                    rules.retain(|rule| !is_same(&removed, rule));
                }
            }
            rules
        })
    }

    /// The default group as AWS creates it: it allows traffic among its members, and all outbound traffic.
    fn untouched_default(&mut self, vpc: &Resource, id: &str) -> SecurityGroup {
        let any = || GroupRule {
            protocol: "-1".to_owned(),
            ..GroupRule::default()
        };
        let (mut ingress, mut egress) = (any(), any());
        ingress.security_groups.push(id.to_owned());
        egress.cidrs.push("0.0.0.0/0".to_owned());
        let rules = vec![
            Rule::new(Direction::In, ingress, None),
            Rule::new(Direction::Out, egress, None),
        ];
        self.with_separate_rules(id, "default", vpc.identity().to_owned(), rules)
    }

    /// A group that is not in the plan: it may have more rules than the plan adds to it.
    fn unmanaged(&mut self, id: &str) -> Fact<SecurityGroup> {
        let live = self.resolver.live;
        match live.and_then(|live| live.network.security_groups.get(id)) {
            Some(Fact::Known(live)) => {
                let mut rules = rules_of(live);
                self.drop_removed(&mut rules, id);
                let vpc = live.vpc.clone();
                Fact::Known(self.with_separate_rules(id, &live.name, vpc, rules))
            }
            Some(other) => other.clone(),
            None if self
                .separate
                .iter()
                .any(|rule| rule.group.as_deref() == Some(id)) =>
            {
                let rules = unknown_rules(id, not_in_plan(format!("security group {id}")));
                Fact::Known(self.with_separate_rules(id, "", String::new(), rules))
            }
            None => Fact::Unavailable(not_in_plan(format!("security group {id}"))),
        }
    }

    /// Drops the rules that AWS has before apply and the plan removes.
    fn drop_removed(&self, rules: &mut Vec<Rule>, id: &str) {
        let removed = self.removed.iter();
        for removed in removed.filter(|one| one.group.as_deref() == Some(id)) {
            rules.retain(|rule| !is_same(removed, rule));
        }
    }

    /// Adds the rules that are resources of their own, with those that may be for any group.
    fn with_separate_rules(
        &mut self,
        id: &str,
        name: &str,
        vpc: String,
        mut rules: Vec<Rule>,
    ) -> SecurityGroup {
        let separate = self.separate.iter();
        let separate = separate.filter(|one| one.group.as_deref().is_none_or(|group| group == id));
        rules.extend(separate.cloned());
        keep_listed(self.resolver, id, &mut rules);
        let mut group = SecurityGroup {
            id: id.to_owned(),
            name: name.to_owned(),
            vpc,
            ..SecurityGroup::default()
        };
        for rule in rules {
            let of_direction = match rule.direction {
                Direction::In => &mut group.ingress,
                Direction::Out => &mut group.egress,
            };
            of_direction.push(match rule.unknown {
                None => rule.rule,
                Some(unknown) => {
                    let content = Fact::Unavailable(unknown.why);
                    self.unknown_peers.insert(unknown.what.clone(), content);
                    GroupRule {
                        cidrs: Vec::new(),
                        security_groups: Vec::new(),
                        prefix_lists: vec![unknown.what],
                        ..rule.rule
                    }
                }
            });
        }
        group
    }
}

fn is_same(one: &Rule, other: &Rule) -> bool {
    // With protocol -1, the ports do not matter.
    let comparable = |rule: &GroupRule| match rule.protocol.as_str() {
        "-1" => GroupRule {
            from_port: None,
            to_port: None,
            ..rule.clone()
        },
        _ => rule.clone(),
    };
    one.direction == other.direction && comparable(&one.rule) == comparable(&other.rule)
}

/// The rules of a group as AWS reports them.
fn rules_of(group: &SecurityGroup) -> Vec<Rule> {
    let ingress = group.ingress.iter().map(|rule| (Direction::In, rule));
    let egress = group.egress.iter().map(|rule| (Direction::Out, rule));
    let rules = ingress.chain(egress).flat_map(|(direction, rule)| {
        let split = split_by_peer(rule).into_iter();
        split.map(move |rule| Rule::new(direction, rule, None))
    });
    rules.collect()
}
