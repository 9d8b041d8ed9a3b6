//! The facts of a stack as it will be after deployment.

use model::facts::{Facts, PulumiResource};
use terraform_plan::{ClusterLocation, ExistingResources, PlanRequest};

use crate::error::PreviewError;
use crate::preview::Preview;
use crate::reword::in_words_of_pulumi;
use crate::translate::{Translation, translate};
use crate::urn::Urn;

/// A preview of one stack.
#[derive(Debug, Clone)]
pub struct PulumiPlan {
    translation: Translation,
}

impl PulumiPlan {
    pub(crate) fn new(preview: &Preview) -> Result<PulumiPlan, PreviewError> {
        let translation = translate(preview)?;
        Ok(PulumiPlan { translation })
    }

    /// Declares that nothing exists besides what the preview contains.
    pub fn declared_complete(self) -> PulumiPlan {
        let plan = self.translation.plan.declared_complete();
        PulumiPlan {
            translation: Translation {
                plan,
                ..self.translation
            },
        }
    }

    /// Whether the preview leaves out what does not change.
    pub fn shows_only_changes(&self) -> bool {
        self.translation.plan.shows_only_changes()
    }

    /// The names of the clusters that have services in the preview.
    pub fn clusters(&self) -> Vec<String> {
        self.translation.plan.clusters()
    }

    /// The clusters that have services in the preview, one for each region; without services, the clusters.
    pub fn cluster_locations(&self) -> Vec<ClusterLocation> {
        self.translation.plan.cluster_locations()
    }

    /// The region of a cluster; `None` if the preview does not show it.
    pub fn region_of(&self, cluster: &str) -> Option<String> {
        self.translation.plan.region_of(cluster)
    }

    /// The account ID of a cluster, if the preview shows it.
    pub fn account_of(&self, cluster: &str) -> Option<String> {
        self.translation.plan.account_of(cluster)
    }

    /// The facts after deployment, as far as the preview alone shows them.
    pub fn facts(&self, request: &PlanRequest) -> Facts {
        self.translated_back(self.translation.plan.facts(request))
    }

    /// The facts after deployment. Takes what is not in the preview from facts that were read from AWS for the same
    /// cluster.
    pub fn facts_over(&self, live: Facts, request: &PlanRequest) -> Facts {
        self.translated_back(self.translation.plan.facts_over(live, request))
    }

    /// The existing resources to read from AWS, to complete the facts.
    pub fn existing_resources(&self, request: &PlanRequest) -> ExistingResources {
        self.translation.plan.existing_resources(request)
    }

    /// The facts with the program's names and the words of Pulumi.
    fn translated_back(&self, mut facts: Facts) -> Facts {
        for resource in facts.terraform.values_mut() {
            let urn = self.translation.urns.get(&resource.address);
            if let Some(urn) = urn.and_then(|urn| Urn::parse(urn)) {
                resource.expression = None;
                resource.pulumi = Some(PulumiResource {
                    name: urn.name.to_owned(),
                    resource_type: urn.resource_type.to_owned(),
                });
            }
        }
        in_words_of_pulumi(facts, &self.translation.secrets)
    }
}
