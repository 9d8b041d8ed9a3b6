//! A plan of any tool.

use cloudformation_plan::CloudFormationPlan;
use model::facts::Facts;
use pulumi_plan::PulumiPlan;
use terraform_plan::{ClusterLocation, ExistingResources, PlanRequest, TerraformPlan};

/// What will be deployed, by Terraform, CloudFormation or Pulumi.
#[derive(Debug, Clone)]
pub enum Plan {
    /// The output of `terraform show -json`.
    Terraform(Box<TerraformPlan>),
    /// A template, a change set or a CDK assembly.
    CloudFormation(CloudFormationPlan),
    /// The output of `pulumi preview --json`.
    Pulumi(Box<PulumiPlan>),
}

/// Calls the same method on any plan.
macro_rules! delegate {
    ($self:ident, $plan:ident => $call:expr) => {
        match $self {
            Plan::Terraform($plan) => $call,
            Plan::CloudFormation($plan) => $call,
            Plan::Pulumi($plan) => $call,
        }
    };
}

impl Plan {
    /// Declares that nothing exists besides what the plan contains.
    pub fn declared_complete(self) -> Plan {
        match self {
            Plan::Terraform(plan) => Plan::Terraform(Box::new(plan.declared_complete())),
            Plan::CloudFormation(plan) => Plan::CloudFormation(plan.declared_complete()),
            Plan::Pulumi(plan) => Plan::Pulumi(Box::new(plan.declared_complete())),
        }
    }

    /// Whether it leaves out what does not change.
    pub fn shows_only_changes(&self) -> bool {
        delegate!(self, plan => plan.shows_only_changes())
    }

    /// The names of the clusters that have services in the plan.
    pub fn clusters(&self) -> Vec<String> {
        delegate!(self, plan => plan.clusters())
    }

    /// The clusters that have services in the plan, one for each region.
    pub fn cluster_locations(&self) -> Vec<ClusterLocation> {
        delegate!(self, plan => plan.cluster_locations())
    }

    /// The region of a cluster; `None` if the plan does not show it.
    pub fn region_of(&self, cluster: &str) -> Option<String> {
        delegate!(self, plan => plan.region_of(cluster))
    }

    /// The account ID of a cluster, if the plan shows it.
    pub fn account_of(&self, cluster: &str) -> Option<String> {
        delegate!(self, plan => plan.account_of(cluster))
    }

    /// The facts after deployment, as far as the plan alone shows them.
    pub fn facts(&self, request: &PlanRequest) -> Facts {
        delegate!(self, plan => plan.facts(request))
    }

    /// The facts after deployment, with what is not in the plan from AWS.
    pub fn facts_over(&self, live: Facts, request: &PlanRequest) -> Facts {
        delegate!(self, plan => plan.facts_over(live, request))
    }

    /// The existing resources to read from AWS, to complete the facts.
    pub fn existing_resources(&self, request: &PlanRequest) -> ExistingResources {
        delegate!(self, plan => plan.existing_resources(request))
    }
}
