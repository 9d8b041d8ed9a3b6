//! The regions that the plan's resources are in.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::ecs::cluster_of;
use crate::plan::TerraformPlan;
use crate::plan::address::module_path;
use crate::plan::resource::Resource;
use crate::resolve::Resolver;

const OF_CLUSTERS: [&str; 2] = ["aws_ecs_service", "aws_ecs_cluster"];

impl TerraformPlan {
    /// The region of the plan's services, if it tells: of the first of them, where they are in several.
    pub fn region(&self) -> Option<String> {
        let own = self
            .of_type(&OF_CLUSTERS)
            .find_map(|one| self.region_of_resource(one));
        let of_data = || self.data_of_type("aws_region").find_map(read_region);
        own.or_else(|| self.default_region()).or_else(of_data)
    }

    /// The region of a cluster and its services, if the plan tells. Clusters of one name in several regions are not
    /// told apart: then there is none.
    pub fn region_of(&self, cluster: &str) -> Option<String> {
        let resolver = Resolver::new(self, "aws", "", None);
        let services = self
            .of_type(&["aws_ecs_service"])
            .filter(|service| cluster_of(&resolver, service).as_deref() == Ok(cluster));
        let clusters = self
            .of_type(&["aws_ecs_cluster"])
            .filter(|one| one.text(&["name"]) == Ok(Some(cluster)));
        let mut told: BTreeSet<String> = services
            .chain(clusters)
            .filter_map(|one| self.region_of_resource(one))
            .collect();
        match told.len() {
            // What another provider's resources tell is not of these.
            0 if self.aws_providers().count() < 2 => self.region(),
            1 => told.pop_first(),
            _ => None,
        }
    }

    /// The plan without what is in another region; none where that changes nothing. Resources of which the region
    /// is not known stay.
    pub(crate) fn within(&self, region: &str) -> Option<TerraformPlan> {
        let is_here = |instance: &Resource| {
            is_everywhere(instance)
                || self
                    .region_of_resource(instance)
                    .is_none_or(|of| of == region)
        };
        let mut all = self.managed.iter().chain(&self.before).chain(&self.data);
        (!all.all(is_here)).then(|| self.only(is_here))
    }

    /// By its own attribute, by its ARN, or by its provider.
    pub(crate) fn region_of_resource(&self, instance: &Resource) -> Option<String> {
        let set = instance.text(&["region"]).ok().flatten();
        let key = || self.provider_of(instance);
        set.map(str::to_owned)
            .or_else(|| self.part_of_arn(instance, 3))
            .or_else(|| self.region_of_provider(key()?))
            .or_else(|| {
                let mut read = self
                    .data_of_type("aws_region")
                    .filter(|data| key().is_some() && self.provider_of(data) == key());
                read.find_map(read_region)
            })
    }

    fn provider_of(&self, instance: &Resource) -> Option<&str> {
        self.resource(instance)?
            .get("provider_config_key")?
            .as_str()
    }

    fn region_of_provider(&self, key: &str) -> Option<String> {
        let providers = self.configuration.get("provider_config")?;
        if let Some(provider) = providers.get(key) {
            return self.region_in(provider);
        }
        // A module's own name for a provider that it was given, such as `module.x:aws`: it may be any.
        let is_aws = key.rsplit(':').next()?.split('.').next() == Some("aws");
        let regions: BTreeSet<Option<String>> = self
            .aws_providers()
            .map(|provider| self.region_in(provider))
            .collect();
        match (is_aws, regions.len()) {
            (true, 1) => regions.into_iter().next().flatten(),
            _ => None,
        }
    }

    pub(crate) fn aws_providers(&self) -> impl Iterator<Item = &Value> {
        let providers = self.configuration.get("provider_config");
        let providers = providers.and_then(Value::as_object).into_iter();
        providers
            .flat_map(serde_json::Map::values)
            .filter(|provider| provider["name"] == "aws")
    }

    /// Of the provider that resources have which name none.
    fn default_region(&self) -> Option<String> {
        let mut unnamed = self
            .aws_providers()
            .filter(|provider| provider.get("alias").is_none());
        unnamed.find_map(|provider| self.region_in(provider))
    }

    fn region_in(&self, provider: &Value) -> Option<String> {
        let module = provider["module_address"].as_str().unwrap_or_default();
        let module = module_path(module)?;
        let expression = provider.pointer("/expressions/region")?;
        let region = self.value_of(expression, &module)?.as_str()?;
        (!region.is_empty()).then(|| region.to_owned())
    }
}

fn read_region(data: &Resource) -> Option<String> {
    let known = |name: &str| data.text(&[name]).ok().flatten();
    known("region").or(known("name")).map(str::to_owned)
}

/// IAM has no regions, and buckets may be used from others.
fn is_everywhere(instance: &Resource) -> bool {
    [
        "aws_iam_",
        "aws_s3_",
        "aws_caller_identity",
        "aws_partition",
    ]
    .iter()
    .any(|start| instance.resource_type.starts_with(start))
}
