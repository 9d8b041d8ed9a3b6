//! What keeps tasks from a service.

use std::sync::Arc;

use super::acl_traversal::AclPath;
use super::destination::Destination;
use super::hop_outcome::Affected;
use super::placement::Placement;
use model::arn;
use model::facts::Endpoint;
use model::text;

/// What is in the way.
pub enum Obstacle<'a> {
    /// There is no endpoint that serves the tasks, and no way to the internet.
    NoWay,
    TaskGroups {
        destination: Destination<'a>,
        /// The part of it to which they do not let the tasks out.
        target: String,
    },
    NetworkAcls {
        told: String,
        paths: Arc<Vec<AclPath>>,
    },
    EndpointGroups(&'a Endpoint),
    /// A route leads packets to what is gone.
    Route(String),
    Policy {
        endpoint: &'a Endpoint,
        role: &'a str,
        refused: Vec<&'static str>,
    },
}

impl PartialEq for Obstacle<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Obstacle::NoWay, Obstacle::NoWay) => true,
            (
                Obstacle::TaskGroups { target: one, .. },
                Obstacle::TaskGroups { target: two, .. },
            )
            | (Obstacle::NetworkAcls { told: one, .. }, Obstacle::NetworkAcls { told: two, .. })
            | (Obstacle::Route(one), Obstacle::Route(two)) => one == two,
            (Obstacle::EndpointGroups(one), Obstacle::EndpointGroups(two)) => one.id == two.id,
            (
                Obstacle::Policy {
                    endpoint,
                    role,
                    refused,
                },
                Obstacle::Policy {
                    endpoint: other,
                    role: other_role,
                    refused: others,
                },
            ) => endpoint.id == other.id && role == other_role && refused == others,
            _ => false,
        }
    }
}

impl Obstacle<'_> {
    /// As the end of a sentence about tasks that cannot reach a service.
    pub fn told(&self, placement: &Placement, tasks: &Affected) -> String {
        match self {
            Obstacle::NoWay => {
                "there is no endpoint that serves the tasks, and no way out".to_owned()
            }
            Obstacle::TaskGroups { target, .. } => {
                let groups = placement.groups.known().copied().unwrap_or_default();
                let groups = text::list(groups);
                format!("{groups} does not let the tasks out to {target}")
            }
            Obstacle::NetworkAcls { told, .. } => format!("network ACLs are in the way: {told}"),
            Obstacle::EndpointGroups(endpoint) => {
                let addresses = tasks.told_addresses();
                let whom = match tasks.are_all || addresses.is_empty() {
                    true => "the tasks",
                    false => &addresses,
                };
                let groups = text::list(&endpoint.security_groups);
                format!("{groups} of {} does not let {whom} in", endpoint.id)
            }
            Obstacle::Route(told) => told.clone(),
            Obstacle::Policy {
                endpoint,
                role,
                refused,
            } => format!(
                "the policy of {} does not let {} call {}",
                endpoint.id,
                arn::name(role),
                text::list(refused)
            ),
        }
    }
}
