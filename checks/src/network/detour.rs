//! Where the name of ssmmessages may lead besides to the internet. A private hosted zone, or a rule of the resolver, may
//! name an endpoint in another VPC, or one without private DNS in this one.

use super::link::ends;
use super::placement::{Placement, ssmmessages_endpoint};
use crate::facts::{Fact, Unavailable};
use crate::reachability::{Gate, Ranges, detours};
use crate::world::World;

/// Private addresses at which ssmmessages may be.
pub struct Detour<'a> {
    what: String,
    pub addresses: Ranges,
    /// Security groups there; `None`: not known.
    pub groups: Option<&'a [String]>,
}

/// A gate that is shut for the internet, unless the name may lead to where it is not.
pub fn unless_led_elsewhere<'a>(
    gate: Gate,
    world: &World<'a>,
    placement: &Placement,
    judge: impl Fn(&Detour<'a>) -> Gate,
) -> Gate {
    match gate {
        Gate::Open | Gate::Unseen(_) => gate,
        Gate::Shut | Gate::Partly => led_elsewhere(world, placement)
            .into_iter()
            .find(|detour| judge(detour) != Gate::Shut)
            .map_or(gate, |detour| Gate::Unseen(detour.unseen())),
    }
}

/// By the routes of the tasks' subnet, and by an endpoint whose name is not the public one.
pub fn led_elsewhere<'a>(world: &World<'a>, placement: &Placement) -> Vec<Detour<'a>> {
    let by_routes = detours(&world.facts.network, placement.subnet);
    let by_routes = by_routes.into_iter().map(|(what, addresses)| Detour {
        what,
        addresses,
        groups: None,
    });
    let unnamed = match ssmmessages_endpoint(world, &placement.subnet.vpc) {
        Fact::Known(endpoint) if endpoint.may_be_named_by_a_zone() => Some(endpoint),
        _ => None,
    };
    let at_endpoint = unnamed.into_iter().flat_map(|endpoint| {
        ends(world, endpoint).into_iter().map(|end| Detour {
            what: format!("{} has no private DNS", endpoint.id),
            addresses: end.addresses,
            groups: Some(&endpoint.security_groups),
        })
    });
    by_routes.chain(at_endpoint).collect()
}

impl Detour<'_> {
    pub fn unseen(&self) -> Unavailable {
        Unavailable::not_asked(
            "route53:ListHostedZonesByVPC",
            format!(
                "{}, and whether a private hosted zone leads the name of ssmmessages there is not looked at",
                self.what
            ),
        )
    }
}
