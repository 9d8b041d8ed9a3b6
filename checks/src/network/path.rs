use serde_json::{Value, json};

use crate::prelude::*;
use crate::vpc_path::{
    AclPath, AffectedTasks, Connections, Destination, Hop, Placement, connections_by_class,
    group_classes, name_servers, resolve_ssmmessages,
};
use aws_rules::vpc::{Egress, Reachability};

pub const CHECK: Check = Check {
    id: "network.path",
    title: "The tasks reach ssmmessages",
    why: "The agent keeps a channel open to ssmmessages on port 443. If it cannot reach ssmmessages, sessions end with TargetNotConnectedException.",
    how: "The whole path, hop by hop, for each task's address and each address of the endpoint: the task's security groups, network ACLs, routes, then the endpoint and its security groups, or the route to the internet. A failure is a symptom: the hop that blocks packets has a check of its own.",
    actions: &[
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcEndpoints",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeNetworkAcls",
        "ec2:DescribeRouteTables",
    ],
    remedy: "Fix the hop that blocks the path.",
    docs: &[aws_pages::VPC_ENDPOINTS],
    severity: Severity::High,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_running(&CHECK, |group, _| {
        let mut findings: Vec<Finding> = Vec::new();
        for placement in &group.placements.placed {
            let subject = group.subnet_subject(placement);
            findings.extend(judge(index, placement, subject));
        }
        for (task, why) in &group.placements.unplaced {
            let subject = group.task_subject(task);
            let finding = match index.has_no_network(task) {
                true => {
                    let title = format!("The containers of task {} have no network", task.id());
                    CHECK
                        .fail(subject, title)
                        .detail("The task definition's networkMode is none, so the agent has no network.")
                        .group_title("Tasks have no network")
                }
                false => CHECK.unknown(subject, why),
            };
            findings.push(finding.on(*task));
        }
        findings
    })
}

fn judge<'a>(index: &FactIndex<'a>, placement: &Placement<'a>, subject: Subject) -> Vec<Finding> {
    let network = &index.network;
    let on_all = |finding: Finding| vec![finding.on(placement.scope())];
    let destination = match resolve_ssmmessages(network, placement) {
        Ok(destination) => destination,
        Err(why) => return on_all(CHECK.unknown(subject, &why)),
    };
    if destination == Destination::Internet && !placement.egress.reaches_internet() {
        return on_all(without_egress(placement, subject));
    }
    let ambiguity = match &destination {
        Destination::Endpoint(endpoint) => name_servers::ambiguity(network, placement, endpoint),
        Destination::Internet => None,
    };
    let dns = ambiguity.map_or(Reachability::Open, Reachability::Unknown);
    let by_class = connections_by_class(network, placement, &destination);
    let answers = by_class.map(|(class, connections)| {
        let by_eni = connections.by_eni();
        let by_eni: Vec<_> = by_eni
            .map(|(_, reachability, hop)| (reachability, hop))
            .collect();
        let reachability = connections.reachability.clone().and(dns.clone());
        (class, connections, (by_eni, reachability))
    });
    let groups = group_classes(answers).into_iter();
    let findings = groups.map(|((_, reachability), tasks, connections)| {
        let path = Path {
            placement,
            destination: &destination,
            tasks: &tasks,
            connections: &connections[0],
        };
        path.finding(&reachability, subject.clone())
            .evidence("hops", path.hops(&dns))
            .on(tasks.scope(placement))
    });
    findings.collect()
}

/// The path of tasks to which every hop does the same.
struct Path<'p, 'a> {
    placement: &'p Placement<'a>,
    destination: &'p Destination<'a>,
    tasks: &'p AffectedTasks<'p, 'a>,
    connections: &'p Connections,
}

impl Path<'_, '_> {
    fn finding(&self, reachability: &Reachability, subject: Subject) -> Finding {
        let tasks = self.tasks;
        let who = tasks.describe_in_subnet(&self.placement.subnet.id);
        let reach = match !tasks.are_all && tasks.tasks().nth(1).is_some() {
            true => "reach",
            false => "reaches",
        };
        let target = match self.destination {
            Destination::Endpoint(endpoint) => format!("through {}", endpoint.id),
            Destination::Internet => "over the internet".to_owned(),
        };
        let finding = match reachability {
            Reachability::Open => {
                return CHECK.pass(subject, format!("{who} {reach} ssmmessages {target}"));
            }
            Reachability::Unknown(why) => return CHECK.unknown(subject, why),
            Reachability::Blocked => CHECK
                .fail(subject, format!("{who} cannot reach ssmmessages"))
                .group_title("Tasks cannot reach ssmmessages"),
            Reachability::Partial => {
                let title = format!(
                    "{who} {reach} ssmmessages {target}, but not through every interface or port"
                );
                CHECK
                    .warn(subject, title)
                    .group_title("Tasks reach ssmmessages only in part")
            }
        };
        let finding = finding.detail(self.describe_end(&target));
        let interfaces: Vec<Value> = self
            .connections
            .by_eni()
            .map(|(eni, reachability, hop)| {
                let hop = hop.map(hop_name);
                json!({"interface": eni.name, "gate": reachability.word(), "hop": hop})
            })
            .collect();
        let finding = match interfaces.is_empty() {
            true => finding,
            false => finding.evidence("interfaces", interfaces),
        };
        tasks.add_evidence(finding)
    }

