mod blocked_finding;

use crate::prelude::*;
use crate::service_access::{AwsService, Call, ServiceAccess, configured_services};
use crate::vpc_path::{AffectedTasks, Placement, group_classes};
use blocked_finding::{blocked, blocks_start};

pub const CHECK: Check = Check {
    id: "network.logging-endpoints",
    title: "The agent reaches KMS, CloudWatch Logs and S3",
    why: "With a KMS key, a log group or a bucket in the cluster's exec configuration the agent calls those services: KMS before each session, and the others before it too if the cluster demands encryption. In a VPC without a path to the internet each needs an endpoint of its own.",
    how: "For each of them the endpoint in the VPC, or else the path to the internet: the tasks' security groups, network ACLs, the endpoint's security groups, and its policy for the task role. In the policy of a gateway endpoint only the principal * includes roles.",
    actions: &[
        "ecs:DescribeClusters",
        "ec2:DescribeVpcEndpoints",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeNetworkAcls",
    ],
    remedy: "Create the endpoints of kms, logs or s3, or fix what blocks the path to them.",
    docs: &[
        aws_pages::VPC_ENDPOINTS,
        "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html",
    ],
    severity: Severity::High,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_running(&CHECK, |group, _| {
        if let Fact::Unavailable(why) = &index.facts.cluster {
            return vec![CHECK.unknown(group.subject(), why)];
        }
        let services = configured_services(index);
        if services.is_empty() {
            return vec![CHECK.skip(
                group.subject(),
                "The cluster's exec configuration names no KMS key, log group or bucket",
            )];
        }
        let mut findings = Vec::new();
        for placement in &group.placements.placed {
            let subject = group.subnet_subject(placement);
            let answers = placement.sources(&index.network).map(|source| {
                let access = services.iter().map(|&service| {
                    let call = Call {
                        index,
                        source,
                        service,
                    };
                    (service, call.access())
                });
                (source.class, (), Vec::from_iter(access))
            });
            let groups = group_classes(answers).into_iter();
            findings.extend(groups.map(|(access, tasks, _)| {
                judge(index, placement, &tasks, access, subject.clone())
            }));
        }
        findings
    })
}

fn judge<'a>(
    index: &FactIndex<'a>,
    placement: &Placement<'a>,
    tasks: &AffectedTasks<'_, 'a>,
    access: Vec<(AwsService, ServiceAccess<'a>)>,
    subject: Subject,
) -> Finding {
    let (subnet, vpc) = (&placement.subnet.id, placement.subnet.vpc.as_str());
    let services: Vec<AwsService> = access.iter().map(|(service, _)| *service).collect();
    let mut over_internet = Vec::new();
    let mut unknown = Vec::new();
    let (mut fatal, mut harmless) = (Vec::new(), Vec::new());
    for (service, access) in access {
        match access {
            ServiceAccess::ThroughEndpoint => {}
            ServiceAccess::OverInternet => over_internet.push(service),
            ServiceAccess::Unknown(why) => unknown.push((service, why)),
            ServiceAccess::Blocked(obstacles) => match blocks_start(index, service, &obstacles) {
                true => fatal.push((service, obstacles)),
                false => harmless.push((service, obstacles)),
            },
        }
    }
    if !fatal.is_empty() {
        return blocked(index, placement, tasks, subject, &fatal, true);
    }
    let mut at_start = unknown.iter();
    let finding = if let Some((_, why)) = at_start.find(|(one, _)| one.is_required_at_start(index))
    {
        CHECK.unknown(subject, why)
    } else if !harmless.is_empty() {
        return blocked(index, placement, tasks, subject, &harmless, false);
    } else if let Some((_, why)) = unknown.first() {
        CHECK.unknown(subject, why)
    } else {
        let title = match over_internet.as_slice() {
            [] => format!("{vpc} has endpoints for {}", text::list(&services)),
            some => format!("{subnet} reaches {} over the internet", text::list(some)),
        };
        CHECK.pass(subject, title)
    };
    finding.on(tasks.scope(placement))
}
