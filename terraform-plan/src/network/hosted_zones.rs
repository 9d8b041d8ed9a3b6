//! Private hosted zones and resolver rules: they may answer for the name of an AWS service.

use model::facts::Fact;

use super::vpcs::check_vpc_is_complete;
use crate::plan::resource::Resource;
use crate::resolve::{Resolver, ResourceKind};
use crate::unavailable::PlanValue;

/// The names of a VPC's private zones, and the domains that resolver rules forward. `None` if the plan has none and may
/// lack some.
pub fn hosted_zones(resolver: &Resolver, vpc: &str) -> Option<Fact<Vec<String>>> {
    let names = match zone_names(resolver, vpc) {
        Ok(names) => names,
        Err(why) => return Some(Fact::Unavailable(why)),
    };
    let is_complete = check_vpc_is_complete(resolver, vpc).is_ok();
    (is_complete || !names.is_empty()).then_some(Fact::Known(names))
}

fn zone_names(resolver: &Resolver, vpc: &str) -> PlanValue<Vec<String>> {
    let zones = resolver.resources("aws_route53_zone");
    // A zone of an unknown VPC may be this one's.
    let zones = zones.filter(|zone| is_zone_of(resolver, zone, vpc).unwrap_or(true));
    let rules = resolver.resources("aws_route53_resolver_rule");
    let rules = rules.filter(|rule| rule.has_text("rule_type", "FORWARD"));
    let mut names = Vec::new();
    for (resource, attribute) in zones
        .map(|zone| (zone, "name"))
        .chain(rules.map(|rule| (rule, "domain_name")))
    {
        let name = resource.text(attribute)?;
        names.extend(name.map(|name| name.trim_end_matches('.').to_ascii_lowercase()));
    }
    Ok(names)
}

fn is_zone_of(resolver: &Resolver, zone: &Resource, vpc: &str) -> PlanValue<bool> {
    for at in 0..resolver.count(zone, "vpc")? {
        if resolver.refers_to(zone, &format!("vpc.{at}.vpc_id"), ResourceKind::Vpc, vpc)? {
            return Ok(true);
        }
    }
    let kind = ResourceKind::HostedZone;
    let name = resolver.name_of(zone, kind);
    for association in resolver.referring("aws_route53_zone_association", "zone_id", kind, &name) {
        if resolver.refers_to(association?, "vpc_id", ResourceKind::Vpc, vpc)? {
            return Ok(true);
        }
    }
    Ok(false)
}
