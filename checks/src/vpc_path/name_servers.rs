//! DNS servers of the VPC's own: whether they know an endpoint's private name, AWS does not tell.

use super::connection::{asking, connections};
use super::destination::Destination;
use super::endpoint::lets_everybody;
use super::placement::Placement;
use crate::fact_index::FactIndex;
use aws_rules::vpc::Reachability;
use model::facts::{Endpoint, Fact, Unavailable};
use model::text;

/// The DNS servers other than Amazon's that tasks of a VPC ask; none where nobody needed to look.
pub fn own<'a>(index: &FactIndex<'a>, vpc: &str) -> Result<&'a [String], &'a Unavailable> {
    match index.facts.network.vpcs.get(vpc) {
        Some(Fact::Known(vpc)) => match &vpc.own_name_servers {
            Some(Fact::Known(servers)) => Ok(servers),
            Some(Fact::Unavailable(why)) => Err(why),
            Some(Fact::Absent) | None => Ok(&[]),
        },
        Some(Fact::Unavailable(_) | Fact::Absent) | None => Ok(&[]),
    }
}

/// Why nobody can tell whether tasks of a VPC use this endpoint, if so.
pub fn unseen(index: &FactIndex, vpc: &str, endpoint: &Endpoint) -> Option<Unavailable> {
    match own(index, vpc) {
        Ok([]) => None,
        Ok(servers) => Some(asked(
            "ec2:DescribeDhcpOptions",
            format!("tasks in {vpc}"),
            servers,
            endpoint,
        )),
        Err(why) => Some(why.clone()),
    }
}

fn asked(
    action: &str,
    who: String,
    servers: &[impl AsRef<str>],
    endpoint: &Endpoint,
) -> Unavailable {
    Unavailable::not_asked(
        action,
        format!(
            "{who} ask the DNS servers {}, and whether these know the private name of {} is not to be seen",
            text::list(servers),
            endpoint.id
        ),
    )
}

/// The same where it makes a difference: if they may be asked, and the endpoint and the way out are both open, any
/// answer does. Containers may ask servers of their own.
pub fn doubt<'a>(
    index: &FactIndex<'a>,
    placement: &Placement<'a>,
    endpoint: &'a Endpoint,
) -> Option<Unavailable> {
    let of_containers = placement.dns_servers.as_slice();
    let why = match of_containers {
        [] => unseen(index, &placement.subnet.vpc, endpoint)?,
        servers => asked(
            "ecs:DescribeTaskDefinition",
            "its containers".to_owned(),
            servers,
            endpoint,
        ),
    };
    let own = own(index, &placement.subnet.vpc).unwrap_or_default();
    let servers = own
        .iter()
        .map(String::as_str)
        .chain(of_containers.iter().copied());
    (!both_are_open(index, placement, endpoint, &Vec::from_iter(servers))).then_some(why)
}

fn both_are_open<'a>(
    index: &FactIndex<'a>,
    placement: &Placement<'a>,
    endpoint: &'a Endpoint,
    servers: &[&str],
) -> bool {
    let are_open = |destination: &Destination<'a>| {
        placement.classes.iter().all(|class| {
            let connections = connections(index, placement, class, destination);
            connections.reachability == Reachability::Open
        })
    };
    (servers.is_empty() || asking(index, placement, servers) == Reachability::Open)
        && placement.way.leads_out()
        && are_open(&Destination::Internet)
        && are_open(&Destination::Endpoint(endpoint))
        && lets_everybody(endpoint)
}
