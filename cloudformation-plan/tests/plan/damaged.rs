//! Damaged and hostile input: clear errors, and no panic.

use cloudformation_plan::{TemplateError, read, read_bytes};
use proptest::prelude::*;
use serde_json::Value;

use crate::support::*;

fn error(text: &str) -> String {
    match read_bytes(text.as_bytes()) {
        Ok(_) => panic!("{text} is no template"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn errors_say_what_is_wrong() {
    assert!(error("").contains("no Resources"));
    let empty = "AWSTemplateFormatVersion: \"2010-09-09\"\nDescription: x\n";
    assert!(cloudformation_plan::recognizes(empty.as_bytes()));
    assert!(error(empty).contains("no Resources"));
    assert!(error("a: [").contains("not valid YAML"));
    assert!(error("{\"Resources\": {").contains("not valid"));
    assert!(error("Resources: {A: {Properties: {}}}").contains("A has no Type"));
    assert!(error("Resources: {A: {Type: X, Properties: []}}").contains("Properties of A"));
    assert!(error("Resources: {A-b: {Type: X}}").contains("logical ID"));
    assert!(error("Resources: {A: 1, A: 2}").contains("twice"));
    assert!(error("Transform: My-Macro\nResources: {}").contains("My-Macro"));
    assert!(
        error("Transform: AWS::LanguageExtensions\nResources: {\"Fn::ForEach::A\": []}")
            .contains("processed")
    );
    let set = r#"{"ChangeSetId": "a", "Changes": [{"ResourceChange": {"Action": "Add", "LogicalResourceId": "A", "ResourceType": "B"}}]}"#;
    assert!(error(set).contains("--include-property-values"));
    assert!(error(r#"{"ChangeSetId": "a", "Status": "FAILED", "Changes": []}"#).contains("FAILED"));
    assert_eq!(
        read_bytes(&[0xff, 0x00]).err(),
        Some(TemplateError::NotText)
    );
}

/// The parsers have limits of their own, and say so in their messages.
fn is_too_deep(error: Option<TemplateError>) -> bool {
    match error {
        Some(TemplateError::TooDeep(_)) => true,
        Some(TemplateError::Json(message) | TemplateError::Yaml(message)) => {
            message.contains("recursion limit")
        }
        _ => false,
    }
}

#[test]
fn deep_nesting_is_refused() {
    let nested = |open: &str, close: &str| {
        let text = format!("{}1{}", open.repeat(5000), close.repeat(5000));
        read_bytes(text.as_bytes()).err()
    };
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let error = nested(open, close);
        assert!(is_too_deep(error.clone()), "{open} {error:?}");
    }
    // Braces count as JSON, whose parser stops before it gets deep.
    assert!(matches!(nested("{a: ", "}"), Some(TemplateError::Json(_))));
    let blocks: String = (0..300)
        .map(|depth| format!("{}a:\n", " ".repeat(depth)))
        .collect();
    assert!(is_too_deep(read_bytes(blocks.as_bytes()).err()));
}

#[test]
fn alias_bombs_are_refused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for at in 1..12 {
        let before = format!("*a{}, ", at - 1).repeat(10);
        bomb.push_str(&format!("a{at}: &a{at} [{before}]\n"));
    }
    assert!(error(&bomb).contains("aliases"));
    let long = format!(
        "a: &a {}\nb: [{}]\n",
        "x".repeat(100_000),
        "*a, ".repeat(100_000)
    );
    assert!(error(&long).contains("aliases"));
    assert!(error("a: &a [*a]").contains("alias"));
}

#[test]
fn aliases_mean_what_they_name() {
    let yaml = YAML
        .replace(
            "Properties: {SubnetId: !Ref SubnetA, RouteTableId: !Ref Table}",
            "Properties: {SubnetId: !Ref SubnetA, RouteTableId: &table !Ref Table}",
        )
        .replace(
            "Properties: {SubnetId: !Ref SubnetB, RouteTableId: !Ref Table}",
            "Properties: {SubnetId: !Ref SubnetB, RouteTableId: *table}",
        );
    assert_eq!(facts(&plan(&yaml)), facts(&plan(YAML)));
}

#[test]
fn circles_and_doubling_end() {
    let mut yaml = "Conditions:\n  C0: !Condition C0\n".to_owned();
    for at in 1..60 {
        let before = at - 1;
        yaml.push_str(&format!(
            "  C{at}: !Or [!Condition C{before}, !Condition C{before}]\n"
        ));
    }
    yaml.push_str("Outputs:\n");
    for at in 0..60 {
        let next = at + 1;
        yaml.push_str(&format!(
            "  O{at}: {{Value: !Join [\"\", [!ImportValue e{next}, !ImportValue e{next}]], Export: {{Name: e{at}}}}}\n"
        ));
    }
    yaml.push_str("Resources:\n  S: {Type: AWS::ECS::Service, Condition: C59, Properties: {ServiceName: !ImportValue e0, Cluster: !ImportValue e0}}\n");
    yaml.push_str("  A: {Type: AWS::KMS::Alias, Properties: {TargetKeyId: !Ref A}}\n  C: {Type: AWS::ECS::Cluster, Properties: {Configuration: {ExecuteCommandConfiguration: {KmsKeyId: !Ref A}}}}\n  N: {Type: AWS::EC2::Subnet, Properties: {VpcId: !GetAtt N.VpcId}}\n");
    plan(&yaml).facts(&request("C"));
}

#[test]
fn a_manifest_names_files_of_its_folder_only() {
    for file in ["../x.json", "/etc/passwd", "", "missing.json"] {
        let folder = tempfile::tempdir().unwrap();
        let manifest = format!(
            r#"{{"version": "1", "artifacts": {{"A": {{"type": "aws:cloudformation:stack", "properties": {{"templateFile": "{file}"}}}}}}}}"#
        );
        std::fs::write(folder.path().join("manifest.json"), manifest).unwrap();
        assert!(read(folder.path()).is_err(), "{file}");
    }
    let empty = tempfile::tempdir().unwrap();
    assert!(
        read(empty.path())
            .unwrap_err()
            .to_string()
            .contains("manifest.json")
    );
    std::fs::write(
        empty.path().join("manifest.json"),
        r#"{"version": "1", "artifacts": {}}"#,
    )
    .unwrap();
    assert_eq!(read(empty.path()).err(), Some(TemplateError::NoStack));
}

/// Every value of the template, replaced by others one at a time.
#[test]
fn no_single_change_panics() {
    let json = cloudformation_plan::to_json(YAML).unwrap();
    let template: Value = serde_json::from_str(&json).unwrap();
    let mut pointers = Vec::new();
    collect(&template, String::new(), &mut pointers);
    for (at, pointer) in pointers.iter().enumerate() {
        let others = [
            Value::Null,
            serde_json::json!({"Ref": "Nothing"}),
            serde_json::json!([[], {}]),
            serde_json::json!({"Fn::GetAtt": ["Vpc", "Id"]}),
            serde_json::json!("${é"),
            serde_json::json!(-1.5),
        ];
        let mut changed = template.clone();
        *changed.pointer_mut(pointer).unwrap() = others[at % others.len()].clone();
        if let Ok(plan) = read_bytes(changed.to_string().as_bytes()) {
            plan.facts(&request("shop-cluster"));
        }
    }
}

fn collect(value: &Value, pointer: String, pointers: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                collect(field, format!("{pointer}/{name}"), pointers);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                collect(item, format!("{pointer}/{at}"), pointers);
            }
        }
        _ => {}
    }
    pointers.push(pointer);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read_bytes(&bytes);
    }

    #[test]
    fn yaml_with_a_damaged_spot_does_not_panic(at in 0..YAML.len(), text in "[\\[\\]{}!&*:,'\"#|>%@` \n\ta]{1,3}") {
        let mut yaml = YAML.to_owned();
        if yaml.is_char_boundary(at) {
            yaml.insert_str(at, &text);
        }
        if let Ok(plan) = read_bytes(yaml.as_bytes()) {
            plan.facts(&request("shop-cluster"));
        }
    }
}
