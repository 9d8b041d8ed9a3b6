//! Captures: facts that may leave the machine, without secrets and, on request, with made-up names.
//!
//! `string_kinds` says of every string in the facts what it contains. [`without_secrets`] masks secrets in sentences;
//! [`capture`] also removes tag values and the caller's policies. `pseudonyms` replaces every name and address that is
//! not in the `vocabulary` of AWS and English.

#![forbid(unsafe_code)]

mod pseudonyms;
mod string_kinds;
mod vocabulary;

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;

use aws_rules::iam;
use model::facts::{Facts, Manifest, Unavailable};
use model::secrets::mask;
use string_kinds::{Kind, ReplaceStrings};

pub use pseudonyms::{Pseudonyms, anonymize};

const REDACTED: &str = "redacted";

/// Masks what looks like a secret in sentences of AWS and of programs, which may quote anything.
pub fn without_secrets(mut facts: Facts) -> Facts {
    facts.replace_strings(Kind::Identifier, &mut |kind, text| {
        (kind == Kind::Text).then(|| mask(text))
    });
    facts
}

/// The facts as a capture of program version `version` contains them: answers of IAM instead of the policies of
/// principals, no values of tags, no secrets.
pub fn capture(facts: &Facts, version: &str) -> Facts {
    let simulations = iam::resolve_simulations(facts)
        .into_iter()
        .map(Cow::into_owned)
        .collect();
    let mut facts = without_secrets(Facts {
        simulations,
        ..facts.clone()
    });
    facts.identities.clear();
    redact_tags(&mut facts);
    let mut facts = with_redacted_conditions(facts);
    facts.manifest = Some(Manifest {
        version: version.to_owned(),
        anonymized: false,
        unseen: unavailable_facts(&facts),
    });
    facts
}

/// A reader still sees that a tag has a value. Conditions on values become undecided, not wrong.
fn redact_tags(facts: &mut Facts) {
    let cluster = facts.cluster.known_mut().map(|cluster| &mut cluster.tags);
    let services = facts.services.values_mut();
    let services = services.filter_map(|fact| Some(&mut fact.known_mut()?.tags));
    let tasks = facts.tasks.values_mut();
    let tasks = tasks.filter_map(|fact| Some(&mut fact.known_mut()?.tags));
    let tags = cluster.into_iter().chain(services).chain(tasks);
    for value in tags.flat_map(|tags| tags.values_mut()) {
        if !value.is_empty() {
            *value = REDACTED.to_owned();
        }
    }
    for simulation in &mut facts.simulations {
        let context = &mut simulation.context;
        context.retain(|key, _| !key.to_ascii_lowercase().contains("resourcetag/"));
    }
}

/// Policies compare secrets and values of tags with these values.
fn with_redacted_conditions(facts: Facts) -> Facts {
    let Ok(mut value) = serde_json::to_value(&facts) else {
        return facts;
    };
    visit_fields(&mut value, &mut |name, value| {
        let is_secret = is_secret_condition(name);
        if is_secret {
            *value = REDACTED.into();
        }
        is_secret
    });
    serde_json::from_value(value).unwrap_or(facts)
}

/// A condition key whose values are a shared secret or those of tags.
fn is_secret_condition(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let tags = ["resourcetag/", "principaltag/", "requesttag/"];
    key == "sts:externalid" || tags.iter().any(|tag| key.contains(tag))
}

fn unavailable_facts(facts: &Facts) -> Vec<Unavailable> {
    let mut found: BTreeSet<Unavailable> = BTreeSet::new();
    let mut value = serde_json::to_value(facts).unwrap_or_default();
    visit_fields(&mut value, &mut |name, value| {
        let is_unavailable = name == "unavailable";
        if is_unavailable {
            found.extend(serde_json::from_value(value.take()));
        }
        is_unavailable
    });
    found.into_iter().collect()
}

/// Visits the fields of all objects. If `visit` returns true, those inside of a field are skipped.
fn visit_fields(value: &mut Value, visit: &mut dyn FnMut(&str, &mut Value) -> bool) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if !visit(name, value) {
                    visit_fields(value, visit);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| visit_fields(item, visit)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diagnosis::{Selection, examine};
    use model::facts::{Event, Fact, Identity, Outcome};
    use test_facts::{denied, healthy, service, task};

    const SECRET: &str = "postgres://app:hunter2@db/prod AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI";

    #[test]
    fn a_capture_contains_no_secret_and_lists_unavailable_facts() {
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
        let report =
            |facts: &Facts| serde_json::to_string(&examine(facts, &Selection::default())).unwrap();
        assert_eq!(report(&facts), report(&capture(&facts, "1")));
    }

    #[test]
    fn condition_keys_of_secrets_and_tags_are_recognized() {
        for key in [
            "sts:ExternalId",
            "aws:ResourceTag/a",
            "aws:PrincipalTag/a",
            "aws:RequestTag/a",
        ] {
            assert!(is_secret_condition(key), "{key}");
        }
        assert!(!is_secret_condition("aws:SourceVpc"));
    }

    #[test]
    fn values_of_tags_are_redacted() {
        let mut facts = healthy();
        let tags = &mut task(&mut facts).tags;
        tags.insert("team".into(), "acme".into());
        tags.insert("empty".into(), String::new());
        let simulation = &mut facts.simulations[0];
        let context = &mut simulation.context;
        context.insert("aws:ResourceTag/team".into(), Default::default());
        context.insert("aws:SourceVpc".into(), Default::default());
        redact_tags(&mut facts);
        let tags = &task(&mut facts).tags;
        assert_eq!(
            (tags["team"].as_str(), tags["empty"].as_str()),
            (REDACTED, "")
        );
        let context = &facts.simulations[0].context;
        assert!(context.contains_key("aws:SourceVpc"));
        assert!(!context.contains_key("aws:ResourceTag/team"));
    }

    /// Trust policies have lists of statements.
    #[test]
    fn external_ids_of_trust_policies_are_redacted() {
        let mut facts = healthy();
        let role = facts.roles.values_mut().find_map(Fact::known_mut).unwrap();
        role.trust = serde_json::json!({"Statement": [{
            "Condition": {"StringEquals": {"sts:ExternalId": "hunter2", "aws:SourceVpc": "vpc-1"}},
        }]});
        let text = serde_json::to_string(&capture(&facts, "1")).unwrap();
        assert!(text.contains(r#""sts:ExternalId":"redacted""#) && !text.contains("hunter2"));
        assert!(text.contains(r#""aws:SourceVpc":"vpc-1""#));
    }

    #[test]
    fn a_capture_contains_decisions_instead_of_policies() {
        let mut facts = healthy();
        let simulation = &mut facts.simulations[0];
        simulation.decisions = denied("iam:SimulatePrincipalPolicy");
        let identity = (
            simulation.principal.clone(),
            Fact::Known(Identity::default()),
        );
        facts.identities = [identity].into();
        let capture = capture(&facts, "1");
        assert!(capture.identities.is_empty());
        let decisions = capture.simulations[0].decisions.known().unwrap();
        assert!(
            decisions
                .iter()
                .all(|one| one.outcome == Outcome::ImplicitDeny)
        );
    }
}
