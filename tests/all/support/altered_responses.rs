//! Changes real responses as a faulty network or a future AWS could.

use serde_json::Value;

use super::fault::Fault;

const FUTURE: &str = "FUTURE_VALUE";

impl Fault {
    pub fn alter(&self, body: Vec<u8>, is_json: bool) -> Vec<u8> {
        match self {
            Fault::Truncated => body[..body.len() / 2].to_vec(),
            Fault::UnknownValues if is_json => json(&body, &replace_words),
            Fault::UnknownValues => unknown_words(&body),
            Fault::RequiredFieldsOnly if is_json => json(&body, &remove_optional_fields),
            Fault::LargeTexts if is_json => json(&body, &add_large_texts),
            Fault::LargeTexts => {
                let text = String::from_utf8_lossy(&body).into_owned();
                let element = format!("<x>{}</x></", large_text());
                // Before the last end tag.
                let end = text.rfind("</").unwrap_or(0);
                format!(
                    "{}{element}{}",
                    &text[..end],
                    text.get(end + 2..).unwrap_or_default()
                )
                .into_bytes()
            }
            _ => body,
        }
    }
}

fn large_text() -> String {
    "x".repeat(10 << 20)
}

fn json(body: &[u8], change: &dyn Fn(&mut Value)) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice(body) else {
        return body.to_vec();
    };
    change(&mut value);
    serde_json::to_vec(&value).unwrap()
}

/// Replaces enumeration values with an unknown one, except the fields that hold the state of tasks.
fn replace_words(value: &mut Value) {
    match value {
        Value::String(text) => {
            let is_word =
                text.len() > 3 && text.chars().all(|c| c.is_ascii_uppercase() || c == '_');
            if is_word {
                FUTURE.clone_into(text);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(replace_words),
        Value::Object(fields) => {
            let state_fields = ["lastStatus", "status", "desiredStatus"];
            fields
                .iter_mut()
                .filter(|(name, _)| !state_fields.contains(&name.as_str()))
                .for_each(|(_, value)| replace_words(value));
        }
        _ => {}
    }
}

/// Replaces enumeration values in XML.
fn unknown_words(body: &[u8]) -> Vec<u8> {
    let mut text = String::from_utf8_lossy(body).into_owned();
    for word in [
        "in-use",
        "associated",
        "Interface",
        "default",
        "Static",
        "symmetric",
    ] {
        text = text.replace(&format!(">{word}<"), &format!(">{FUTURE}<"));
    }
    text.into_bytes()
}

/// Removes the fields that do not identify a resource.
fn remove_optional_fields(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(remove_optional_fields),
        Value::Object(fields) => {
            fields.retain(|name, value| {
                let name = name.to_ascii_lowercase();
                let says_which = [
                    "arn", "name", "id", "status", "logging", "key", "value", "group",
                ]
                .iter()
                .any(|part| name.contains(part));
                says_which
                    || value.is_array()
                    || value.is_object()
                    || name == "enableexecutecommand"
                    || name == "launchtype"
            });
            fields.values_mut().for_each(remove_optional_fields);
        }
        _ => {}
    }
}

fn add_large_texts(value: &mut Value) {
    let Some(fields) = value.as_object_mut() else {
        return;
    };
    fields.insert("nextThing".into(), large_text().into());
    for list in ["tasks", "services", "clusters"] {
        if let Some(resource) = fields.get_mut(list).and_then(|list| list.get_mut(0)) {
            resource["stoppedReason"] = large_text().into();
            resource["events"] = serde_json::json!([{"id": "1", "message": large_text()}]);
        }
    }
}
