use std::sync::Arc;

use serde_json::{Value, json};

use super::crossing::acls;
use super::goal::goal;
use super::link::{Goal, endpoint_ingress, routing, task_egress};
use super::name_servers;
use super::placement::Placement;
use crate::check::Check;
use crate::facts::Unavailable;
use crate::finding::{Finding, Severity, Subject};
use crate::made_once::MadeOnce;
use crate::reachability::{Gate, Way};
use crate::world::{Group, World};

pub const CHECK: Check = Check {
    id: "network.path",
    title: "The tasks reach ssmmessages",
    why: "The agent holds a channel open to ssmmessages on port 443; where it cannot be reached, sessions end with TargetNotConnectedException.",
    how: "The whole way, hop by hop: the task's security groups, network ACLs, then the endpoint and its security groups, or the route to the internet. This is a symptom: the hop that is shut has a check of its own.",
    actions: &[
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcEndpoints",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeNetworkAcls",
        "ec2:DescribeRouteTables",
    ],
    remedy: "Mend the hop at which the way ends.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html"],
    explains: &[],
    masks: &[],
    severity: Severity::High,
    run,
};

/// One thing on the way, with what it does to a session's packets.
struct Hop {
    what: &'static str,
    id: String,
    gate: Gate,
}

fn run(world: &World) -> Vec<Finding> {
    let told = Told::default();
    world.each_running(&CHECK, |group, _| {
        let places = &group.placements;
        let mut findings: Vec<Finding> = places
            .placed
            .iter()
            .map(|placement| judge(world, group, placement, &told).on(placement.arns.clone()))
            .collect();
        for (task, why) in &places.unplaced {
            let subject = group.task_subject(task);
            let finding = match world.has_no_network(task) {
                true => CHECK
                    .fail(
                        subject,
                        format!("The containers of task {} have no network", task.id()),
                    )
                    .detail(
                        "The task definition's networkMode is none, so the agent reaches nothing.",
                    )
                    .cause("Tasks have no network"),
                false => CHECK.unknown(subject, why),
            };
            findings.push(finding.on(*task));
        }
        findings
    })
}

fn judge(world: &World, group: &Group, placement: &Placement, told: &Told) -> Finding {
    let subnet = &placement.subnet.id;
    let subject = Subject::new("subnet", subnet.as_str()).of_group(group);
    let goal = match goal(world, placement) {
        Ok(goal) => goal,
        Err(why) => return CHECK.unknown(subject, &why),
    };
    let hops = hops(world, placement, &goal);
    let gate = hops
        .iter()
        .fold(Gate::Open, |gate, hop| gate.and(hop.gate.clone()));
    let target = match &goal {
        Goal::Endpoint(endpoint) => format!("through {}", endpoint.id),
        Goal::Internet => "over the internet".to_owned(),
    };
    let shut = hops.iter().find(|hop| hop.gate == Gate::Shut);
    let finding = match (&gate, shut) {
        (Gate::Shut, Some(hop)) => CHECK
            .fail(subject, format!("{subnet} cannot reach ssmmessages"))
            .detail(format!(
                "The way {target} ends at: {} {}.",
                hop.what, hop.id
            ))
            .cause("Tasks cannot reach ssmmessages"),
        (Gate::Open, _) => CHECK.pass(subject, format!("{subnet} reaches ssmmessages {target}")),
        (Gate::Partly, _) => CHECK
            .warn(
                subject,
                format!(
                    "{subnet} reaches ssmmessages {target}, but not from every address or port"
                ),
            )
            .cause("Tasks reach ssmmessages in part only"),
        (Gate::Unseen(why), _) => CHECK.unknown(subject, why),
        (Gate::Shut, None) => CHECK.unsure(subject, "The way could not be followed"),
    };
    finding.seen("hops", tell(told, hops))
}

fn hops(world: &World, placement: &Placement, goal: &Goal) -> Vec<Hop> {
    let groups = placement
        .groups
        .known()
        .map_or("unknown".to_owned(), |groups| groups.join(","));
    let egress = Hop {
        what: "security groups of the task",
        id: groups,
        gate: task_egress(world, placement, goal),
    };
    let acl = Hop {
        what: "network ACLs of",
        id: placement.subnet.id.clone(),
        gate: acls(world, placement, goal),
    };
    match goal {
        Goal::Endpoint(endpoint) => vec![
            egress,
            acl,
            Hop {
                what: "routes of",
                id: placement.subnet.id.clone(),
                gate: routing(world, placement, endpoint),
            },
            Hop {
                what: "security groups of the endpoint",
                id: endpoint.security_groups.join(","),
                gate: endpoint_ingress(world, placement, endpoint),
            },
            Hop {
                what: "interface endpoint",
                id: endpoint.id.clone(),
                gate: match name_servers::doubt(world, placement, endpoint) {
                    Some(why) => Gate::Unseen(why),
                    None => Gate::Open,
                },
            },
        ],
        Goal::Internet => {
            let route = route(placement);
            match route.gate {
                // Without a way out nobody can say what its rules would do.
                Gate::Open => vec![egress, acl, route],
                _ => vec![route],
            }
        }
    }
}

fn route(placement: &Placement) -> Hop {
    let unseen =
        |message: String| Gate::Unseen(Unavailable::not_asked("ec2:DescribeRouteTables", message));
    let (id, gate) = match &placement.way {
        Way::Nat(id) | Way::InternetGateway(id) => (id.clone(), Gate::Open),
        Way::NoPublicAddress(id) | Way::Blackhole(id) | Way::StrandedNat { gateway: id, .. } => {
            (id.clone(), Gate::Shut)
        }
        Way::None => (placement.subnet.id.clone(), Gate::Shut),
        Way::Unclear(what) => (placement.subnet.id.clone(), unseen(what.clone())),
        Way::Unavailable(why) => (placement.subnet.id.clone(), Gate::Unseen(why.clone())),
    };
    Hop {
        what: "route out of",
        id,
        gate,
    }
}

/// What was said of hops: services whose tasks sit in the same place share it.
type Told = MadeOnce<Vec<Words>, Value>;

/// What a hop is, its ID, and the word for its gate.
type Words = (&'static str, String, &'static str);

fn tell(told: &Told, hops: Vec<Hop>) -> Arc<Value> {
    let hops = hops.into_iter();
    let words = hops.map(|hop| (hop.what, hop.id, hop.gate.word()));
    let json = |(what, id, gate): &Words| json!({"hop": what, "id": id, "gate": gate});
    told.get(words.collect(), |words| words.iter().map(json).collect())
}
