use serde_json::{Value, json};

use crate::fact_index::{FactIndex, Group};
use crate::vpc_path::acl_traversal::AclPath;
use crate::vpc_path::connection::{Connections, Hop};
use crate::vpc_path::destination::{Destination, resolve_destination};
use crate::vpc_path::hop_outcome::Affected;
use crate::vpc_path::name_servers;
use crate::vpc_path::placement::Placement;
use aws_rules::vpc::{Egress, Reachability};
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::distinct::distinct;
use model::facts::Unavailable;
use model::finding::{Finding, Severity, Subject};
use model::text;

pub const CHECK: Check = Check {
    id: "network.path",
    area: Area::Network,
    title: "The tasks reach ssmmessages",
    why: "The agent holds a channel open to ssmmessages on port 443; where it cannot be reached, sessions end with TargetNotConnectedException.",
    how: "The whole path, hop by hop, for each task's address and each address of the endpoint: the task's security groups, network ACLs, routes, then the endpoint and its security groups, or the route to the internet. This is a symptom: the hop that blocks packets has a check of its own.",
    actions: &[
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcEndpoints",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeNetworkAcls",
        "ec2:DescribeRouteTables",
    ],
    remedy: "Fix the hop that blocks the path.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html"],
    explains: &[],
    masks: &[],
    severity: Severity::High,
    on_plan: OnPlan::Judges,
    inference: Inference::Inferred,
};

/// A hop on the path, with what it does to a session's packets.
struct HopSeen {
    what: &'static str,
    id: String,
    reachability: Reachability,
}

/// Tasks of a placement that fare alike.
struct Fate<'p, 'a> {
    tasks: Affected<'p, 'a>,
    connections: &'p Connections,
    reachability: Reachability,
}

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_running(&CHECK, |group, _| {
        let places = &group.placements;
        let mut findings: Vec<Finding> = places
            .placed
            .iter()
            .flat_map(|placement| judge(index, group, placement))
            .collect();
        for (task, why) in &places.unplaced {
            let subject = group.task_subject(task);
            let finding = match index.has_no_network(task) {
                true => CHECK
                    .fail(
                        subject,
                        format!("The containers of task {} have no network", task.id()),
                    )
                    .detail(
                        "The task definition's networkMode is none, so the agent reaches nothing.",
                    )
                    .group_title("Tasks have no network"),
                false => CHECK.unknown(subject, why),
            };
            findings.push(finding.on(*task));
        }
        findings
    })
}

fn judge<'a>(index: &FactIndex<'a>, group: &Group<'a>, placement: &Placement<'a>) -> Vec<Finding> {
    let subject =
        Subject::new("subnet", placement.subnet.id.as_str()).of_service(group.service_name());
    let destination = match resolve_destination(index, placement) {
        Ok(destination) => destination,
        Err(why) => {
            return vec![CHECK.unknown(subject, &why).on(placement.arns.clone())];
        }
    };
    if destination == Destination::Internet && !placement.way.leads_out() {
        // Without a way out nobody can say what its rules would do.
        let finding = without_way_out(placement, subject);
        return vec![finding.on(placement.arns.clone())];
    }
    let doubt = match &destination {
        Destination::Endpoint(endpoint) => name_servers::doubt(index, placement, endpoint),
        Destination::Internet => None,
    };
    let doubt = doubt.map_or(Reachability::Open, Reachability::Unknown);
    fates(index, placement, &destination, &doubt)
        .iter()
        .map(|fate| {
            let hops = hops(placement, &destination, fate.connections, &doubt);
            of_fate(placement, &destination, fate, subject.clone())
                .evidence("hops", hops_evidence(hops))
                .on(fate.tasks.arns(placement))
        })
        .collect()
}

