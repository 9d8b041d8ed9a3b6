//! Documents of `aws_iam_policy_document` data sources that Terraform reads during apply: the configuration shows most of
//! their statements.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::plan::resource::{Attribute, Resource};
use crate::resolve::{Resolver, ResourceKind, trace};

/// A condition key that no request has: a statement with it is open, since the policy is unknown or not fully known.
pub const OPEN_KEY: &str = "aws:policy-that-is-not-known";

/// The condition of an open statement, which may or may not apply.
pub fn open_condition() -> Value {
    json!({"StringEquals": {OPEN_KEY: "so"}})
}

/// Makes all statements of a document open.
pub fn leave_open(document: &mut Value) {
    let statements = match &mut document["Statement"] {
        Value::Array(all) => all.as_mut_slice(),
        one => std::slice::from_mut(one),
    };
    for statement in statements.iter_mut().filter(|one| one.is_object()) {
        statement["Condition"] = open_condition();
    }
}

/// Reads the document of an `aws_iam_policy_document`; `None` if its statements are unknown.
pub fn read_data_document(resolver: &Resolver, data: &Resource) -> Option<Value> {
    const MAX_DEPTH: usize = 16;
    let is_document = data.is_data && data.resource_type == "aws_iam_policy_document";
    if !is_document || resolver.depth.get() >= MAX_DEPTH {
        return None;
    }
    resolver.depth.set(resolver.depth.get() + 1);
    let document = document(resolver, data);
    resolver.depth.set(resolver.depth.get() - 1);
    document
}

fn document(resolver: &Resolver, data: &Resource) -> Option<Value> {
    let count = data.count("statement").ok()?;
    let statements = (0..count).map(|at| statement(resolver, data, &format!("statement.{at}")));
    let mut statements: Vec<Value> = statements.collect::<Option<_>>()?;
    for attribute in ["source_policy_documents", "override_policy_documents"] {
        statements.extend(included_statements(resolver, data, attribute)?);
    }
    // Of several statements with one Sid, only one counts.
    let ids = statements
        .iter()
        .filter_map(|statement| statement["Sid"].as_str());
    let ids: Vec<&str> = ids.filter(|id| !id.is_empty()).collect();
    let are_distinct = ids.iter().collect::<BTreeSet<_>>().len() == ids.len();
    are_distinct.then(|| json!({"Version": "2012-10-17", "Statement": statements}))
}

/// The statements of included documents; `None` if they are unknown.
fn included_statements(
    resolver: &Resolver,
    data: &Resource,
    attribute: &str,
) -> Option<Vec<Value>> {
    let (texts, has_unknown) = data.texts(attribute);
    let parsed = texts.iter().map(|text| serde_json::from_str(text).ok());
    let mut documents: Vec<Value> = parsed.collect::<Option<_>>()?;
    if has_unknown {
        let trace = trace(resolver.plan, data, attribute);
        let mut constants = trace.constants.iter();
        let has_others = constants.any(|value| value.is_string() || value.is_array());
        if trace.is_open || has_others || !trace.scopes.is_empty() {
            return None;
        }
        for source in &trace.sources {
            // A known document is one of the texts.
            if source.resource.text("json").is_err() {
                documents.push(read_data_document(resolver, source.resource)?);
            }
        }
    }
    let statements = documents.into_iter();
    let statements = statements.flat_map(|mut document| match document["Statement"].take() {
        Value::Array(all) => all,
        Value::Null => Vec::new(),
        one => vec![one],
    });
    Some(statements.collect())
}

/// Reads the statement in a block; `None` if it excludes something unknown.
fn statement(resolver: &Resolver, data: &Resource, block: &str) -> Option<Value> {
    let mut statement = Map::new();
    if let Some(id) = data.known_text(&format!("{block}.sid")) {
        statement.insert("Sid".to_owned(), id.into());
    }
    let effect = data
        .text(&format!("{block}.effect"))
        .ok()?
        .unwrap_or("Allow");
    statement.insert("Effect".to_owned(), effect.into());
    let mut is_open = data.count(&format!("{block}.condition")) != Ok(0);
    for (attribute, element) in [
        ("actions", "Action"),
        ("not_actions", "NotAction"),
        ("resources", "Resource"),
        ("not_resources", "NotResource"),
    ] {
        let path = format!("{block}.{attribute}");
        // Keys go by the same names as in the checks.
        let keys = || resolver.resolve_all(data, &path, ResourceKind::KmsKey);
        let items = match data.attribute(&path) {
            Attribute::Null => continue,
            Attribute::Known(Value::Array(items)) if items.is_empty() => continue,
            Attribute::Known(Value::Array(items)) if items.iter().all(Value::is_string) => {
                items.clone()
            }
            _ if attribute == "resources"
                && let Ok(keys) = keys() =>
            {
                keys.into_iter().map(Value::String).collect()
            }
            // It may be for anything.
            _ if matches!(attribute, "actions" | "resources") => {
                is_open = true;
                vec![json!("*")]
            }
            _ => return None,
        };
        statement.insert(element.to_owned(), Value::Array(items));
    }
    if is_open {
        statement.insert("Condition".to_owned(), open_condition());
    }
    Some(Value::Object(statement))
}
