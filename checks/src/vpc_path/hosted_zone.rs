//! Private hosted zones: one of the VPC may give a service's name to an endpoint that has no private DNS.

use crate::fact_index::FactIndex;
use model::facts::{Endpoint, Fact, Unavailable};

/// Whether a zone may name an endpoint.
#[derive(PartialEq)]
pub enum Naming<'a> {
    By(&'a str),
    /// The VPC has no zone for the name.
    ByNone,
    /// Nobody could look.
    Unseen,
}

pub fn naming<'a>(index: &FactIndex<'a>, endpoint: &Endpoint) -> Naming<'a> {
    if !endpoint.may_be_named_by_a_zone() {
        return Naming::ByNone;
    }
    let Some(Fact::Known(zones)) = index.facts.network.hosted_zones.get(&endpoint.vpc) else {
        return Naming::Unseen;
    };
    let service = endpoint.service.rsplit('.').next().unwrap_or_default();
    match holding(index, zones, service) {
        Some(zone) => Naming::By(zone),
        None => Naming::ByNone,
    }
}

/// The zone that answers for the public name of a service.
fn holding<'a>(index: &FactIndex, zones: &'a [String], service: &str) -> Option<&'a str> {
    let host = index.facts.host_of(service);
    let holds = |zone: &&String| {
        let before = host.strip_suffix(zone.as_str());
        before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    zones.iter().find(holds).map(String::as_str)
}

/// Why nobody can tell where the name of ssmmessages leads in a VPC without an endpoint that answers to it: a private
/// hosted zone answers in the place of the public one, also for names that it has no record of.
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-considerations.html>
pub fn doubt_of_internet(index: &FactIndex, vpc: &str) -> Option<Unavailable> {
    let zones = index.facts.network.hosted_zones.get(vpc)?.known()?;
    let zone = holding(index, zones, "ssmmessages")?;
    Some(Unavailable::not_asked(
        "route53:ListHostedZonesByVPC",
        format!(
            "the private hosted zone {zone} of {vpc} answers for the name of ssmmessages, and its records are not looked at"
        ),
    ))
}

/// Why nobody can tell where the name leads, if a zone may lead it to this endpoint.
pub fn doubt(index: &FactIndex, endpoint: &Endpoint) -> Option<Unavailable> {
    let Naming::By(zone) = naming(index, endpoint) else {
        return None;
    };
    Some(Unavailable::not_asked(
        "route53:ListHostedZonesByVPC",
        format!(
            "{} has no private DNS, and whether the private hosted zone {zone} of {} leads the name to it is not looked at",
            endpoint.id, endpoint.vpc
        ),
    ))
}
