//! Private hosted zones: one of the VPC can resolve a service's name to an endpoint without private DNS.

use super::network_index::NetworkIndex;
use model::facts::{Endpoint, Fact, Unavailable};

/// Whether a zone may resolve a service's name to an endpoint.
#[derive(PartialEq)]
pub enum ZoneMatch<'a> {
    Zone(&'a str),
    /// The VPC has no zone for the name.
    None,
    /// The zones were not read.
    Unknown,
}

/// The zone for an endpoint.
pub fn zone_match<'a>(network: &NetworkIndex<'a>, endpoint: &Endpoint) -> ZoneMatch<'a> {
    if !endpoint.may_be_named_by_a_zone() {
        return ZoneMatch::None;
    }
    let Some(Fact::Known(zones)) = network.facts.network.hosted_zones.get(&endpoint.vpc) else {
        return ZoneMatch::Unknown;
    };
    let service = endpoint.service.rsplit('.').next().unwrap_or_default();
    find_zone(network, zones, service).map_or(ZoneMatch::None, ZoneMatch::Zone)
}

/// The zone that answers for the public name of a service.
fn find_zone<'a>(network: &NetworkIndex, zones: &'a [String], service: &str) -> Option<&'a str> {
    let host = network.facts.host_of(service);
    let has_host = |zone: &&String| {
        let before = host.strip_suffix(zone.as_str());
        before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    zones.iter().find(has_host).map(String::as_str)
}

/// Why it is unknown what the name of ssmmessages resolves to in a VPC without an endpoint for it: a private hosted zone
/// replaces the public one, even for names without a record.
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-considerations.html>
pub fn internet_ambiguity(network: &NetworkIndex, vpc: &str) -> Option<Unavailable> {
    let zones = network.facts.network.hosted_zones.get(vpc)?.known()?;
    let zone = find_zone(network, zones, "ssmmessages")?;
    Some(Unavailable::not_asked(
        "route53:ListHostedZonesByVPC",
        format!(
            "the private hosted zone {zone} of {vpc} answers for the name of ssmmessages, and its records were not read"
        ),
    ))
}

/// Why it is unknown what the name resolves to: a zone may resolve it to this endpoint.
pub fn ambiguity(network: &NetworkIndex, endpoint: &Endpoint) -> Option<Unavailable> {
    let ZoneMatch::Zone(zone) = zone_match(network, endpoint) else {
        return None;
    };
    Some(Unavailable::not_asked(
        "route53:ListHostedZonesByVPC",
        format!(
            "{} has no private DNS, and whether the private hosted zone {zone} of {} resolves the name to it was not read",
            endpoint.id, endpoint.vpc
        ),
    ))
}
