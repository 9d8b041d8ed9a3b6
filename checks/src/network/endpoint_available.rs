use super::placement::{Placement, placements, ssmmessages_endpoint};
use crate::check::Check;
use crate::facts::{Endpoint, Fact};
use crate::finding::{Finding, Severity, Subject};
use crate::world::{World, arns};

pub const CHECK: Check = Check {
    id: "network.endpoint-available",
    title: "The ssmmessages endpoint is available",
    why: "An endpoint serves nobody before it is available, and one that was rejected or has failed never does.",
    how: "state in ec2:DescribeVpcEndpoints. It is a failure where tasks have no other way out.",
    actions: &["ec2:DescribeVpcEndpoints"],
    docs: &["https://docs.aws.amazon.com/vpc/latest/privatelink/concepts.html"],
    explains: &["network.internet-route", "container.agent-running"],
    severity: Severity::High,
    run,
};

fn run(world: &World) -> Vec<Finding> {
    judge_endpoints(world, &CHECK, |endpoint, subject, closed| {
        let (id, state) = (&endpoint.id, &endpoint.state);
        let finding = if endpoint.is_available() {
            CHECK.pass(subject, format!("{id} is available"))
        } else if closed {
            CHECK
                .fail(subject, format!("The ssmmessages endpoint {id} is {state}, not available"))
                .detail("Tasks in its VPC have no other way to ssmmessages. Wait where it is pending; else make it anew.")
                .cause("The ssmmessages endpoint is not available")
        } else {
            CHECK.warn(
                subject,
                format!("The ssmmessages endpoint {id} is {state}; sessions leave another way"),
            )
        };
        finding.evidence("state", state.as_str())
    })
}

/// A finding for the endpoint of each VPC; `closed` tells whether some of the tasks there have no other way out.
pub fn judge_endpoints(
    world: &World,
    check: &'static Check,
    judge: impl Fn(&Endpoint, Subject, bool) -> Finding,
) -> Vec<Finding> {
    world.each_running(check, |group, tasks| {
        placements(world, group, tasks)
            .by_vpc()
            .into_iter()
            .map(|(vpc, placements)| {
                let subject = Subject::new("vpc", vpc).of_service(group.service);
                match ssmmessages_endpoint(world, vpc) {
                    Fact::Unavailable(why) => check.unknown(subject, &why),
                    Fact::Absent => {
                        check.skip(subject, format!("{vpc} has no ssmmessages endpoint"))
                    }
                    Fact::Known(endpoint) => {
                        let closed: Vec<&Placement> = placements
                            .into_iter()
                            .filter(|placement| placement.way.is_closed())
                            .collect();
                        let subject =
                            Subject::new("endpoint", &endpoint.id).of_service(group.service);
                        let finding = judge(endpoint, subject, !closed.is_empty());
                        match finding.status {
                            crate::Status::Fail => {
                                finding.on_tasks(closed.iter().flat_map(|p| arns(&p.tasks)))
                            }
                            _ => finding,
                        }
                    }
                }
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::finding::Status;
    use crate::testing::{denied, endpoint, healthy_coder, no_endpoint, no_way_out, statuses};

    #[test]
    fn available_pending_and_failed() {
        let mut facts = healthy_coder();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        for state in ["pending", "failed", "rejected", "pendingAcceptance"] {
            endpoint(&mut facts).state = state.into();
            assert_eq!(statuses(&CHECK, &facts), [Status::Warn], "{state}");
        }
        no_way_out(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    }

    #[test]
    fn none_and_unreadable() {
        let mut facts = healthy_coder();
        no_endpoint(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
        facts.network.endpoints = Some(denied("ec2:DescribeVpcEndpoints"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
