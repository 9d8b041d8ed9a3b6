//! Private addresses that the name of ssmmessages may resolve to instead of public ones: a private hosted zone or a
//! resolver rule can name an endpoint in another VPC, or one without private DNS in this VPC.

use super::endpoint_eni::endpoint_enis;
use super::network_index::NetworkIndex;
use super::placement::Placement;
use aws_rules::vpc::{AddressSet, Reachability, non_internet_routes};
use model::facts::{Fact, Unavailable};

/// Addresses that the name of ssmmessages may resolve to.
pub struct AlternateResolution<'a> {
    /// A clause that says why.
    reason: String,
    pub addresses: AddressSet,
    /// Security groups of the interfaces with these addresses; `None`: unknown.
    pub groups: Option<&'a [String]>,
}

/// A blocked path to the internet makes the answer unknown if the path to an alternate resolution is not blocked.
pub fn or_unknown_if_resolved_elsewhere<'a>(
    reachability: Reachability,
    network: &NetworkIndex<'a>,
    placement: &Placement,
    judge: impl Fn(&AlternateResolution<'a>) -> Reachability,
) -> Reachability {
    match reachability {
        Reachability::Open | Reachability::Unknown(_) => reachability,
        Reachability::Blocked | Reachability::Partial => alternate_resolutions(network, placement)
            .into_iter()
            .find(|alternate| judge(alternate) != Reachability::Blocked)
            .map_or(reachability, |alternate| {
                Reachability::Unknown(Unavailable::not_asked(
                    "route53:ListHostedZonesByVPC",
                    format!(
                        "{}, and whether a private hosted zone resolves the name of ssmmessages to an address there was not read",
                        alternate.reason
                    ),
                ))
            }),
    }
}

/// Through routes of the tasks' subnet, and at an endpoint without private DNS.
fn alternate_resolutions<'a>(
    network: &NetworkIndex<'a>,
    placement: &Placement,
) -> Vec<AlternateResolution<'a>> {
    let routes = non_internet_routes(&network.rules, placement.subnet).into_iter();
    let mut alternates: Vec<AlternateResolution> = routes
        .map(|(reason, addresses)| AlternateResolution {
            reason,
            addresses,
            groups: None,
        })
        .collect();
    if let Fact::Known(endpoint) = network.ssmmessages_endpoint(&placement.subnet.vpc)
        && endpoint.may_be_named_by_a_zone()
    {
        let enis = endpoint_enis(&network.facts.network, endpoint).into_iter();
        alternates.extend(enis.map(|eni| AlternateResolution {
            reason: format!("{} has no private DNS", endpoint.id),
            addresses: eni.addresses,
            groups: Some(&endpoint.security_groups),
        }));
    }
    alternates
}
