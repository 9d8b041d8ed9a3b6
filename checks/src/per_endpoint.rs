//! Checks that look at the ssmmessages endpoint of a VPC.

use crate::prelude::*;
use crate::vpc_path::{Destination, FallbackEgress, Placement, by_destination, fallback_egress};

/// A finding for the endpoint of each VPC. `judge` gets the fallback of the VPC's tasks.
pub fn judge_endpoints(
    index: &FactIndex,
    check: &'static Check,
    judge: impl Fn(&Endpoint, Subject, FallbackEgress) -> Finding,
) -> Vec<Finding> {
    each_vpc(index, check, |subject, vpc, placements| {
        match index.network.ssmmessages_endpoint(vpc) {
            Fact::Unavailable(why) => check.unknown(subject, &why),
            Fact::Absent => check.skip(subject, format!("{vpc} has no ssmmessages endpoint")),
            Fact::Known(endpoint) => {
                let mut of_endpoint = Subject::new("endpoint", endpoint.id.as_str());
                of_endpoint.service = subject.service;
                let fallback = fallback_egress(&index.network, placements);
                judge(endpoint, of_endpoint, fallback)
            }
        }
    })
}

/// A finding for each VPC of running tasks. A failure is about the tasks without another path.
pub fn each_vpc(
    index: &FactIndex,
    check: &'static Check,
    judge: impl Fn(Subject, &str, &[&Placement]) -> Finding,
) -> Vec<Finding> {
    index.each_running(check, |group, _| {
        let vpcs = group.placements.by_vpc().into_iter();
        vpcs.map(|(vpc, placements)| {
            let subject = group.subject_of("vpc", vpc);
            let finding = judge(subject, vpc, &placements);
            let blocked = placements.iter().filter(|one| one.egress.is_blocked());
            match finding.status {
                Status::Fail => finding.on_tasks(blocked.flat_map(|one| one.tasks.iter().copied())),
                _ => finding,
            }
        })
        .collect()
    })
}

/// An endpoint does not serve the tasks: the fallback decides how bad that is.
pub fn endpoint_fault(
    check: &'static Check,
    subject: Subject,
    fault: String,
    fallback: FallbackEgress,
) -> Finding {
    match fallback {
        FallbackEgress::Missing => check
            .fail(subject, fault)
            .detail("Some or all tasks in its VPC have no other path to ssmmessages."),
        FallbackEgress::Available => check
            .warn(subject, fault)
            .detail("Sessions leave the VPC through the internet instead."),
        FallbackEgress::Unknown => check
            .unknown_because(subject, fault)
            .detail("Unknown: whether tasks in its VPC have another path to ssmmessages."),
    }
}

/// Findings for the ssmmessages endpoint that the placements of a VPC use.
pub fn each_endpoint_in_use<'a>(
    index: &FactIndex<'a>,
    check: &'static Check,
    judge: impl Fn(&Group<'a>, Subject, &'a Endpoint, &[&Placement<'a>]) -> Vec<Finding>,
) -> Vec<Finding> {
    index.each_running(check, |group, _| {
        let by_destination = by_destination(&index.network, &group.placements).into_iter();
        by_destination
            .flat_map(|same| {
                let vpc = group.subject_of("vpc", same.vpc);
                match same.destination {
                    Ok(Destination::Endpoint(endpoint)) => {
                        let subject = group.subject_of("endpoint", endpoint.id.as_str());
                        judge(group, subject, endpoint, &same.placements)
                    }
                    Ok(Destination::Internet) => {
                        let title = format!("{} has no ssmmessages endpoint in use", same.vpc);
                        vec![check.skip(vpc, title)]
                    }
                    Err(why) => vec![check.unknown(vpc, &why)],
                }
            })
            .collect()
    })
}