fn fates<'p, 'a>(
    index: &FactIndex,
    placement: &'p Placement<'a>,
    destination: &Destination,
    doubt: &Reachability,
) -> Vec<Fate<'p, 'a>> {
    let mut all: Vec<(Vec<_>, Fate)> = Vec::new();
    for (class, connections) in placement.connections(index, destination) {
        let by_eni = connections
            .each()
            .map(|(_, reachability, hop)| (reachability, hop));
        let by_eni: Vec<_> = by_eni.collect();
        let reachability = connections.reachability.clone().and(doubt.clone());
        let is_same = |(enis, fate): &&mut (Vec<_>, Fate)| {
            *enis == by_eni && fate.reachability == reachability
        };
        match all.iter_mut().find(is_same) {
            Some((_, same)) => same.tasks.classes.push(class),
            None => {
                let tasks = Affected {
                    classes: vec![class],
                    are_all: false,
                };
                let fate = Fate {
                    tasks,
                    connections,
                    reachability,
                };
                all.push((by_eni, fate));
            }
        }
    }
    if let [(_, only)] = all.as_mut_slice() {
        only.tasks.are_all = true;
    }
    all.into_iter().map(|(_, fate)| fate).collect()
}

fn of_fate(
    placement: &Placement,
    destination: &Destination,
    fate: &Fate,
    subject: Subject,
) -> Finding {
    let subnet = &placement.subnet.id;
    let tasks = &fate.tasks;
    let (who, reaches, cannot) = match tasks.are_all {
        true => (subnet.clone(), "reaches", "cannot reach"),
        false if tasks.tasks().nth(1).is_some() => {
            let who = format!("{} in {subnet}", tasks.told_first());
            (who, "reach", "cannot reach")
        }
        false => {
            let who = format!("{} in {subnet}", tasks.told_first());
            (who, "reaches", "cannot reach")
        }
    };
    let target = match destination {
        Destination::Endpoint(endpoint) => format!("through {}", endpoint.id),
        Destination::Internet => "over the internet".to_owned(),
    };
    let finding = match &fate.reachability {
        Reachability::Blocked => CHECK
            .fail(subject, format!("{who} {cannot} ssmmessages"))
            .detail(where_it_ends(placement, destination, fate, &target))
            .group_title("Tasks cannot reach ssmmessages"),
        Reachability::Open => {
            return CHECK.pass(subject, format!("{who} {reaches} ssmmessages {target}"));
        }
        Reachability::Partial => CHECK
            .warn(
                subject,
                format!("{who} {reaches} ssmmessages {target}, but not by every interface or port"),
            )
            .detail(where_it_ends(placement, destination, fate, &target))
            .group_title("Tasks reach ssmmessages in part only"),
        Reachability::Unknown(why) => return CHECK.unknown(subject, why),
    };
    let interfaces: Vec<Value> = fate
        .connections
        .each()
        .map(|(eni, reachability, hop)| {
            json!({
                "interface": eni.name,
                "gate": reachability.word(),
                "hop": hop.map(name),
            })
        })
        .collect();
    let finding = match interfaces.is_empty() {
        true => finding,
        false => finding.evidence("interfaces", interfaces),
    };
    tasks.evidence(finding)
}

/// The hops that packets do not pass: one for all interfaces, or one for each.
fn where_it_ends(
    placement: &Placement,
    destination: &Destination,
    fate: &Fate,
    target: &str,
) -> String {
    let connections = fate.connections;
    let is_one = fate.tasks.classes.len() == 1;
    let told = |hop: Hop, number: Option<usize>| {
        let what = told_hop(placement, destination, hop);
        let paths = match number {
            Some(number) => &connections.acl_paths[number..=number],
            None => connections.acl_paths.as_slice(),
        };
        let why: Vec<String> = match hop {
            // Other classes of the tasks may meet other rules.
            Hop::Acls if is_one => paths.iter().map(AclPath::told).collect(),
            Hop::Routes => connections.diversions().map(str::to_owned).collect(),
            Hop::Acls | Hop::TaskEgress | Hop::EndpointIngress => Vec::new(),
        };
        let why = distinct(why.into_iter().filter(|why| !why.is_empty()));
        match why.as_slice() {
            [] => what,
            why => format!("{what} ({})", text::list(why)),
        }
    };
    let blocking: Vec<(usize, String, Hop)> = connections
        .each()
        .enumerate()
        .filter_map(|(number, (eni, _, hop))| Some((number, eni.name.clone(), hop?)))
        .collect();
    let hops: Vec<Hop> = blocking.iter().map(|(_, _, hop)| *hop).collect();
    let is_same = hops.windows(2).all(|two| two[0] == two[1]);
    match (hops.as_slice(), is_same) {
        ([], _) => {
            let is_shut = |hop: &Hop| {
                !matches!(
                    connections.at(*hop),
                    Reachability::Open | Reachability::Unknown(_)
                )
            };
            let hop = [Hop::TaskEgress, Hop::Acls, Hop::Routes]
                .into_iter()
                .find(is_shut);
            let at = hop.map_or_else(String::new, |hop| told(hop, None));
            format!("The path {target} ends at: {at}.")
        }
        ([hop, ..], true) if hops.len() == connections.enis.len() => {
            format!("The path {target} ends at: {}.", told(*hop, None))
        }
        _ => {
            let each = blocking
                .into_iter()
                .map(|(number, eni, hop)| format!("to {eni} at: {}", told(hop, Some(number))));
            format!(
                "The path {target} ends {}.",
                text::list(&Vec::from_iter(each))
            )
        }
    }
}

