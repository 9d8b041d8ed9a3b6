//! Custom DNS servers of a VPC or of containers: whether they resolve an endpoint's private name is unknown.

use super::destination::Destination;
use super::network_index::NetworkIndex;
use super::placement::Placement;
use super::trace::{connections_by_class, dns_egress_to};
use aws_rules::iam::{statements, strings};
use aws_rules::vpc::Reachability;
use model::facts::{Endpoint, Fact, Unavailable};
use model::text;
use serde_json::Value;

/// The DNS servers of a VPC other than Amazon's; none if the collector had no reason to read them.
pub fn custom_servers<'a>(
    network: &NetworkIndex<'a>,
    vpc: &str,
) -> Result<&'a [String], &'a Unavailable> {
    let vpc = network.facts.network.vpcs.get(vpc).and_then(Fact::known);
    match vpc.and_then(|vpc| vpc.own_name_servers.as_ref()) {
        Some(Fact::Known(servers)) => Ok(servers),
        Some(Fact::Unavailable(why)) => Err(why),
        Some(Fact::Absent) | None => Ok(&[]),
    }
}

/// Why it is unknown whether tasks of a VPC use this endpoint.
pub fn vpc_ambiguity(
    network: &NetworkIndex,
    vpc: &str,
    endpoint: &Endpoint,
) -> Option<Unavailable> {
    let servers = match custom_servers(network, vpc) {
        Ok([]) => return None,
        Ok(servers) => servers,
        Err(why) => return Some(why.clone()),
    };
    let (action, clients) = ("ec2:DescribeDhcpOptions", format!("tasks in {vpc}"));
    Some(unknown_answer(action, &clients, servers, endpoint))
}

fn unknown_answer(
    action: &str,
    clients: &str,
    servers: &[impl AsRef<str>],
    endpoint: &Endpoint,
) -> Unavailable {
    Unavailable::not_asked(
        action,
        format!(
            "{clients} use the DNS servers {}, and whether these resolve the private name of {} is unknown",
            text::list(servers),
            endpoint.id
        ),
    )
}

/// Why it is unknown whether the tasks of a placement reach the service: custom DNS servers decide, and not every answer
/// leads to an open path.
pub fn ambiguity<'a>(
    network: &NetworkIndex<'a>,
    placement: &Placement<'a>,
    endpoint: &'a Endpoint,
) -> Option<Unavailable> {
    let vpc = &placement.subnet.vpc;
    let why = match placement.dns_servers.as_slice() {
        [] => vpc_ambiguity(network, vpc, endpoint)?,
        servers => {
            let action = "ecs:DescribeTaskDefinition";
            unknown_answer(action, "its containers", servers, endpoint)
        }
    };
    let servers = custom_servers(network, vpc).unwrap_or_default().iter();
    let servers = servers
        .map(String::as_str)
        .chain(placement.dns_servers.iter().copied());
    let servers: Vec<&str> = servers.collect();
    let is_open = |destination: &Destination<'a>| {
        connections_by_class(network, placement, destination)
            .all(|(_, connections)| connections.reachability == Reachability::Open)
    };
    let any_answer_works = (servers.is_empty()
        || dns_egress_to(network, placement, &servers) == Reachability::Open)
        && placement.egress.reaches_internet()
        && is_open(&Destination::Internet)
        && is_open(&Destination::Endpoint(endpoint))
        && allows_everything(endpoint);
    (!any_answer_works).then_some(why)
}

/// Whether the endpoint's policy allows everything to everyone, as AWS's default policy does.
fn allows_everything(endpoint: &Endpoint) -> bool {
    let Some(policy) = &endpoint.policy else {
        return true;
    };
    let has = |value: &Value, text: &str| strings(value).iter().any(|item| item == text);
    let allows_all = |statement: &Value| {
        let principal = &statement["Principal"];
        (has(principal, "*") || has(&principal["AWS"], "*"))
            && has(&statement["Action"], "*")
            && has(&statement["Resource"], "*")
            && statement["Condition"].is_null()
    };
    let statements = statements(policy);
    statements.iter().any(allows_all)
        && statements
            .iter()
            .all(|statement| statement["Effect"] == "Allow")
}
