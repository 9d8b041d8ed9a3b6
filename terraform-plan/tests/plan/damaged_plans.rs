//! Files that are not plans, and plans that Terraform does not write.

use serde_json::{Value, json};
use terraform_plan::{PlanError, read};

use crate::support::*;

fn refused(bytes: impl AsRef<[u8]>) -> PlanError {
    read(bytes.as_ref()).unwrap_err()
}

#[test]
fn files_that_are_not_plans_are_refused() {
    assert_eq!(refused(""), PlanError::Empty);
    assert_eq!(refused(" \n"), PlanError::Empty);
    assert_eq!(refused(b"PK\x03\x04\x14\x00"), PlanError::BinaryPlan);
    assert_eq!(refused("Terraform will perform"), PlanError::PlanText);
    assert!(matches!(
        refused("{\"format_version\":"),
        PlanError::NotJson(_)
    ));
    assert_eq!(refused("{}"), PlanError::NotAPlan);
    assert_eq!(refused("[]"), PlanError::NotAPlan);
    assert_eq!(refused("null"), PlanError::NotAPlan);
    let lines = "{\"@level\":\"info\",\"type\":\"version\"}\n{\"@level\":\"info\"}\n";
    assert_eq!(refused(lines), PlanError::LogLines);
    assert_eq!(refused("{\"@level\":\"info\"}"), PlanError::LogLines);
    let state = json!({"version": 4, "serial": 1, "lineage": "x", "resources": []});
    assert_eq!(refused(state.to_string()), PlanError::State);
    let shown = json!({"format_version": "1.0", "values": {"root_module": {}}});
    assert_eq!(refused(shown.to_string()), PlanError::State);
}

#[test]
fn each_error_is_one_sentence() {
    let all = [
        PlanError::Empty,
        PlanError::BinaryPlan,
        PlanError::LogLines,
        PlanError::State,
        PlanError::NotJson("why".into()),
        PlanError::Foreign("YAML"),
        PlanError::Compressed,
        PlanError::PlanText,
        PlanError::QuotedReference {
            address: "aws_subnet.a".into(),
            attribute: "vpc_id".into(),
            text: "aws_vpc.v".into(),
        },
        PlanError::NotAPlan,
        PlanError::FormatVersion("2.0".into()),
        PlanError::Errored,
        PlanError::Malformed("what".into()),
    ];
    for refusal in all {
        let found = refusal.to_string();
        assert!(
            found.len() > 15 && !found.contains('\n') && !found.ends_with('.'),
            "{found}"
        );
    }
}

#[test]
fn unsupported_versions_and_failed_plans_are_refused() {
    let with = |version: Value, errored: bool| {
        let plan = json!({"format_version": version, "resource_changes": [], "errored": errored});
        read(plan.to_string().as_bytes()).map(|_| ())
    };
    assert_eq!(with(json!("1.2"), false), Ok(()));
    assert_eq!(with(json!("0.2"), false), Ok(()));
    assert_eq!(
        with(json!("2.0"), false),
        Err(PlanError::FormatVersion("2.0".into()))
    );
    assert_eq!(
        with(json!(1), false),
        Err(PlanError::FormatVersion("missing".into()))
    );
    assert_eq!(with(json!("1.2"), true), Err(PlanError::Errored));
}

#[test]
fn utf16_and_byte_order_marks_are_accepted() {
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(SHARED_VPC.encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(read(&bytes).unwrap().clusters(), ["staging"]);
    let bytes = [b"\xef\xbb\xbf", SHARED_VPC.as_bytes()].concat();
    assert_eq!(read(&bytes).unwrap().clusters(), ["staging"]);
}

#[test]
fn deep_nesting_is_refused() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(matches!(refused(deep), PlanError::NotJson(_)));
    let modules = "module.a.".repeat(50_000);
    let plan = json!({"format_version": "1.2", "resource_changes": [{
        "address": "x", "module_address": modules.trim_end_matches('.'), "type": "a", "name": "b",
        "change": {"actions": ["create"], "after": {}},
    }]});
    assert!(matches!(refused(plan.to_string()), PlanError::Malformed(_)));
}

