//! Facts that may leave the machine: without secrets, and under other names where that is asked for.

#![forbid(unsafe_code)]

mod pseudonyms;
mod strings;
mod vocabulary;

use std::borrow::Cow;

use serde_json::Value;

use aws_rules::iam;
use model::facts::{Facts, Manifest, Unavailable};
use model::secrets::mask;
use strings::{Editor, Kind, Strings};

pub use pseudonyms::{Pseudonyms, anonymize};

/// What AWS and programs wrote for people may quote anything; what looks like a secret in it is masked.
pub fn without_secrets(mut facts: Facts) -> Facts {
    facts.edit(&mut MaskTexts);
    facts
}

/// The facts as a capture holds them: questions to IAM answered, no values of tags, no policies of principals.
pub fn capture(facts: &Facts, version: &str) -> Facts {
    let settled = iam::resolve_simulations(facts).into_iter().map(Cow::into_owned);
    let simulations = settled.collect();
    let mut facts = facts.clone();
    facts.simulations = simulations;
    let mut facts = without_secrets(facts);
    facts.identities.clear();
    mask_tags(&mut facts);
    let mut facts = without_conditions_of_others(facts);
    facts.manifest = Some(Manifest {
        version: version.to_owned(),
        anonymized: false,
        unseen: unseen(&facts),
    });
    facts
}

/// Values that policies compare secrets and tags with.
fn without_conditions_of_others(facts: Facts) -> Facts {
    let Ok(mut value) = serde_json::to_value(&facts) else {
        return facts;
    };
    mask_values(&mut value);
    serde_json::from_value(value).unwrap_or(facts)
}

/// That a tag has a value stays to be seen. Conditions on values become undecided, not wrong.
fn mask_tags(facts: &mut Facts) {
    let mut tags = Vec::new();
    tags.extend(facts.cluster.known_mut().map(|cluster| &mut cluster.tags));
    let services = facts.services.values_mut();
    tags.extend(services.filter_map(|fact| Some(&mut fact.known_mut()?.tags)));
    let tasks = facts.tasks.values_mut();
    tags.extend(tasks.filter_map(|fact| Some(&mut fact.known_mut()?.tags)));
    for value in tags.into_iter().flat_map(|tags| tags.values_mut()) {
        if !value.is_empty() {
            "redacted".clone_into(value);
        }
    }
    for simulation in &mut facts.simulations {
        simulation
            .context
            .retain(|key, _| !key.to_ascii_lowercase().contains("resourcetag/"));
    }
}

/// Masks secrets in sentences.
struct MaskTexts;

impl Editor for MaskTexts {
    fn edited(&mut self, kind: Kind, text: &str) -> Option<String> {
        (kind == Kind::Text).then(|| mask(text))
    }
}

fn mask_values(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    value if is_compared_in_secret(name) => *value = "redacted".into(),
                    value => mask_values(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask_values),
        _ => {}
    }
}

/// A condition key whose values are a shared secret or those of tags.
fn is_compared_in_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "sts:externalid"
        || ["resourcetag/", "principaltag/", "requesttag/"]
            .iter()
            .any(|tag| name.contains(tag))
}

fn unseen(facts: &Facts) -> Vec<Unavailable> {
    let mut found = Vec::new();
    if let Ok(value) = serde_json::to_value(facts) {
        collect(&value, &mut found);
    }
    found.sort();
    found.dedup();
    found
}

fn collect(value: &Value, found: &mut Vec<Unavailable>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match serde_json::from_value(value.clone()) {
                    Ok(why) if name == "unavailable" => found.push(why),
                    _ => collect(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diagnosis::{Selection, examine};
    use model::facts::Event;
    use test_facts::{denied, healthy, service, task};

    const SECRET: &str = "postgres://app:hunter2@db/prod AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI";

    #[test]
    fn a_capture_holds_no_secret_and_says_what_was_not_seen() {
        let mut facts = healthy();
        task(&mut facts).stopped_reason = Some(SECRET.into());
        task(&mut facts)
            .tags
            .insert("password".into(), "hunter2".into());
        service(&mut facts).events.insert(
            0,
            Event {
                at: None,
                message: SECRET.into(),
            },
        );
        facts
            .roles
            .values_mut()
            .for_each(|role| *role = denied("iam:GetRole"));
        let capture = capture(&facts, "1");
        let text = serde_json::to_string(&capture).unwrap();
        assert!(
            !text.contains("hunter2") && !text.contains("wJalr"),
            "{text}"
        );
        let unseen = capture.manifest.unwrap().unseen;
        assert_eq!(unseen.len(), 1);
        assert_eq!(unseen[0].action, "iam:GetRole");
    }

    #[test]
    fn a_capture_gives_the_same_findings() {
        let facts = healthy();
        let told =
            |facts: &Facts| serde_json::to_string(&examine(facts, &Selection::default())).unwrap();
        assert_eq!(told(&facts), told(&capture(&facts, "1")));
    }
}