    /// A sentence that names the hops that block packets: one for all interfaces, or one for each.
    fn describe_end(&self, target: &str) -> String {
        let connections = self.connections;
        let blocking: Vec<(usize, &str, Hop)> = connections
            .by_eni()
            .enumerate()
            .filter_map(|(number, (eni, _, hop))| Some((number, eni.name.as_str(), hop?)))
            .collect();
        let all_paths = &connections.acl_paths;
        let hop = match blocking.as_slice() {
            [] => {
                let is_shut = |hop: &Hop| {
                    let reachability = connections.at(*hop);
                    matches!(reachability, Reachability::Blocked | Reachability::Partial)
                };
                let hops = [Hop::TaskEgress, Hop::Acls, Hop::Routes];
                hops.into_iter().find(is_shut)
            }
            [(_, _, first), rest @ ..]
                if blocking.len() == connections.enis.len()
                    && rest.iter().all(|(_, _, hop)| hop == first) =>
            {
                Some(*first)
            }
            _ => {
                let each = blocking.iter().map(|(number, eni, hop)| {
                    let end = self.describe_hop(*hop, &all_paths[*number..=*number]);
                    format!("to {eni} at: {end}")
                });
                let each = text::list(&Vec::from_iter(each));
                return format!("The path {target} ends {each}.");
            }
        };
        let end = hop.map_or_else(String::new, |hop| self.describe_hop(hop, all_paths));
        format!("The path {target} ends at: {end}.")
    }

    /// A noun phrase for a hop, with the reasons why it blocks packets on these paths.
    fn describe_hop(&self, hop: Hop, paths: &[AclPath]) -> String {
        let reasons: Vec<String> = match hop {
            // Other classes of the tasks may meet other rules.
            Hop::Acls if self.tasks.classes.len() == 1 => {
                paths.iter().map(AclPath::describe_refusals).collect()
            }
            Hop::Routes => self.connections.diversions().map(str::to_owned).collect(),
            Hop::Acls | Hop::TaskEgress | Hop::EndpointIngress => Vec::new(),
        };
        let reasons = distinct(reasons.into_iter().filter(|reason| !reason.is_empty()));
        let (name, id) = (hop_name(hop), self.hop_id(hop));
        match reasons.as_slice() {
            [] => format!("{name} {id}"),
            reasons => format!("{name} {id} ({})", text::list(reasons)),
        }
    }

    fn hop_id(&self, hop: Hop) -> String {
        match (hop, self.destination) {
            (Hop::TaskEgress, _) => self
                .placement
                .security_groups
                .known()
                .map_or("unknown".to_owned(), |groups| groups.join(",")),
            (Hop::EndpointIngress, Destination::Endpoint(endpoint)) => {
                endpoint.security_groups.join(",")
            }
            _ => self.placement.subnet.id.clone(),
        }
    }

    /// The hops as evidence. `dns`: whether the name certainly resolves to the endpoint.
    fn hops(&self, dns: &Reachability) -> Vec<Value> {
        let evidence =
            |hop: Hop| hop_evidence(hop_name(hop), &self.hop_id(hop), &self.connections.at(hop));
        let mut hops = vec![evidence(Hop::TaskEgress), evidence(Hop::Acls)];
        match self.destination {
            Destination::Endpoint(endpoint) => hops.extend([
                evidence(Hop::Routes),
                evidence(Hop::EndpointIngress),
                hop_evidence("interface endpoint", &endpoint.id, dns),
            ]),
            Destination::Internet => {
                let gateways = self.placement.egress.gateways().join(",");
                hops.push(hop_evidence(
                    ROUTE_OUT,
                    &gateways,
                    &self.connections.at(Hop::Routes),
                ));
            }
        }
        hops
    }
}

const ROUTE_OUT: &str = "route out of";

fn hop_name(hop: Hop) -> &'static str {
    match hop {
        Hop::TaskEgress => "security groups of the task",
        Hop::Acls => "network ACLs of",
        Hop::Routes => "routes of",
        Hop::EndpointIngress => "security groups of the endpoint",
    }
}

/// Without egress the effect of the rules on the path is unknown.
fn without_egress(placement: &Placement, subject: Subject) -> Finding {
    let subnet = &placement.subnet.id;
    let (id, why) = match &placement.egress {
        Egress::Unclear(reason) => {
            let why = Unavailable::not_asked("ec2:DescribeRouteTables", reason);
            (subnet, Some(why))
        }
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
                "The path over the internet ends at: {ROUTE_OUT} {id}."
            ))
            .group_title("Tasks cannot reach ssmmessages"),
    };
    let reachability = why.map_or(Reachability::Blocked, Reachability::Unknown);
    finding.evidence("hops", vec![hop_evidence(ROUTE_OUT, id, &reachability)])
}

fn hop_evidence(name: &str, id: &str, reachability: &Reachability) -> Value {
    json!({"hop": name, "id": id, "gate": reachability.word()})
}
