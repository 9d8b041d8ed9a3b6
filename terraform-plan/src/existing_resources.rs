//! Resources outside of the plan that planned tasks use.

use std::collections::{BTreeMap, BTreeSet};

use model::facts::ContainerLog;

use crate::facts::containers_by_role;
use crate::plan::TerraformPlan;
use crate::request::PlanRequest;
use crate::unavailable::may_be_in_aws;

/// Resources that exist in AWS and that planned tasks use, whether or not running tasks use them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExistingResources {
    /// IDs of the subnets of tasks and endpoints.
    pub subnets: BTreeSet<String>,
    /// IDs of the security groups of tasks and endpoints.
    pub security_groups: BTreeSet<String>,
    /// ARNs of roles whose policies are not in the plan, with the logs of the containers that use the role.
    pub roles: BTreeMap<String, Vec<ContainerLog>>,
}

impl TerraformPlan {
    /// The existing resources to read from AWS, to complete the facts of the plan.
    pub fn existing_resources(&self, request: &PlanRequest) -> ExistingResources {
        let facts = self.facts(request);
        let containers = containers_by_role(&facts);
        let logs = |role: &str| {
            let containers = containers.get(role).into_iter().flatten();
            containers
                .filter_map(|container| container.log.clone())
                .collect()
        };
        let identities = facts.identities.iter();
        let roles =
            identities.filter(|(role, known)| role.starts_with("arn:") && may_be_in_aws(known));
        ExistingResources {
            subnets: with_prefix(facts.network.subnets.keys(), "subnet-"),
            security_groups: with_prefix(facts.network.security_groups.keys(), "sg-"),
            roles: roles.map(|(role, _)| (role.clone(), logs(role))).collect(),
        }
    }
}

/// The names that are IDs: resources that the plan creates have none yet.
fn with_prefix<'n>(names: impl Iterator<Item = &'n String>, prefix: &str) -> BTreeSet<String> {
    names
        .filter(|name| name.starts_with(prefix))
        .cloned()
        .collect()
}
