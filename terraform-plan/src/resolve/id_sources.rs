//! What can supply the ID of a resource that is not in the plan: an unknown ID may then be any.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use super::resource_kind::ResourceKind;

/// CloudFormation stacks and the like: they create resources that the plan does not show.
pub const OPAQUE_TYPES: [&str; 5] = [
    "aws_cloudcontrolapi_resource",
    "aws_cloudformation_stack",
    "aws_cloudformation_stack_instances",
    "aws_servicecatalog_provisioned_product",
    "awscc_cloudformation_stack",
];

/// The lists of `id_sources.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct IdSources {
    /// Data sources that can supply any value.
    any_value_data: Vec<&'static str>,
    /// Data sources that supply no IDs of other resources.
    harmless_data: Vec<&'static str>,
    /// What the types of providers start with whose resources and data sources supply no IDs of AWS resources.
    harmless_providers: Vec<&'static str>,
}

static SOURCES: LazyLock<IdSources> =
    LazyLock::new(|| serde_json::from_str(include_str!("id_sources.json")).unwrap_or_default());

/// Whether a data source supplies no IDs of other resources.
pub fn is_harmless_data(resource_type: &str) -> bool {
    SOURCES.harmless_data.contains(&resource_type)
}

/// Whether a data source that is read during apply may supply such an ID.
pub fn data_may_supply(resource_type: &str, kind: ResourceKind) -> bool {
    if !resource_type.starts_with("aws_") {
        return provider_may_supply(resource_type);
    }
    SOURCES.any_value_data.contains(&resource_type)
        || kind.data().data_sources.contains(&resource_type)
}

fn provider_may_supply(resource_type: &str) -> bool {
    let mut harmless = SOURCES.harmless_providers.iter();
    !harmless.any(|prefix| resource_type.starts_with(prefix))
}

/// Whether a computed attribute of a resource may hold such an ID.
pub fn resource_may_supply(resource_type: &str, kind: ResourceKind) -> bool {
    if OPAQUE_TYPES.contains(&resource_type) {
        return true;
    }
    let data = kind.data();
    if let Some(cloud_control_type) = resource_type.strip_prefix("awscc_") {
        let known = data.cloud_control_type;
        return known == cloud_control_type
            || (known.ends_with('_') && cloud_control_type.starts_with(known));
    }
    match resource_type.starts_with("aws_") {
        true => data.creators.contains(&resource_type),
        false => provider_may_supply(resource_type),
    }
}

/// Whether a known value may be or contain such an ID.
pub fn may_contain_id(value: &Value, kind: ResourceKind) -> bool {
    match value {
        Value::String(text) => text.starts_with(kind.data().id_prefix.unwrap_or("arn:")),
        Value::Array(items) => items.iter().any(|item| may_contain_id(item, kind)),
        Value::Object(fields) => fields.values().any(|field| may_contain_id(field, kind)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_valid() {
        let lists: IdSources = serde_json::from_str(include_str!("id_sources.json")).unwrap();
        assert!(lists.harmless_data.contains(&"aws_region"));
    }
}
