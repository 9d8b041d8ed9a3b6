//! Where the plan's resources are: clusters, region and account, as far as it tells.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::document::Plan;
use crate::ecs::cluster_of;
use crate::instance::Instance;
use crate::resolve::Resolver;

impl Plan {
    /// Names of the clusters that the plan's services are in.
    pub fn clusters(&self) -> Vec<String> {
        let resolver = Resolver::new(self, "aws", "", None);
        let services = self.of_kind(&["aws_ecs_service"]);
        let names: BTreeSet<String> = services
            .filter_map(|service| cluster_of(&resolver, service).ok())
            .collect();
        names.into_iter().collect()
    }

    /// The region of the plan's services, if it tells.
    pub fn region(&self) -> Option<String> {
        let services = || self.of_kind(&["aws_ecs_service", "aws_ecs_cluster"]);
        let own = services().find_map(|service| {
            let set = service.text(&["region"]).ok().flatten();
            let of_arn = || self.part_of_arn(service, 3);
            set.map(str::to_owned).or_else(of_arn)
        });
        let of_data = || {
            let mut regions = self.data_of_kind("aws_region");
            regions.find_map(|region| {
                let known = |name: &str| region.text(&[name]).ok().flatten();
                known("region").or(known("name")).map(str::to_owned)
            })
        };
        own.or_else(|| self.provider_region()).or_else(of_data)
    }

    /// The account, if the plan tells.
    pub fn account(&self) -> Option<String> {
        let mut identities = self.data_of_kind("aws_caller_identity");
        let told = identities.find_map(|identity| identity.text(&["account_id"]).ok().flatten());
        let of_arn = || {
            let mut resources =
                self.of_kind(&["aws_ecs_service", "aws_ecs_cluster", "aws_iam_role"]);
            resources.find_map(|resource| self.part_of_arn(resource, 4))
        };
        told.map(str::to_owned).or_else(of_arn)
    }

    fn part_of_arn(&self, instance: &Instance, part: usize) -> Option<String> {
        let names = ["arn", "id"];
        let mut known = names
            .iter()
            .filter_map(|name| instance.text(&[name]).ok().flatten());
        let arn = known.find(|text| text.starts_with("arn:"))?;
        let part = arn.split(':').nth(part)?;
        (!part.is_empty()).then(|| part.to_owned())
    }

    /// The region of the provider that makes the services, else of the first one.
    fn provider_region(&self) -> Option<String> {
        let providers = self.configuration.get("provider_config")?.as_object()?;
        let service = self.of_kind(&["aws_ecs_service"]).next();
        let key = service.and_then(|service| self.resource(service)?.get("provider_config_key"));
        // In a module, a key may be of the module's own name for the provider: `module.x:aws`.
        let named = key.and_then(Value::as_str).and_then(|key| {
            let plain = key.rsplit(':').next()?;
            providers.get(key).or_else(|| providers.get(plain))
        });
        let region = |provider: &Value| self.constant(provider.pointer("/expressions/region")?);
        named.and_then(region).or_else(|| {
            let aws = providers
                .values()
                .filter(|provider| provider["name"] == "aws");
            aws.filter(|provider| provider.get("alias").is_none())
                .find_map(region)
        })
    }

    /// A constant, or a variable of the root module.
    fn constant(&self, expression: &Value) -> Option<String> {
        if let Some(text) = expression.get("constant_value").and_then(Value::as_str) {
            return Some(text.to_owned());
        }
        let Some([Value::String(only)]) =
            expression.get("references")?.as_array().map(Vec::as_slice)
        else {
            return None;
        };
        let name = only.strip_prefix("var.")?;
        let value = self.variables.get(name)?.get("value")?.as_str()?;
        Some(value.to_owned())
    }
}
