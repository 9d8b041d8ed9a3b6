//! The finding for tasks that cannot reach a service that the exec configuration makes the agent call.

use super::CHECK;
use crate::fact_index::Roles;
use crate::network_fixes::{self, sources};
use crate::prelude::*;
use crate::service_access::AwsService;
use crate::service_access::obstacle::Obstacle;
use crate::vpc_path::{AffectedTasks, Placement};

/// The actions that the agent calls before a session starts.
const ACTIONS_AT_START: [&str; 3] = [
    "kms:Decrypt",
    "logs:DescribeLogGroups",
    "s3:GetEncryptionConfiguration",
];

/// Whether these obstacles keep sessions from starting. Otherwise only the recording is lost.
pub fn blocks_start(index: &FactIndex, service: AwsService, obstacles: &[Obstacle]) -> bool {
    let blocks = |obstacle: &Obstacle| match obstacle {
        Obstacle::Policy { refused, .. } => refused
            .iter()
            .any(|action| ACTIONS_AT_START.contains(action)),
        _ => true,
    };
    service.is_required_at_start(index) && obstacles.iter().any(blocks)
}

/// `is_fatal`: sessions do not start.
pub fn blocked<'a>(
    index: &FactIndex<'a>,
    placement: &Placement<'a>,
    tasks: &AffectedTasks<'_, 'a>,
    subject: Subject,
    blocked: &[(AwsService, Vec<Obstacle<'a>>)],
    is_fatal: bool,
) -> Finding {
    let who = tasks.describe_in_subnet(&placement.subnet.id);
    let services: Vec<&str> = blocked.iter().map(|(service, _)| service.name()).collect();
    let names = text::list(&services);
    let describe = |obstacles: &[Obstacle]| {
        let obstacles = obstacles.iter();
        text::list(&Vec::from_iter(
            obstacles.map(|one| one.describe(placement, tasks)),
        ))
    };
    let reasons = distinct(blocked.iter().map(|(_, obstacles)| describe(obstacles)));
    let (title, by_service) = match reasons.as_slice() {
        [reason] => (
            format!("{who} cannot reach {names}: {reason}"),
            String::new(),
        ),
        _ => {
            let each = blocked.iter().map(|(service, obstacles)| {
                format!("For {}, {}. ", service.name(), describe(obstacles))
            });
            (format!("{who} cannot reach {names}"), each.collect())
        }
    };
    let consequence = match is_fatal {
        true => "The agent calls these services before a session starts.",
        false => "Sessions open, perhaps late, and are not recorded.",
    };
    let all = || {
        blocked
            .iter()
            .flat_map(|(service, all)| all.iter().map(move |obstacle| (*service, obstacle)))
    };
    let is_gateway_policy = |obstacle: &Obstacle| matches!(obstacle, Obstacle::Policy { endpoint, .. } if endpoint.is_gateway());
    let hint = match all().any(|(_, obstacle)| is_gateway_policy(obstacle)) {
        true => GATEWAY_PRINCIPALS,
        false => "",
    };
    let mut finding = match is_fatal {
        true => CHECK.fail(subject, title),
        false => CHECK.warn(subject, title),
    }
    .detail(format!("{by_service}{hint}{consequence}"))
    .group_title("The agent cannot reach what the exec configuration needs")
    .evidence("missing", services)
    .on(tasks.scope(placement));
    for (service, obstacle) in all() {
        finding = finding.fix_some(fix(index, placement, service, obstacle));
    }
    let mut obstacles = all();
    if let (Some((_, Obstacle::Policy { role, .. })), None) = (obstacles.next(), obstacles.next()) {
        let tasks: Vec<&Task> = tasks.tasks().collect();
        return match Roles::of(index, &tasks).by_role.remove(role) {
            Some(same_role) => finding.on(same_role.scope),
            None => finding,
        };
    }
    tasks.add_evidence(finding)
}

/// <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>
const GATEWAY_PRINCIPALS: &str = "In the policy of a gateway endpoint only the principal * includes roles: an account there is its \
     root user alone, and a condition on aws:PrincipalArn names a role. ";

fn fix<'a>(
    index: &FactIndex<'a>,
    placement: &Placement<'a>,
    service: AwsService,
    obstacle: &Obstacle<'a>,
) -> Option<Fix> {
    let (facts, vpc) = (index.facts, placement.subnet.vpc.as_str());
    match obstacle {
        Obstacle::NoRoute => {
            let fix = network_fixes::endpoint::create_for_vpc(index, vpc, service.name());
            Some(fix)
        }
        Obstacle::Route(_) => None,
        Obstacle::TaskGroups { destination, .. } => {
            let group = placement.security_groups.known()?.first()?;
            let peer = fixes::security_group::destination_peer(destination);
            Some(fixes::security_group::allow_egress(facts, group, peer))
        }
        Obstacle::NetworkAcls(_) => Some(network_fixes::network_acl::allow_traffic(index, vpc)),
        Obstacle::EndpointGroups(endpoint) => {
            let group = endpoint.security_groups.first()?;
            let sources = sources(&[placement]);
            Some(fixes::security_group::allow_ingress(facts, group, &sources))
        }
        Obstacle::Policy {
            endpoint, refused, ..
        } => Some(fixes::endpoint::policy(facts, endpoint, refused)),
    }
}
