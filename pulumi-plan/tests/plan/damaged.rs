//! Files that are not previews, and previews that are damaged or hostile.

use proptest::prelude::*;
use pulumi_plan::PreviewError;
use serde_json::{Value, json};

use crate::shop::*;
use crate::support::*;

fn error(text: &str) -> PreviewError {
    assert!(pulumi_plan::recognizes(text.as_bytes()), "{text}");
    pulumi_plan::read(text.as_bytes()).unwrap_err()
}

#[test]
fn other_files_of_pulumi_are_named() {
    let urn = urn(SERVICE, "web");
    let text = "Previewing update (dev)\n\n     Type  Name  Plan\n +   pulumi:pulumi:Stack  shop-dev  create\n";
    assert_eq!(error(text), PreviewError::PreviewText);
    let event =
        json!({"sequence": 0, "timestamp": 1, "resourcePreEvent": {"metadata": {"urn": urn}}});
    assert_eq!(
        error(&format!("{event}\n{event}\n")),
        PreviewError::EventLog
    );
    let plan = json!({"manifest": {}, "resourcePlans": {urn.clone(): {"steps": ["create"]}}});
    assert_eq!(error(&plan.to_string()), PreviewError::UpdatePlan);
    let stack = json!({"version": 3, "deployment": {"manifest": {}, "resources": [{"urn": urn}]}});
    assert_eq!(error(&stack.to_string()), PreviewError::StackExport);
}

#[test]
fn files_of_other_tools_are_not_recognised() {
    for other in [
        "",
        "{}",
        "Resources: {}",
        "Resources:\n  X: {Type: AWS::ECS::Service, Properties: {Tag: \"urn:pulumi:x\"}}",
        r#"{"format_version":"1.2","resource_changes":[]}"#,
        r#"{"Resources":{"X":{"Type":"AWS::ECS::Service","Properties":{"Tag":"urn:pulumi:x"}}}}"#,
        r#"{"note": "urn:pulumi:dev::shop", "steps": []}"#,
    ] {
        assert!(!pulumi_plan::recognizes(other.as_bytes()), "{other}");
    }
    assert_eq!(
        pulumi_plan::read(b"{}").unwrap_err(),
        PreviewError::NotAPreview
    );
}

#[test]
fn a_preview_without_its_unchanged_resources_is_refused() {
    let deployed = shop().deployed();
    let mut json = deployed.json();
    json["steps"].as_array_mut().unwrap().truncate(1);
    let error = error(&json.to_string());
    assert_eq!(
        error,
        PreviewError::HidesUnchanged(deployed.steps.len() as u64 - 1)
    );
    assert!(error.to_string().ends_with("add --show-sames"));
}

#[test]
fn a_preview_with_errors_is_refused() {
    let mut shop = shop();
    shop.diagnostics = vec![
        json!({"severity": "warning", "message": "old"}),
        json!({"severity": "error", "message": "no\nrole\u{1b}[31m"}),
    ];
    let PreviewError::Errored(message) = shop.read().unwrap_err() else {
        panic!();
    };
    assert!(
        message.starts_with("no") && !message.contains(['\n', '\u{1b}']),
        "{message}"
    );
}

#[test]
fn native_resources_alone_are_refused() {
    let preview = Preview::empty().create("aws-native:ecs:Service", "web", json!({}), &[]);
    assert_eq!(preview.read().unwrap_err(), PreviewError::NativeOnly);
}

#[test]
fn damaged_steps_are_named() {
    let text = shop().json().to_string();
    assert!(matches!(
        error(&text[..text.len() / 2]),
        PreviewError::NotJson(_)
    ));
    for (pointer, value) in [
        ("/steps/1/op", json!(7)),
        ("/steps/1/urn", json!("nonsense\n")),
        ("/steps/1/newState", json!(null)),
        ("/steps/1/newState", json!("text")),
        ("/steps/1/newState/inputs", json!([])),
        (
            "/steps/1/newState/propertyDependencies",
            json!({"vpcId": "x"}),
        ),
        ("/changeSummary", json!({"create": "many"})),
        ("/steps", json!({})),
    ] {
        let mut json = shop().json();
        *json.pointer_mut(pointer).unwrap() = value;
        let error = error(&json.to_string());
        assert!(
            matches!(error, PreviewError::Malformed(_)),
            "{pointer}: {error}"
        );
        assert!(!error.to_string().contains('\n'));
    }
}

#[test]
fn an_unknown_operation_makes_the_preview_partial() {
    let mut shop = shop().without(ENDPOINT, "ssmmessages");
    shop.step(LOGS, "logs")["op"] = "transmogrify".into();
    let report = shop.report();
    assert!(!causes(&report).contains(&"network.endpoint-present".to_owned()));
}

#[test]
fn powershell_writes_utf_16() {
    let text = shop().json().to_string();
    let units = text.encode_utf16().flat_map(u16::to_le_bytes);
    let bytes: Vec<u8> = [0xff, 0xfe].into_iter().chain(units).collect();
    assert!(pulumi_plan::recognizes(&bytes));
    assert_eq!(pulumi_plan::read(&bytes).unwrap().clusters(), ["shop"]);
    let bytes = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    assert_eq!(pulumi_plan::read(&bytes).unwrap().clusters(), ["shop"]);
}

#[test]
fn hostile_names_are_harmless() {
    let name = "subnet-x\"; $(reboot)\n\u{1b}[2J::aws_vpc.r1[0].id of x is known only after apply";
    let mut shop = shop();
    shop.inputs(SERVICE, "web")["enableExecuteCommand"] = false.into();
    let hostile = urn(SERVICE, name);
    let step = shop.step(SERVICE, "web");
    step["urn"] = hostile.as_str().into();
    step["newState"]["urn"] = hostile.into();
    let report = shop.report();
    assert_eq!(causes(&report), ["service.exec-enabled"]);
    let fixes = explanations(&report);
    assert!(
        !fixes.contains('\u{1b}') && fixes.contains("(aws:ecs/service:Service)"),
        "{fixes}"
    );
}

#[test]
fn a_name_that_looks_like_an_id_is_no_id() {
    let existing = shop().plan().existing_resources(&request("shop"));
    assert!(existing.subnets.is_empty(), "{existing:?}");
}

/// Replaces one value somewhere in a document.
fn damage(json: &mut Value, mut at: usize, value: &Value) -> Option<usize> {
    if at == 0 {
        *json = value.clone();
        return None;
    }
    at -= 1;
    let children: Vec<&mut Value> = match json {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(fields) => fields.values_mut().collect(),
        _ => Vec::new(),
    };
    for child in children {
        at = damage(child, at, value)?;
    }
    Some(at)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damage_never_panics(at in 0..600_usize, deployed: bool, choice in 0..6_usize) {
        let values = [
            json!(null), json!(7), json!("x"), json!([]), json!({}), json!(UNKNOWN),
        ];
        let shop = if deployed { shop().deployed() } else { shop() };
        let mut json = shop.json();
        damage(&mut json, at, &values[choice]);
        if let Ok(plan) = pulumi_plan::read(json.to_string().as_bytes()) {
            report(&plan.facts(&request("shop")));
            plan.cluster_locations();
        }
    }
}
