//! The shapes that IAM lets JSON have: a single value stands for a list of one.

use serde_json::Value;

/// The strings of a value or list. Numbers and booleans stand for their text.
pub fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(strings).collect(),
        Value::String(text) => vec![text.clone()],
        Value::Null => Vec::new(),
        other => vec![other.to_string()],
    }
}

/// Like [`strings`], but `None` for values that IAM rejects.
pub(super) fn valid_strings(value: &Value) -> Option<Vec<String>> {
    let is_scalar = |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
    let is_valid = match value {
        Value::Array(items) => items.iter().all(is_scalar),
        single => is_scalar(single),
    };
    is_valid.then(|| strings(value))
}

/// The statements of a policy.
pub fn statements(policy: &Value) -> &[Value] {
    match &policy["Statement"] {
        Value::Array(statements) => statements,
        single => std::slice::from_ref(single),
    }
}

/// Whether `${…}` in a policy is a variable. In policies of the older version it is plain text.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html>
pub fn has_variables(policy: &Value) -> bool {
    policy["Version"] == "2012-10-17"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scalars_become_text_and_null_is_dropped() {
        assert_eq!(strings(&json!(["a", 1, [true]])), ["a", "1", "true"]);
        assert_eq!(strings(&json!("a")), ["a"]);
        assert_eq!(strings(&Value::Null), [""; 0]);
    }
}
