use super::link::resolves;
use super::placement::{Otherwise, otherwise, ssmmessages_endpoint};
use crate::check::Check;
use crate::facts::{Endpoint, Fact, Vpc};
use crate::finding::{Finding, Severity, Status, Subject};
use crate::fixes;
use crate::text;
use crate::world::World;

pub const CHECK: Check = Check {
    id: "network.vpc-dns",
    title: "The VPC resolves the endpoint's private name",
    why: "Private DNS of an endpoint works only in a VPC with DNS support and DNS host names. Without them the name of ssmmessages leads past the endpoint, to the internet.",
    how: "enableDnsSupport and enableDnsHostnames in ec2:DescribeVpcAttribute. DNS servers of your own, from a DHCP options set, are not looked at.",
    actions: &["ec2:DescribeVpcAttribute", "ec2:DescribeVpcEndpoints"],
    remedy: "Turn on DNS support and DNS host names of the VPC.",
    docs: &["https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html"],
    explains: &[
        "network.internet-route",
        "network.path",
        "policy.endpoint-only",
        "container.agent-running",
    ],
    masks: &[
        "network.endpoint-security-group",
        "network.endpoint-policy",
        "network.task-egress",
        "network.nacl",
    ],
    severity: Severity::High,
    run,
};

fn run(world: &World) -> Vec<Finding> {
    world.each_running(&CHECK, |group, _| {
        group
            .placements
            .by_vpc()
            .into_iter()
            .map(|(id, placements)| {
                let subject = Subject::new("vpc", id).of_group(group);
                let endpoint = match ssmmessages_endpoint(world, id) {
                    Fact::Known(endpoint) if endpoint.private_dns => endpoint,
                    Fact::Known(_) | Fact::Absent if !resolves(world, id) => {
                        return unresolved(world, subject, id);
                    }
                    Fact::Known(_) | Fact::Absent => {
                        let title = format!("{id} has no ssmmessages endpoint with private DNS");
                        return CHECK.skip(subject, title);
                    }
                    Fact::Unavailable(why) => return CHECK.unknown(subject, &why),
                };
                let finding = match world.facts.network.vpcs.get(id) {
                    Some(Fact::Known(vpc)) => {
                        judge(world, subject, vpc, endpoint, otherwise(world, &placements))
                    }
                    Some(Fact::Unavailable(why)) => CHECK.unknown(subject, why),
                    Some(Fact::Absent) | None => {
                        CHECK.unsure(subject, format!("The attributes of {id} were not read"))
                    }
                };
                let closed = placements.iter().filter(|p| p.way.is_closed());
                match finding.status {
                    Status::Fail => finding.on_tasks(closed.flat_map(|p| p.tasks.iter().copied())),
                    _ => finding,
                }
            })
            .collect()
    })
}

/// Without an endpoint too, the agent has to find the public address.
fn unresolved(world: &World, subject: Subject, vpc: &str) -> Finding {
    CHECK
        .unsure(
            subject,
            format!("{vpc} has enableDnsSupport off, so its tasks find ssmmessages only by DNS servers of the VPC's own, which are not looked at"),
        )
        .fix(fixes::endpoint::vpc_dns(world.facts, vpc, &["enableDnsSupport"]))
}

fn judge(
    world: &World,
    subject: Subject,
    vpc: &Vpc,
    endpoint: &Endpoint,
    otherwise: Otherwise,
) -> Finding {
    let attributes = [
        ("enableDnsSupport", &vpc.dns_support),
        ("enableDnsHostnames", &vpc.dns_hostnames),
    ];
    let off: Vec<&str> = attributes
        .iter()
        .filter(|(_, value)| value.known() == Some(&false))
        .map(|(name, _)| *name)
        .collect();
    if off.is_empty() {
        return match attributes.iter().find_map(|(_, value)| value.unavailable()) {
            Some(why) => CHECK.unknown(subject, why),
            None => CHECK.pass(subject, format!("{} resolves private names", vpc.id)),
        };
    }
    let fault = format!(
        "{} has {} off, so the private DNS of {} does not work",
        vpc.id,
        text::list(&off),
        endpoint.id
    );
    let otherwise = match otherwise {
        // The public name is found no more than the private one.
        Otherwise::Open if off.contains(&"enableDnsSupport") => Otherwise::Unclear,
        otherwise => otherwise,
    };
    super::endpoint::not_serving(&CHECK, subject, fault, otherwise)
        .cause("The VPC does not resolve private names")
        .evidence("off", off.clone())
        .fix(fixes::endpoint::vpc_dns(world.facts, &vpc.id, &off))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::facts::Fact;
    use crate::finding::Status;
    use crate::testing::*;

    #[test]
    fn each_attribute_is_needed() {
        let mut facts = healthy_coder();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        for (support, hostnames) in [(false, true), (true, false), (false, false)] {
            let mut facts = facts.clone();
            vpc(&mut facts).dns_support = Fact::Known(support);
            vpc(&mut facts).dns_hostnames = Fact::Known(hostnames);
            let through_the_nat = match support {
                true => Status::Warn,
                false => Status::Unknown,
            };
            assert_eq!(statuses(&CHECK, &facts), [through_the_nat]);
            no_way_out(&mut facts);
            assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        }
        endpoint(&mut facts).private_dns = false;
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }

    #[test]
    fn unreadable() {
        let mut facts = healthy_coder();
        vpc(&mut facts).dns_support = denied("ec2:DescribeVpcAttribute");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        for vpc in facts.network.vpcs.values_mut() {
            *vpc = denied("ec2:DescribeVpcAttribute");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
