//! Hiding any part of a plan makes nothing fail.

use serde_json::{Value, json};

use crate::support::*;

#[test]
fn a_plan_without_configuration_fails_nothing() {
    for base in [CREATE, UPDATE, WOVEN] {
        let mut document: Value = serde_json::from_str(base).unwrap();
        document["configuration"] = Value::Null;
        let plan = plan(&document);
        for cluster in plan.clusters() {
            let facts = plan.facts(&request_anywhere(&cluster));
            assert_eq!(failures(&report(&facts)), [""; 0]);
        }
    }
}

/// Makes a sample of values known only after apply, one after the other.
#[test]
fn an_unknown_value_never_fails() {
    for (base, step) in [(CREATE, 2), (UPDATE, 5)] {
        let document: Value = serde_json::from_str(base).unwrap();
        let mut tried = 0;
        for (address, path) in values(&document).iter().step_by(step) {
            let facts = facts_of(base, |document| hide_at(document, address, path));
            let report = report(&facts);
            assert_eq!(failures(&report), [""; 0], "{path:?} of {address}");
            tried += 1;
        }
        assert!(tried > 60, "{tried}");
    }
}

/// All values of the plan's resources. The service in six instances counts once.
fn values(document: &Value) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for change in document["resource_changes"].as_array().unwrap() {
        let address = change["address"].as_str().unwrap();
        let is_kept = ["coder\"]", "ssmmessages", "[0]"]
            .iter()
            .any(|key| address.contains(key));
        if change["mode"] == "managed" && (is_kept || !address.contains('[')) {
            let mut paths = Vec::new();
            collect(&change["change"]["after"], Vec::new(), &mut paths);
            found.extend(paths.into_iter().map(|path| (address.to_owned(), path)));
        }
    }
    found
}

fn collect(value: &Value, at: Vec<String>, found: &mut Vec<Vec<String>>) {
    let with = |step: String| [at.clone(), vec![step]].concat();
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                collect(field, with(name.clone()), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, with(index.to_string()), found);
            }
        }
        _ => {}
    }
    if !at.is_empty() {
        found.push(at);
    }
}

fn hide_at(document: &mut Value, address: &str, path: &[String]) {
    let change = change(document, address);
    let (mut after, mut marks) = (change["after"].take(), change["after_unknown"].take());
    let (mut value, mut unknown) = (&mut after, &mut marks);
    for step in path {
        match value {
            Value::Array(items) => {
                let (index, length) = (step.parse::<usize>().unwrap(), items.len());
                value = &mut items[index];
                if !unknown.is_array() {
                    *unknown = json!([]);
                }
                let marks = unknown.as_array_mut().unwrap();
                marks.resize(length.max(marks.len()), json!({}));
                unknown = &mut marks[index];
            }
            _ => {
                value = &mut value[step.as_str()];
                if !unknown.is_object() {
                    *unknown = json!({});
                }
                unknown = &mut unknown[step.as_str()];
            }
        }
    }
    *value = Value::Null;
    *unknown = true.into();
    change["after"] = after;
    change["after_unknown"] = marks;
    let expression = expression(document, address, &path[0]);
    *expression = json!({"references": ["var.nowhere"]});
}