#[test]
fn fields_of_the_wrong_type_are_refused() {
    let with = |field: &str, value: Value| {
        let mut plan = json!({"format_version": "1.2", "resource_changes": []});
        plan[field] = value;
        read(plan.to_string().as_bytes()).map(|_| ())
    };
    assert!(with("resource_changes", json!("text")).is_err());
    assert!(with("resource_changes", json!([1])).is_err());
    assert!(with("resource_changes", json!([{"address": "a"}])).is_err());
    let root = json!({"values": {"root_module": {"resources": {"a": 1}}}});
    assert!(with("prior_state", root).is_err());
    for odd in [json!(1), json!("x"), json!([]), Value::Null] {
        assert_eq!(with("prior_state", odd.clone()), Ok(()));
        assert_eq!(with("configuration", odd.clone()), Ok(()));
        assert_eq!(with("variables", odd), Ok(()));
    }
}

/// Replaces every value of a plan in turn: nothing panics.
#[test]
fn no_value_of_an_existing_platform_panics() {
    let document: Value = serde_json::from_str(SHARED_VPC).unwrap();
    let mut pointers = Vec::new();
    collect(&document, String::new(), &mut pointers);
    assert!(pointers.len() > 300);
    let odd = [
        json!(null),
        json!(true),
        json!(-1),
        json!("[\"x\"]"),
        json!([[null]]),
        json!({"references": ["a[", "module.x", "each.value"]}),
    ];
    for pointer in &pointers {
        for value in &odd {
            let mut document = document.clone();
            *document.pointer_mut(pointer).unwrap() = value.clone();
            judge(&document);
        }
    }
}

/// Replaces a sample of the values of a plan with few known values.
#[test]
fn no_value_of_a_new_platform_panics() {
    let document: Value = serde_json::from_str(WOVEN).unwrap();
    let mut pointers = Vec::new();
    collect(&document, String::new(), &mut pointers);
    for pointer in pointers.iter().step_by(29) {
        let mut document = document.clone();
        *document.pointer_mut(pointer).unwrap() = json!(true);
        judge(&document);
    }
}

fn judge(document: &Value) {
    let Ok(plan) = read(&serde_json::to_vec(document).unwrap()) else {
        return;
    };
    let clusters = plan.clusters();
    let cluster = clusters.first().map_or("none", String::as_str);
    let mut request = request_anywhere(cluster);
    request.region = plan.region().unwrap_or(request.region);
    report(&plan.facts(&request));
}

fn collect(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                collect(field, format!("{at}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
    found.push(at);
}

#[test]
fn a_truncated_plan_is_refused() {
    let bytes = SHARED_VPC.as_bytes();
    for end in (0..bytes.len() - 2).step_by(97) {
        assert!(read(&bytes[..end]).is_err(), "{end}");
    }
}

/// Each module passes on twice what it gets: following every reference would take hours.
#[test]
fn references_that_double_at_every_level_end() {
    let depth = 31;
    let address = vec!["module.m"; depth].join(".");
    let twice = json!({"references": ["var.x", "aws_vpc.none", "var.x"]});
    let mut module = json!({"resources": [{
        "address": "aws_ecs_service.s", "mode": "managed", "type": "aws_ecs_service", "name": "s",
        "expressions": {"cluster": {"references": ["var.x"]}},
    }]});
    for _ in 0..depth {
        module = json!({"module_calls": {"m": {"expressions": {"x": twice}, "module": module}}});
    }
    let plan = json!({
        "format_version": "1.2",
        "configuration": {"root_module": module},
        "resource_changes": [{
            "address": format!("{address}.aws_ecs_service.s"), "module_address": address, "mode": "managed",
            "type": "aws_ecs_service", "name": "s",
            "change": {"actions": ["create"], "after": {"name": "s"}, "after_unknown": {"cluster": true}},
        }],
    });
    judge(&plan);
}
