//! Real answers, changed in ways that AWS may change them.

use serde_json::Value;

use super::fault::Fault;

const FUTURE: &str = "FUTURE_VALUE";

impl Fault {
    pub fn alter(&self, body: Vec<u8>, is_json: bool) -> Vec<u8> {
        match self {
            Fault::Truncated => body[..body.len() / 2].to_vec(),
            Fault::Future if is_json => json(&body, &future),
            Fault::Future => words(&body),
            Fault::Bare if is_json => json(&body, &bare),
            Fault::Huge if is_json => json(&body, &huge),
            Fault::Huge => {
                let text = String::from_utf8_lossy(&body).into_owned();
                let element = format!("<x>{}</x></", long());
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

fn long() -> String {
    "x".repeat(10 << 20)
}

fn json(body: &[u8], change: &dyn Fn(&mut Value)) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice(body) else {
        return body.to_vec();
    };
    change(&mut value);
    serde_json::to_vec(&value).unwrap()
}

/// Words in capitals, as enumerations have them, become one that nobody knows; what the task's state hangs on stays.
fn future(value: &mut Value) {
    match value {
        Value::String(text) => {
            let is_word =
                text.len() > 3 && text.chars().all(|c| c.is_ascii_uppercase() || c == '_');
            if is_word {
                FUTURE.clone_into(text);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(future),
        Value::Object(fields) => {
            let kept = ["lastStatus", "status", "desiredStatus"];
            fields
                .iter_mut()
                .filter(|(name, _)| !kept.contains(&name.as_str()))
                .for_each(|(_, value)| future(value));
        }
        _ => {}
    }
}

/// The same of XML.
fn words(body: &[u8]) -> Vec<u8> {
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

/// Without what says neither what a thing is nor which one.
fn bare(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(bare),
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
            fields.values_mut().for_each(bare);
        }
        _ => {}
    }
}

fn huge(value: &mut Value) {
    let Some(fields) = value.as_object_mut() else {
        return;
    };
    fields.insert("nextThing".into(), long().into());
    for things in ["tasks", "services", "clusters"] {
        if let Some(thing) = fields.get_mut(things).and_then(|things| things.get_mut(0)) {
            thing["stoppedReason"] = long().into();
            thing["events"] = serde_json::json!([{"id": "1", "message": long()}]);
        }
    }
}
