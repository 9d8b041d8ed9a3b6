use std::collections::{BTreeMap, BTreeSet};

use checks::facts::{ContainerLog, Facts};

use crate::facts::containers_by_role;
use crate::plan::TerraformPlan;
use crate::request::PlanRequest;
use crate::unavailable::is_elsewhere;

/// What is in AWS already and planned tasks refer to, whether or not tasks of today do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExistingResources {
    /// IDs of subnets of tasks and endpoints.
    pub subnets: BTreeSet<String>,
    /// IDs of their security groups.
    pub security_groups: BTreeSet<String>,
    /// ARNs of roles whose policies the plan does not have, with the logs of the containers that get them.
    pub roles: BTreeMap<String, Vec<ContainerLog>>,
}

impl TerraformPlan {
    pub fn references(&self, request: &PlanRequest) -> ExistingResources {
        let facts = self.facts(request);
        // What the plan makes has no ID yet.
        let ids = |keys: &mut dyn Iterator<Item = &String>, kind: &str| {
            keys.filter(|id| id.starts_with(kind)).cloned().collect()
        };
        ExistingResources {
            subnets: ids(&mut facts.network.subnets.keys(), "subnet-"),
            security_groups: ids(&mut facts.network.security_groups.keys(), "sg-"),
            roles: roles(&facts),
        }
    }
}

fn roles(facts: &Facts) -> BTreeMap<String, Vec<ContainerLog>> {
    let containers = containers_by_role(facts);
    let logs = |role: &str| {
        let containers = containers.get(role).into_iter().flatten();
        containers
            .filter_map(|container| container.log.clone())
            .collect()
    };
    let identities = facts.identities.iter();
    identities
        .filter(|(arn, identity)| arn.starts_with("arn:") && is_elsewhere(identity))
        .map(|(arn, _)| (arn.clone(), logs(arn)))
        .collect()
}
