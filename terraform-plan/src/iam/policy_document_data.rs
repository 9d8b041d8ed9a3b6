//! Policy documents that a data source makes only once apply has told what they name: the statements are known all
//! the same, as far as the configuration tells.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::network::texts;
use crate::plan::resource::{Attribute, Resource};
use crate::resolve::Resolver;
use crate::resolve::resource_kind::ResourceKind;
use crate::resolve::trace::trace;

/// A key that no request has: what hangs on it hangs on a policy that is not known, or not in full.
pub const UNREAD: &str = "aws:policy-that-is-not-known";

/// The condition of a statement of which nobody can say yet whether it applies.
pub fn unread() -> Value {
    json!({"StringEquals": {UNREAD: "so"}})
}

/// Lets every statement of a document hang on what is not known.
pub fn leave_open(document: &mut Value) {
    let statements = match &mut document["Statement"] {
        Value::Array(all) => all.as_mut_slice(),
        one => std::slice::from_mut(one),
    };
    for statement in statements.iter_mut().filter(|one| one.is_object()) {
        statement["Condition"] = unread();
    }
}

/// The document of an `aws_iam_policy_document`; none where its statements are not known.
pub fn read_later(resolver: &Resolver, data: &Resource) -> Option<Value> {
    const DEPTH: usize = 16;
    if !data.is_data
        || data.resource_type != "aws_iam_policy_document"
        || resolver.depth.get() >= DEPTH
    {
        return None;
    }
    resolver.depth.set(resolver.depth.get() + 1);
    let document = document(resolver, data);
    resolver.depth.set(resolver.depth.get() - 1);
    document
}

fn document(resolver: &Resolver, data: &Resource) -> Option<Value> {
    let count = data.count(&["statement"]).ok()?;
    let statements: Option<Vec<Value>> =
        (0..count).map(|at| statement(resolver, data, at)).collect();
    let mut statements = statements?;
    for name in ["source_policy_documents", "override_policy_documents"] {
        statements.extend(mixed_in(resolver, data, name)?);
    }
    // Of two with one Sid only one counts.
    let mut named = BTreeSet::new();
    let ids = statements
        .iter()
        .filter_map(|statement| statement["Sid"].as_str());
    let are_distinct = ids
        .filter(|id| !id.is_empty())
        .all(|id| named.insert(id.to_owned()));
    are_distinct.then(|| json!({"Version": "2012-10-17", "Statement": statements}))
}

/// The statements of other documents; none where they are not known.
fn mixed_in(resolver: &Resolver, data: &Resource, name: &str) -> Option<Vec<Value>> {
    let (texts, is_open) = texts(data, &[name]);
    let mut documents: Vec<Value> = Vec::new();
    for text in &texts {
        documents.push(serde_json::from_str(text).ok()?);
    }
    if is_open {
        let traced = trace(resolver.plan, data, &[name]);
        let is_text = |value: &&&Value| value.is_string() || value.is_array();
        let has_others = traced.constants.iter().any(|value| is_text(&value));
        if traced.is_open || has_others || !traced.scopes.is_empty() {
            return None;
        }
        for source in &traced.sources {
            let of = source.instance;
            match of.text(&["json"]) {
                // It is one of the texts.
                Ok(_) => {}
                Err(_) => documents.push(read_later(resolver, of)?),
            }
        }
    }
    let statements =
        documents
            .into_iter()
            .flat_map(|mut document| match document["Statement"].take() {
                Value::Array(all) => all,
                Value::Null => Vec::new(),
                one => vec![one],
            });
    Some(statements.collect())
}

fn statement(resolver: &Resolver, data: &Resource, at: usize) -> Option<Value> {
    let at = at.to_string();
    let path = |name| ["statement", at.as_str(), name];
    let mut statement = Map::new();
    if let Ok(Some(id)) = data.text(&path("sid")) {
        statement.insert("Sid".to_owned(), id.into());
    }
    let effect = data.text(&path("effect")).ok()?.unwrap_or("Allow");
    statement.insert("Effect".to_owned(), effect.into());
    let mut is_open = data.count(&path("condition")) != Ok(0);
    let lists = [
        ("actions", "Action"),
        ("not_actions", "NotAction"),
        ("resources", "Resource"),
        ("not_resources", "NotResource"),
    ];
    for (name, word) in lists {
        let items = match data.at(&path(name)) {
            Attribute::Null => continue,
            Attribute::Known(Value::Array(items)) if items.is_empty() => continue,
            Attribute::Known(Value::Array(items)) if items.iter().all(Value::is_string) => {
                items.clone()
            }
            // A key goes by the same name here and where it is needed.
            _ if name == "resources"
                && let Ok(keys) = resolver.all(data, &path(name), ResourceKind::KmsKey) =>
            {
                keys.into_iter().map(Value::String).collect()
            }
            Attribute::Known(_) | Attribute::Unknown => {
                is_open = true;
                // It may be for anything.
                match name {
                    "actions" | "resources" => vec![json!("*")],
                    _ => return None,
                }
            }
        };
        statement.insert(word.to_owned(), Value::Array(items));
    }
    if is_open {
        statement.insert("Condition".to_owned(), unread());
    }
    Some(Value::Object(statement))
}