fn name(hop: Hop) -> &'static str {
    match hop {
        Hop::TaskEgress => "security groups of the task",
        Hop::Acls => "network ACLs of",
        Hop::Routes => "routes of",
        Hop::EndpointIngress => "security groups of the endpoint",
    }
}

fn told_hop(placement: &Placement, destination: &Destination, hop: Hop) -> String {
    format!("{} {}", name(hop), id(placement, destination, hop))
}

fn id(placement: &Placement, destination: &Destination, hop: Hop) -> String {
    match (hop, destination) {
        (Hop::TaskEgress, _) => placement
            .groups
            .known()
            .map_or("unknown".to_owned(), |groups| groups.join(",")),
        (Hop::EndpointIngress, Destination::Endpoint(endpoint)) => {
            endpoint.security_groups.join(",")
        }
        _ => placement.subnet.id.clone(),
    }
}

fn hops(
    placement: &Placement,
    destination: &Destination,
    connections: &Connections,
    doubt: &Reachability,
) -> Vec<HopSeen> {
    let seen = |hop: Hop| HopSeen {
        what: name(hop),
        id: id(placement, destination, hop),
        reachability: connections.at(hop),
    };
    let near = [Hop::TaskEgress, Hop::Acls].into_iter();
    match destination {
        Destination::Endpoint(endpoint) => near
            .chain([Hop::Routes, Hop::EndpointIngress])
            .map(seen)
            .chain([HopSeen {
                what: "interface endpoint",
                id: endpoint.id.clone(),
                reachability: doubt.clone(),
            }])
            .collect(),
        Destination::Internet => near
            .map(seen)
            .chain([HopSeen {
                what: "route out of",
                id: placement.way.gateways().join(","),
                reachability: connections.at(Hop::Routes),
            }])
            .collect(),
    }
}

fn without_way_out(placement: &Placement, subject: Subject) -> Finding {
    let subnet = &placement.subnet.id;
    let (id, why) = match &placement.way {
        Egress::Unclear(what) => (
            subnet,
            Some(Unavailable::not_asked("ec2:DescribeRouteTables", what)),
        ),
        Egress::Unavailable(why) => (subnet, Some(why.clone())),
        Egress::NoPublicAddress(id)
        | Egress::Blackhole(id)
        | Egress::NatWithoutInternet { gateway: id, .. } => (id, None),
        _ => (subnet, None),
    };
    let finding = match &why {
        Some(why) => CHECK.unknown(subject, why),
        None => CHECK
            .fail(subject, format!("{subnet} cannot reach ssmmessages"))
            .detail(format!(
                "The path over the internet ends at: route out of {id}."
            ))
            .group_title("Tasks cannot reach ssmmessages"),
    };
    let hop = HopSeen {
        what: "route out of",
        id: id.clone(),
        reachability: why.map_or(Reachability::Blocked, Reachability::Unknown),
    };
    finding.evidence("hops", hops_evidence(vec![hop]))
}

/// Hops as evidence: what each is, its ID, and whether it lets packets through.
fn hops_evidence(hops: Vec<HopSeen>) -> Value {
    let json =
        |hop: HopSeen| json!({"hop": hop.what, "id": hop.id, "gate": hop.reachability.word()});
    hops.into_iter().map(json).collect()
}
