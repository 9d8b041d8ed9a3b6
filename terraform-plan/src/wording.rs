//! The facts of a plan of another tool, in the words of that tool.

use model::facts::Facts;
use serde_json::Value;

/// The end of what the facts say of an attribute whose value is unknown.
const UNKNOWN: &str = " is known only after apply";

/// The facts with other phrases. `phrases`: each phrase of Terraform with the one that replaces it. `unknown`: what to
/// say in place of `ATTRIBUTE is known only after apply`, by the attribute.
pub fn reworded(
    facts: Facts,
    phrases: &[(&str, &str)],
    unknown: impl Fn(&str) -> Option<String>,
) -> Facts {
    let Ok(mut json) = serde_json::to_value(&facts) else {
        return facts;
    };
    reword(&mut json, phrases, &unknown);
    serde_json::from_value(json).unwrap_or(facts)
}

/// The recursion is as deep as the facts, which is not deep.
fn reword(value: &mut Value, phrases: &[(&str, &str)], unknown: &impl Fn(&str) -> Option<String>) {
    match value {
        Value::String(text) => {
            if let Some(sentence) = text.strip_suffix(UNKNOWN).and_then(unknown) {
                *text = sentence;
            }
            for (terraform, other) in phrases {
                if text.contains(terraform) {
                    *text = text.replace(terraform, other);
                }
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| reword(item, phrases, unknown)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|field| reword(field, phrases, unknown)),
        _ => {}
    }
}
