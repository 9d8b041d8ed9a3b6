//! The regions of a plan's resources.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::plan::TerraformPlan;
use crate::plan::address::parse_module_path;
use crate::plan::resource::Resource;

/// Resources that have no region, or that other regions may use.
const GLOBAL_PREFIXES: [&str; 4] = [
    "aws_iam_",
    "aws_s3_",
    "aws_caller_identity",
    "aws_partition",
];

impl TerraformPlan {
    /// The region of the plan's first ECS resource, else of its default provider.
    pub fn region(&self) -> Option<String> {
        let mut ecs = self
            .resources
            .of_types(&["aws_ecs_service", "aws_ecs_cluster"]);
        ecs.find_map(|resource| self.region_of_resource(resource))
            .or_else(|| self.default_provider_region())
            .or_else(|| self.data.of_type("aws_region").find_map(data_region))
    }

    /// The plan without the resources of other regions; `None` if it has none. Keeps resources of unknown region.
    pub(crate) fn within_region(&self, region: &str) -> Option<TerraformPlan> {
        let is_in_region = |resource: &Resource| {
            let mut global = GLOBAL_PREFIXES.iter();
            global.any(|prefix| resource.resource_type.starts_with(prefix))
                || self
                    .region_of_resource(resource)
                    .is_none_or(|of| of == region)
        };
        let mut all = [&self.resources, &self.before, &self.data].into_iter();
        let is_whole = all.all(|all| all.iter().all(is_in_region));
        (!is_whole).then(|| self.filtered(is_in_region))
    }

    /// The region of a resource: by its own attribute, by its ARN, or by its provider.
    pub(crate) fn region_of_resource(&self, resource: &Resource) -> Option<String> {
        let provider = self.provider_key(resource);
        let region = resource.known_text("region").map(str::to_owned);
        region
            .or_else(|| resource.arn_part(3))
            .or_else(|| self.provider_region(provider?))
            .or_else(|| {
                let mut data = self.data.of_type("aws_region");
                let data =
                    data.find(|data| provider.is_some() && self.provider_key(data) == provider);
                data_region(data?)
            })
    }

    fn provider_key(&self, resource: &Resource) -> Option<&str> {
        let block = self.configuration.resource(resource)?;
        block.get("provider_config_key")?.as_str()
    }

    fn provider_region(&self, key: &str) -> Option<String> {
        let mut providers = self.configuration.providers();
        if let Some((_, provider)) = providers.find(|(name, _)| *name == key) {
            return self.configured_region(provider);
        }
        // A module's own name for a provider that is passed to it, such as `module.x:aws`: it may be any.
        let is_aws = key.rsplit(':').next()?.split('.').next() == Some("aws");
        let regions = self
            .aws_providers()
            .map(|provider| self.configured_region(provider));
        let regions: BTreeSet<Option<String>> = regions.collect();
        match (is_aws, regions.len()) {
            (true, 1) => regions.into_iter().next()?,
            _ => None,
        }
    }

    /// The blocks of AWS providers.
    pub(crate) fn aws_providers(&self) -> impl Iterator<Item = &Value> {
        let providers = self.configuration.providers().map(|(_, provider)| provider);
        providers.filter(|provider| provider["name"] == "aws")
    }

    fn default_provider_region(&self) -> Option<String> {
        let mut providers = self
            .aws_providers()
            .filter(|one| one.get("alias").is_none());
        providers.find_map(|provider| self.configured_region(provider))
    }

    fn configured_region(&self, provider: &Value) -> Option<String> {
        let module = provider["module_address"].as_str().unwrap_or_default();
        let module = parse_module_path(module)?;
        let expression = provider.pointer("/expressions/region")?;
        let region = self.configuration.constant(expression, &module)?.as_str()?;
        (!region.is_empty()).then(|| region.to_owned())
    }
}

/// The region that an `aws_region` data source has read.
fn data_region(data: &Resource) -> Option<String> {
    let region = data
        .known_text("region")
        .or_else(|| data.known_text("name"));
    region.map(str::to_owned)
}
