//! The finding for tasks that cannot reach a service which the exec configuration makes the agent call.

use super::let_through::let_through;
use super::logging_endpoints::CHECK;
use super::placement::Placement;
use super::service_reach::{Obstacle, Service};
use super::{endpoint_security_group, new_endpoint};
use crate::distinct::distinct;
use crate::finding::{Finding, Subject};
use crate::fix::Fix;
use crate::fixes;
use crate::text;
use crate::world::World;

/// Without this service no session starts; without the others only the record is lost.
pub fn may_stop(world: &World, service: Service) -> bool {
    let log = world.exec_log();
    match service {
        "kms" => true,
        "logs" => log.is_some_and(|log| log.log_group_encrypted),
        _ => log.is_some_and(|log| log.bucket_encrypted),
    }
}

pub fn stops(world: &World, service: Service, obstacle: &Obstacle) -> bool {
    let is_refused = match obstacle {
        // Where only the writing is refused, the look at what has to be encrypted is not.
        Obstacle::Policy { refused, .. } => ["kms:Decrypt", BLIND_LOGS, BLIND_S3]
            .iter()
            .any(|action| refused.contains(action)),
        _ => true,
    };
    is_refused && may_stop(world, service)
}

const BLIND_LOGS: &str = "logs:DescribeLogGroups";
const BLIND_S3: &str = "s3:GetEncryptionConfiguration";

pub fn cut_off(
    world: &World,
    placement: &Placement,
    subject: Subject,
    shut: &[(Service, Obstacle)],
    stops: bool,
) -> Finding {
    let subnet = &placement.subnet.id;
    let services: Vec<Service> = shut.iter().map(|(service, _)| *service).collect();
    let names = text::list(&services);
    let told = distinct(shut.iter().map(|(_, obstacle)| obstacle.told(placement)));
    let title = match told.as_slice() {
        [one] => format!("{subnet} cannot reach {names}: {one}"),
        _ => format!("{subnet} cannot reach {names}"),
    };
    let then = match stops {
        true => "The agent has to call there before a session starts.",
        false => "Sessions open, perhaps late, and are not recorded.",
    };
    let detail = match told.as_slice() {
        [_] => then.to_owned(),
        _ => {
            let each = shut.iter().map(|(service, obstacle)| {
                let told = obstacle.told(placement);
                format!("For {service}, {told}. ")
            });
            format!("{}{then}", each.collect::<String>())
        }
    };
    let mut finding = match stops {
        true => CHECK.fail(subject, title),
        false => CHECK.warn(subject, title),
    }
    .detail(detail)
    .cause("The agent cannot reach what the exec configuration needs")
    .evidence("missing", services)
    .on(placement.arns.clone());
    for (service, obstacle) in shut {
        finding = finding.fix_some(fix(world, placement, service, obstacle));
    }
    match shut {
        [(_, Obstacle::Policy { tasks, .. })] => finding.on(tasks.clone()),
        _ => finding,
    }
}

fn fix(world: &World, placement: &Placement, service: Service, obstacle: &Obstacle) -> Option<Fix> {
    let (facts, vpc) = (world.facts, placement.subnet.vpc.as_str());
    match obstacle {
        Obstacle::NoWay => Some(new_endpoint::everywhere(world, vpc, service)),
        Obstacle::TaskGroups(goal) => {
            let group = placement.groups.known()?.first()?;
            let target = fixes::security_group::Target::of(goal);
            Some(fixes::security_group::let_out(facts, group, &target))
        }
        Obstacle::NetworkAcls(_) => Some(let_through(world, vpc)),
        Obstacle::EndpointGroups(endpoint) => {
            let group = endpoint.security_groups.first()?;
            let sources = endpoint_security_group::sources(&[placement]);
            Some(fixes::security_group::let_in(facts, group, &sources))
        }
        Obstacle::Policy {
            endpoint, refused, ..
        } => Some(fixes::endpoint::policy(facts, endpoint, refused)),
    }
}
