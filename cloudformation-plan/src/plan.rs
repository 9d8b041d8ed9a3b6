//! The facts of stacks as they will be after deployment.

use std::collections::BTreeSet;

use model::facts::{CloudFormationResource, Facts};
use terraform_plan::{ClusterLocation, ExistingResources, PlanRequest, reworded};

use crate::evaluate::Environment;
use crate::stack::{Action, Stack};
use crate::translate::{Translation, stack_name, translate};

/// Stands for the account of whoever deploys: only stacks without an account of their own go there.
const DEPLOYERS_ACCOUNT: &str = "";

/// One or several stacks that are deployed together.
#[derive(Debug, Clone)]
pub struct CloudFormationPlan {
    stacks: Vec<Stack>,
    /// Only the stacks of this account count.
    account: Option<String>,
    is_declared_complete: bool,
}

impl CloudFormationPlan {
    pub(crate) fn new(stacks: Vec<Stack>) -> CloudFormationPlan {
        CloudFormationPlan {
            stacks,
            account: None,
            is_declared_complete: false,
        }
    }

    /// Declares that nothing exists besides what the stacks contain.
    pub fn declared_complete(self) -> CloudFormationPlan {
        CloudFormationPlan {
            is_declared_complete: true,
            ..self
        }
    }

    /// Whether a stack is a change set, which leaves out what does not change.
    pub fn shows_only_changes(&self) -> bool {
        self.stacks.iter().any(|stack| stack.changes_only)
    }

    /// The names of the clusters that have services in the stacks.
    pub fn clusters(&self) -> Vec<String> {
        let translation = self.translate(&Environment::default());
        translation.map_or_else(Vec::new, |translation| translation.plan.clusters())
    }

    /// The clusters that have services in the stacks, one for each region and account; without services, the clusters.
    pub fn cluster_locations(&self) -> Vec<ClusterLocation> {
        let accounts = self.accounts();
        if accounts.len() < 2 {
            return self.locations();
        }
        let mut all = self.within_account(DEPLOYERS_ACCOUNT).locations();
        let shared = all.len();
        for account in accounts {
            for location in self.within_account(account).locations() {
                if !all[..shared].contains(&location) {
                    all.push(ClusterLocation {
                        account: Some(account.clone()),
                        ..location
                    });
                }
            }
        }
        all
    }

    fn locations(&self) -> Vec<ClusterLocation> {
        let translation = self.translate(&Environment::default());
        translation.map_or_else(Vec::new, |translation| translation.plan.cluster_locations())
    }

    /// The region of a cluster; `None` if the stacks do not show it.
    pub fn region_of(&self, cluster: &str) -> Option<String> {
        let translation = self.translate(&Environment::default())?;
        translation.plan.region_of(cluster)
    }

    /// The account ID of a cluster, if the stacks show it.
    pub fn account_of(&self, cluster: &str) -> Option<String> {
        let mut accounts: BTreeSet<&String> = self.accounts();
        accounts.retain(|account| {
            let clusters = self.within_account(account).clusters();
            clusters.iter().any(|name| name == cluster)
        });
        match accounts.len() {
            1 => accounts.pop_first().cloned(),
            _ => None,
        }
    }

    /// The facts after deployment, as far as the stacks alone show them.
    pub fn facts(&self, request: &PlanRequest) -> Facts {
        self.build(request, None)
    }

    /// The facts after deployment. Takes what is in no stack from facts that were read from AWS for the same cluster.
    pub fn facts_over(&self, live: Facts, request: &PlanRequest) -> Facts {
        self.build(request, Some(live))
    }

    /// The existing resources to read from AWS, to complete the facts.
    pub fn existing_resources(&self, request: &PlanRequest) -> ExistingResources {
        let request = self.with_account(request);
        let chosen = self.for_request(&request);
        let translation = chosen.translate(&environment(&request));
        translation.map_or_else(ExistingResources::default, |translation| {
            translation.plan.existing_resources(&request)
        })
    }

    fn accounts(&self) -> BTreeSet<&String> {
        self.stacks
            .iter()
            .filter_map(|stack| stack.account.as_ref())
            .collect()
    }

    fn within_account(&self, account: &str) -> CloudFormationPlan {
        CloudFormationPlan {
            account: Some(account.to_owned()),
            ..self.clone()
        }
    }

    fn with_account(&self, request: &PlanRequest) -> PlanRequest {
        let account = request.account.clone();
        PlanRequest {
            account: account.or_else(|| self.account_of(&request.cluster_name)),
            ..request.clone()
        }
    }

    /// The stacks of the account of the request.
    fn for_request(&self, request: &PlanRequest) -> CloudFormationPlan {
        match request.account.as_deref() {
            Some(account) if self.accounts().len() > 1 => self.within_account(account),
            _ => self.clone(),
        }
    }

    /// `None` only if Terraform's rules reject the translation, which happens for no template.
    fn translate(&self, environment: &Environment) -> Option<Translation> {
        let account = self.account.as_deref();
        let mut translation = translate(&self.stacks, environment, account).ok()?;
        if self.is_declared_complete {
            translation.plan = translation.plan.declared_complete();
        }
        Some(translation)
    }

    fn build(&self, request: &PlanRequest, live: Option<Facts>) -> Facts {
        let request = &self.with_account(request);
        let chosen = self.for_request(request);
        let Some(translation) = chosen.translate(&environment(request)) else {
            return Facts {
                cluster_name: request.cluster_name.clone(),
                planned: true,
                ..Facts::default()
            };
        };
        let mut facts = match live {
            Some(live) => translation.plan.facts_over(live, request),
            None => translation.plan.facts(request),
        };
        chosen.add_logical_ids(&mut facts, &translation);
        reworded(facts, &PHRASES, |what| {
            let reason = translation.reasons.get(what)?;
            Some(format!("{what} depends on {reason}"))
        })
    }

    /// Replaces the addresses of Terraform by logical IDs.
    fn add_logical_ids(&self, facts: &mut Facts, translation: &Translation) {
        for resource in facts.terraform.values_mut() {
            let Some((at, logical_id)) = translation.origins.get(&resource.address) else {
                continue;
            };
            let Some(stack) = self.stacks.get(*at) else {
                continue;
            };
            let Some(of_stack) = stack.resource(logical_id) else {
                continue;
            };
            resource.is_new = of_stack.action == Action::Create;
            resource.cloudformation = Some(CloudFormationResource {
                logical_id: logical_id.clone(),
                stack: stack_name(&self.stacks, *at),
                template: stack.template_file.clone(),
                construct: of_stack.construct.clone(),
            });
        }
    }
}

fn environment(request: &PlanRequest) -> Environment {
    Environment {
        partition: Some(request.partition.clone()),
        region: Some(request.region.clone()),
        account: request.account.clone(),
    }
}

/// Phrases of Terraform, and those of CloudFormation.
const PHRASES: [(&str, &str); 9] = [
    ("known only after apply", "known only after deployment"),
    ("is not part of the plan", "is not part of the template"),
    ("is part of the plan", "is part of the template"),
    ("outside of the plan", "outside of the template"),
    ("before this plan", "before this template"),
    (
        "the plan shows only what changes",
        "the change set shows only what changes",
    ),
    (
        "the plan is partial",
        "the template does not show everything",
    ),
    ("than the plan shows", "than the template shows"),
    ("the Terraform plan", "the template"),
];
