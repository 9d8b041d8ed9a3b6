//! Plans with resources in two regions.

use serde_json::{Value, json};

use crate::support::*;

/// The platform twice: unchanged, and in a module with another region and name.
fn twice(name: &str) -> Value {
    let mut document: Value = serde_json::from_str(CREATE).unwrap();
    let other = CREATE
        .replace("us-west-2", "eu-west-1")
        .replace("coder-production", name);
    let other: Value = serde_json::from_str(&other).unwrap();
    for change in other["resource_changes"].as_array().unwrap() {
        let mut change = change.clone();
        let inner = change["module_address"].as_str();
        let module = inner.map_or("module.eu".to_owned(), |inner| format!("module.eu.{inner}"));
        change["module_address"] = module.into();
        change["address"] = format!("module.eu.{}", change["address"].as_str().unwrap()).into();
        document["resource_changes"]
            .as_array_mut()
            .unwrap()
            .push(change);
    }
    let mut module = other["configuration"]["root_module"].clone();
    use_provider_region(&mut module);
    let configuration = &mut document["configuration"];
    configuration["provider_config"]["aws.eu"] = json!({
        "name": "aws", "alias": "eu", "expressions": {"region": {"constant_value": "eu-west-1"}},
    });
    configuration["root_module"]["module_calls"]["eu"] =
        json!({"expressions": {}, "module": module});
    document
}

fn use_provider_region(module: &mut Value) {
    for resource in module["resources"].as_array_mut().into_iter().flatten() {
        resource["provider_config_key"] = "aws.eu".into();
    }
    for call in module["module_calls"].as_object_mut().into_iter().flatten() {
        use_provider_region(&mut call.1["module"]);
    }
}

#[test]
fn clusters_have_their_own_regions() {
    let plan = plan(&twice("eu-production"));
    for (cluster, region) in [
        ("coder-production-cluster", "us-west-2"),
        ("eu-production-cluster", "eu-west-1"),
    ] {
        assert_eq!(plan.region_of(cluster).as_deref(), Some(region));
        let mut request = request_anywhere(cluster);
        request.region = region.to_owned();
        assert_healthy(&plan.facts(&request));
    }
}

/// The provider has this attribute since version 6.
#[test]
fn a_resource_can_set_its_region() {
    let mut document = twice("eu-production");
    for change in document["resource_changes"].as_array_mut().unwrap() {
        let is_eu = change["address"]
            .as_str()
            .unwrap()
            .starts_with("module.eu.");
        let change = &mut change["change"];
        change["after"]["region"] = if is_eu { "eu-west-1" } else { "us-west-2" }.into();
        if let Some(marks) = change["after_unknown"].as_object_mut() {
            marks.remove("region");
        }
    }
    document["configuration"]["provider_config"] = Value::Null;
    let plan = plan(&document);
    let cluster = "eu-production-cluster";
    assert_eq!(plan.region_of(cluster).as_deref(), Some("eu-west-1"));
    let mut request = request_anywhere(cluster);
    request.region = "eu-west-1".to_owned();
    assert_healthy(&plan.facts(&request));
}

#[test]
fn clusters_with_one_name_in_two_regions_are_separate() {
    let mut document = twice("coder-production");
    let off = r#"module.eu.aws_ecs_service.service["coder"]"#;
    set(&mut document, off, "enable_execute_command", false.into());
    let plan = plan(&document);
    let cluster = "coder-production-cluster";
    assert_eq!(plan.region_of(cluster), None, "it may be either");
    let of = |region: &str| {
        let mut request = request_anywhere(cluster);
        request.region = region.to_owned();
        plan.facts(&request)
    };
    assert_healthy(&of("us-west-2"));
    let facts = of("eu-west-1");
    assert_eq!(causes(&report(&facts)), ["service.exec-enabled"]);
    assert_eq!(facts.services.len(), 6);
}
