//! Policy documents that a data source makes only once apply has told what they name: the statements are known all
//! the same, as far as the configuration tells.

use serde_json::{Map, Value, json};

use crate::instance::{Instance, Seen};
use crate::resolve::Resolver;
use crate::things::Thing;

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
pub fn read_later(resolver: &Resolver, data: &Instance) -> Option<Value> {
    if !data.is_data || data.kind != "aws_iam_policy_document" {
        return None;
    }
    // Other documents would be mixed in.
    for name in ["source_policy_documents", "override_policy_documents"] {
        if data.count(&[name]).ok()? > 0 {
            return None;
        }
    }
    let count = data.count(&["statement"]).ok()?;
    let statements: Option<Vec<Value>> =
        (0..count).map(|at| statement(resolver, data, at)).collect();
    Some(json!({"Version": "2012-10-17", "Statement": statements?}))
}

fn statement(resolver: &Resolver, data: &Instance, at: usize) -> Option<Value> {
    let at = at.to_string();
    let path = |name| ["statement", at.as_str(), name];
    let mut statement = Map::new();
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
            Seen::Unset => continue,
            Seen::Value(Value::Array(items)) if items.is_empty() => continue,
            Seen::Value(Value::Array(items)) if items.iter().all(Value::is_string) => items.clone(),
            // A key goes by the same name here and where it is needed.
            _ if name == "resources"
                && let Ok(keys) = resolver.all(data, &path(name), Thing::KmsKey) =>
            {
                keys.into_iter().map(Value::String).collect()
            }
            Seen::Value(_) | Seen::Later => {
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
