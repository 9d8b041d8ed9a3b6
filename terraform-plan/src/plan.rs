//! What a plan contains: resources before and after apply, and the configuration that they come from.

pub mod address;
pub mod completeness;
pub mod configuration;
pub mod module_tree;
pub mod quoted_reference;
pub mod resource;
pub mod resource_set;

use std::collections::BTreeMap;

use self::completeness::Completeness;
use self::configuration::Configuration;
use self::module_tree::ModuleTree;
use self::resource::Resource;
use self::resource_set::ResourceSet;

/// A plan, as far as ECS Exec is concerned.
#[derive(Debug, Clone)]
pub struct TerraformPlan {
    /// The managed resources as they are after apply.
    pub(crate) resources: ResourceSet,
    /// Resources that the plan changes or deletes, as they are before apply.
    pub(crate) before: ResourceSet,
    pub(crate) data: ResourceSet,
    /// Resources that Terraform defers to a later plan.
    pub(crate) deferred: ResourceSet,
    pub(crate) configuration: Configuration,
    pub(crate) modules: ModuleTree,
    pub(crate) completeness: Completeness,
    /// Whether existing resources are as they were when the tool last changed them, and not as AWS has them.
    pub(crate) is_unrefreshed: bool,
    /// What each resource depended on at the last apply: resource addresses, by the address of the instance.
    pub(crate) dependencies: BTreeMap<String, Vec<String>>,
}

impl TerraformPlan {
    /// Declares that nothing exists besides what the plan contains. That does not show what a plan of changes leaves out.
    pub fn declared_complete(self) -> TerraformPlan {
        TerraformPlan {
            completeness: match self.completeness {
                Completeness::ChangesOnly => Completeness::ChangesOnly,
                _ => Completeness::Declared,
            },
            ..self
        }
    }

    /// Says that the plan leaves out what does not change.
    pub fn with_changes_only(self) -> TerraformPlan {
        TerraformPlan {
            completeness: Completeness::ChangesOnly,
            ..self
        }
    }

    /// Says that the tool has not read from AWS what others have attached to existing resources since.
    pub fn with_unrefreshed_state(self) -> TerraformPlan {
        TerraformPlan {
            is_unrefreshed: true,
            ..self
        }
    }

    /// Whether the plan leaves out what does not change.
    pub fn shows_only_changes(&self) -> bool {
        self.completeness == Completeness::ChangesOnly
    }

    /// The plan with only those resources and data sources that match.
    pub(crate) fn filtered(&self, is_kept: impl Fn(&Resource) -> bool) -> TerraformPlan {
        let kept = |all: &ResourceSet| {
            let resources = all.iter().filter(|one| is_kept(one));
            ResourceSet::new(resources.cloned().collect())
        };
        let (resources, before, data) =
            (kept(&self.resources), kept(&self.before), kept(&self.data));
        let all = resources.iter().chain(before.iter()).chain(data.iter());
        TerraformPlan {
            modules: ModuleTree::new(&self.configuration, all),
            deferred: kept(&self.deferred),
            configuration: self.configuration.clone(),
            completeness: self.completeness,
            is_unrefreshed: self.is_unrefreshed,
            dependencies: self.dependencies.clone(),
            resources,
            before,
            data,
        }
    }
}
