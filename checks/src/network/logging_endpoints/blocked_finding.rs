//! The finding for tasks that cannot reach a service which the exec configuration makes the agent call.

use super::CHECK;
use crate::fact_index::{FactIndex, Roles};
use crate::fixes;
use crate::network::endpoint_security_group;
use crate::vpc_path::acl_fix::let_through;
use crate::vpc_path::hop_outcome::Affected;
use crate::vpc_path::new_endpoint;
use crate::vpc_path::obstacle::Obstacle;
use crate::vpc_path::placement::Placement;
use crate::vpc_path::service_reach::Service;
use model::distinct::distinct;
use model::facts::Task;
use model::finding::{Finding, Subject};
use model::fix::Fix;
use model::text;

/// Without this service no session starts; without the others only the record is lost.
pub fn may_stop(index: &FactIndex, service: Service) -> bool {
    let log = index.exec_log();
    match service {
        "kms" => true,
        "logs" => log.is_some_and(|log| log.log_group_encrypted),
        _ => log.is_some_and(|log| log.bucket_encrypted),
    }
}

pub fn stops(index: &FactIndex, service: Service, obstacles: &[Obstacle]) -> bool {
    let is_refused = obstacles.iter().any(|obstacle| match obstacle {
        // Where only the writing is refused, the look at what has to be encrypted is not.
        Obstacle::Policy { refused, .. } => ["kms:Decrypt", BLIND_LOGS, BLIND_S3]
            .iter()
            .any(|action| refused.contains(action)),
        _ => true,
    });
    is_refused && may_stop(index, service)
}

const BLIND_LOGS: &str = "logs:DescribeLogGroups";
const BLIND_S3: &str = "s3:GetEncryptionConfiguration";

pub fn blocked<'a>(
    index: &FactIndex<'a>,
    placement: &Placement<'a>,
    tasks: &Affected<'_, 'a>,
    subject: Subject,
    blocked: &[(Service, Vec<Obstacle<'a>>)],
    stops: bool,
) -> Finding {
    let subnet = &placement.subnet.id;
    let who = match tasks.are_all {
        true => subnet.clone(),
        false => format!("{} in {subnet}", tasks.told_first()),
    };
    let services: Vec<Service> = blocked.iter().map(|(service, _)| *service).collect();
    let names = text::list(&services);
    let told = |obstacles: &[Obstacle]| {
        let told: Vec<String> = obstacles
            .iter()
            .map(|one| one.told(placement, tasks))
            .collect();
        text::list(&told)
    };
    let all_told = distinct(blocked.iter().map(|(_, obstacles)| told(obstacles)));
    let title = match all_told.as_slice() {
        [one] => format!("{who} cannot reach {names}: {one}"),
        _ => format!("{who} cannot reach {names}"),
    };
    let then = match stops {
        true => "The agent has to call there before a session starts.",
        false => "Sessions open, perhaps late, and are not recorded.",
    };
    let each = match all_told.as_slice() {
        [_] => String::new(),
        _ => blocked
            .iter()
            .map(|(service, obstacles)| format!("For {service}, {}. ", told(obstacles)))
            .collect(),
    };
    let by_gateway = blocked.iter().any(|(_, obstacles)| {
        let is_of_gateway = |obstacle: &Obstacle| {
            matches!(obstacle, Obstacle::Policy { endpoint, .. } if endpoint.is_gateway())
        };
        obstacles.iter().any(is_of_gateway)
    });
    let hint = if by_gateway { PRINCIPALS } else { "" };
    let mut finding = match stops {
        true => CHECK.fail(subject, title),
        false => CHECK.warn(subject, title),
    }
    .detail(format!("{each}{hint}{then}"))
    .group_title("The agent cannot reach what the exec configuration needs")
    .evidence("missing", services)
    .on(tasks.arns(placement));
    let obstacles = || {
        blocked
            .iter()
            .flat_map(|(service, all)| all.iter().map(move |obstacle| (*service, obstacle)))
    };
    for (service, obstacle) in obstacles() {
        finding = finding.fix_some(fix(index, placement, service, obstacle));
    }
    let mut all = obstacles();
    match (all.next(), all.next()) {
        (Some((_, Obstacle::Policy { role, .. })), None) => {
            let of_classes: Vec<&Task> = tasks.tasks().collect();
            let mut by_role = Roles::of(index, &of_classes).by_role;
            match by_role.remove(role) {
                Some(alike) => finding.on(alike.scope),
                None => finding,
            }
        }
        _ => tasks.evidence(finding),
    }
}

/// <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>
const PRINCIPALS: &str = "In the policy of a gateway endpoint only the principal * stands for roles: an account there is its \
     root user alone, and a role is named by a condition on aws:PrincipalArn. ";

fn fix<'a>(
    index: &FactIndex<'a>,
    placement: &Placement<'a>,
    service: Service,
    obstacle: &Obstacle<'a>,
) -> Option<Fix> {
    let (facts, vpc) = (index.facts, placement.subnet.vpc.as_str());
    match obstacle {
        Obstacle::NoWay => Some(new_endpoint::everywhere(index, vpc, service)),
        Obstacle::Route(_) => None,
        Obstacle::TaskGroups { destination, .. } => {
            let group = placement.groups.known()?.first()?;
            let peer = fixes::security_group::destination_peer(destination);
            Some(fixes::security_group::allow_egress(facts, group, peer))
        }
        Obstacle::NetworkAcls { .. } => Some(let_through(index, vpc)),
        Obstacle::EndpointGroups(endpoint) => {
            let group = endpoint.security_groups.first()?;
            let sources = endpoint_security_group::sources(&[placement]);
            Some(fixes::security_group::allow_ingress(facts, group, &sources))
        }
        Obstacle::Policy {
            endpoint, refused, ..
        } => Some(fixes::endpoint::policy(facts, endpoint, refused)),
    }
}
