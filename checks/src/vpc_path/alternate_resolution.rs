//! What else the name of ssmmessages may resolve to, besides public addresses. A private hosted zone, or a rule of the
//! resolver, may name an endpoint in another VPC, or one without private DNS in this one.

use super::placement::{Placement, ssmmessages_endpoint};
use crate::fact_index::FactIndex;
use aws_rules::vpc::{Ranges, Reachability, detours};
use model::facts::{Fact, Unavailable};

/// Private addresses at which ssmmessages may be.
pub struct AlternateResolution<'a> {
    what: String,
    pub addresses: Ranges,
    /// Security groups there; `None`: not known.
    pub groups: Option<&'a [String]>,
}

/// What is blocked to the internet is unknown where the name may resolve to addresses to which it is not.
pub fn or_unknown_if_resolved_elsewhere<'a>(
    reachability: Reachability,
    index: &FactIndex<'a>,
    placement: &Placement,
    judge: impl Fn(&AlternateResolution<'a>) -> Reachability,
) -> Reachability {
    match reachability {
        Reachability::Open | Reachability::Unknown(_) => reachability,
        Reachability::Blocked | Reachability::Partial => alternate_resolutions(index, placement)
            .into_iter()
            .find(|alternate| judge(alternate) != Reachability::Blocked)
            .map_or(reachability, |alternate| {
                Reachability::Unknown(alternate.unseen())
            }),
    }
}

/// By the routes of the tasks' subnet, and by an endpoint whose name is not the public one.
pub fn alternate_resolutions<'a>(
    index: &FactIndex<'a>,
    placement: &Placement,
) -> Vec<AlternateResolution<'a>> {
    let by_routes = detours(&index.rules, placement.subnet);
    let by_routes = by_routes
        .into_iter()
        .map(|(what, addresses)| AlternateResolution {
            what,
            addresses,
            groups: None,
        });
    let unnamed = match ssmmessages_endpoint(index, &placement.subnet.vpc) {
        Fact::Known(endpoint) if endpoint.may_be_named_by_a_zone() => Some(endpoint),
        _ => None,
    };
    let at_endpoint = unnamed.into_iter().flat_map(|endpoint| {
        let enis = index.paths.enis(index, endpoint);
        let alternates = enis.iter().map(|eni| AlternateResolution {
            what: format!("{} has no private DNS", endpoint.id),
            addresses: eni.addresses.clone(),
            groups: Some(&endpoint.security_groups),
        });
        alternates.collect::<Vec<_>>()
    });
    by_routes.chain(at_endpoint).collect()
}

impl AlternateResolution<'_> {
    fn unseen(&self) -> Unavailable {
        Unavailable::not_asked(
            "route53:ListHostedZonesByVPC",
            format!(
                "{}, and whether a private hosted zone resolves the name of ssmmessages to an address there is not read",
                self.what
            ),
        )
    }
}
