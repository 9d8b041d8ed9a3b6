//! Private hosted zones of the plan: one may answer for a service's name in the place of AWS.

use checks::facts::Fact;

use super::is_whole;
use crate::plan::resource::{Attribute, Resource};
use crate::resolve::Resolver;
use crate::resolve::resource_kind::ResourceKind;
use crate::unavailable::PlanValue;

/// Names of the zones that a VPC asks; of resolver rules, the domains that are asked elsewhere. None where the plan
/// has no such kind and may lack some: then nobody looked.
pub fn hosted_zones(resolver: &Resolver, vpc: &str) -> Option<Fact<Vec<String>>> {
    let plan = resolver.plan;
    let mut names = Vec::new();
    for zone in plan.of_type(ResourceKind::HostedZone.resource_types()) {
        match is_of(resolver, zone, vpc) {
            Ok(false) => {}
            // It may be this VPC's.
            Ok(true) | Err(_) => match zone.text(&["name"]) {
                Ok(name) => names.extend(name.map(plain)),
                Err(why) => return Some(Fact::Unavailable(why)),
            },
        }
    }
    for rule in plan.of_type(&["aws_route53_resolver_rule"]) {
        if rule.text(&["rule_type"]) == Ok(Some("FORWARD")) {
            match rule.text(&["domain_name"]) {
                Ok(name) => names.extend(name.map(plain)),
                Err(why) => return Some(Fact::Unavailable(why)),
            }
        }
    }
    let is_all = is_whole(resolver, vpc).is_ok();
    (is_all || !names.is_empty()).then_some(Fact::Known(names))
}

fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

fn is_of(resolver: &Resolver, zone: &Resource, vpc: &str) -> PlanValue<bool> {
    let is_it = |named: PlanValue<Option<String>>| Ok(named?.as_deref() == Some(vpc));
    let count = match zone.at(&["vpc"]) {
        Attribute::Unknown if !resolver.plan.is_set(zone, "vpc") => 0,
        _ => zone.count(&["vpc"])?,
    };
    for at in 0..count {
        let path = ["vpc", &at.to_string(), "vpc_id"];
        if is_it(resolver.one(zone, &path, ResourceKind::Vpc))? {
            return Ok(true);
        }
    }
    let name = resolver.name_of(zone, ResourceKind::HostedZone);
    for join in resolver.plan.of_type(&["aws_route53_zone_association"]) {
        let of = resolver.one(join, &["zone_id"], ResourceKind::HostedZone)?;
        if of.as_deref() == Some(&name)
            && is_it(resolver.one(join, &["vpc_id"], ResourceKind::Vpc))?
        {
            return Ok(true);
        }
    }
    Ok(false)
}
