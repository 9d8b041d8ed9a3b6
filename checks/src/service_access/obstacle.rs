use crate::prelude::*;
use crate::vpc_path::{AclTraversal, AffectedTasks, Destination, Placement};

/// What blocks the path from tasks to a service.
#[derive(PartialEq)]
pub enum Obstacle<'a> {
    /// No endpoint serves the tasks, and no route leads to the internet.
    NoRoute,
    /// The tasks' security groups.
    TaskGroups {
        destination: Destination<'a>,
        /// A noun phrase for the blocked addresses.
        target: String,
    },
    NetworkAcls(AclRefusals),
    /// The security groups of the endpoint.
    EndpointGroups(&'a Endpoint),
    /// A route to a target that is gone; a clause describes it.
    Route(String),
    /// The endpoint's policy refuses a role these actions.
    Policy {
        endpoint: &'a Endpoint,
        role: &'a str,
        refused: Vec<&'static str>,
    },
}

/// What network ACLs refuse.
pub struct AclRefusals {
    /// A clause.
    pub description: String,
    pub traversals: Vec<AclTraversal>,
}

impl PartialEq for AclRefusals {
    fn eq(&self, other: &AclRefusals) -> bool {
        self.description == other.description
    }
}

impl Obstacle<'_> {
    /// A clause that says why tasks cannot reach the service.
    pub fn describe(&self, placement: &Placement, tasks: &AffectedTasks) -> String {
        match self {
            Obstacle::NoRoute => {
                "no endpoint serves the tasks, and no route leads to the internet".to_owned()
            }
            Obstacle::TaskGroups { target, .. } => {
                let groups = text::list(placement.known_groups());
                format!("{groups} does not let the tasks out to {target}")
            }
            Obstacle::NetworkAcls(refusals) => {
                format!("network ACLs block the path: {}", refusals.description)
            }
            Obstacle::EndpointGroups(endpoint) => {
                let addresses = tasks.list_addresses();
                let callers = match tasks.are_all || addresses.is_empty() {
                    true => "the tasks",
                    false => &addresses,
                };
                let groups = text::list(&endpoint.security_groups);
                format!("{groups} of {} does not let {callers} in", endpoint.id)
            }
            Obstacle::Route(diversion) => diversion.clone(),
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
