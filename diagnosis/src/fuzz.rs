//! Whatever stands in a capture, a policy or a text: nothing panics, and what must not come out does not.

use proptest::prelude::*;
use serde_json::{Value, json};

use aws_rules::iam;
use model::facts::{Fact, Facts, Identity, Policy, Principal};
use model::secrets::mask;
use model::version::is_at_least;
use model::{no_proxy, text};
use test_facts::{CODER_ROLE, healthy};

use crate::{Selection, examine};

/// Values as nobody expects them.
fn odd() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        "\\PC{0,40}".prop_map(Value::from),
        prop::sample::select(vec![
            "",
            "*",
            "RUNNING",
            "STOPPED",
            "0.0.0.0/0",
            "::/0",
            "10.0.0.0/33",
            "arn:aws:",
            "\u{1b}[31m",
            "${aws:x}",
            "99999999999999999999"
        ])
        .prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
    ]
}

/// Replaces the value at a place that the numbers choose, level by level.
fn replace(value: &mut Value, way: &[usize], with: &Value) {
    let Some((first, rest)) = way.split_first() else {
        *value = with.clone();
        return;
    };
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let at = first % fields.len();
            if let Some(field) = fields.values_mut().nth(at) {
                replace(field, rest, with);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let at = first % items.len();
            replace(&mut items[at], rest, with);
        }
        other => *other = with.clone(),
    }
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        odd(),
        prop::sample::select(vec![
            "Allow",
            "Deny",
            "ssmmessages:*",
            "arn:aws:iam::123456789012:root",
            "StringEquals",
            "2012-10-17"
        ])
        .prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "Version",
        "Statement",
        "Effect",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Principal",
        "NotPrincipal",
        "Condition",
        "StringEquals",
        "StringLike",
        "ForAllValues:StringEquals",
        "IpAddress",
        "Bool",
        "Null",
        "aws:SourceVpc",
        "AWS",
        "Service",
        "Sid",
    ]);
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(key.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn changed_facts_are_judged_or_refused(
        changes in prop::collection::vec((prop::collection::vec(0usize..50, 1..8), odd()), 1..6)
    ) {
        let mut value = serde_json::to_value(healthy()).unwrap();
        for (way, with) in &changes {
            replace(&mut value, way, with);
        }
        if let Ok(facts) = serde_json::from_value::<Facts>(value) {
            let report = examine(&facts, &Selection::default());
            let told = serde_json::to_string(&report).unwrap();
            let steers = told.contains(char::is_control);
            prop_assert!(!steers);
            let _ = examine(&capture::capture(&facts, "1"), &Selection::default());
            drop(capture::anonymize(&facts));
        }
    }

    #[test]
    fn no_policy_stops_the_evaluation(document in document(), trust in document(), endpoint in document()) {
        let mut facts = healthy();
        for simulation in &mut facts.simulations {
            simulation.decisions = test_facts::denied("iam:SimulatePrincipalPolicy");
        }
        let policy = Policy { name: "p".into(), arn: None, document: document.clone() };
        let identity = Identity { policies: vec![policy.clone()], boundary: Some(policy) };
        facts.identities.insert(CODER_ROLE.into(), Fact::Known(identity));
        for role in facts.roles.values_mut().filter_map(Fact::known_mut) {
            role.trust = trust.clone();
        }
        for one in facts.network.endpoints.iter_mut().flat_map(|fact| fact.known_mut()).flatten() {
            one.policy = Some(endpoint.clone());
        }
        let _ = examine(&facts, &Selection::default());
        let _ = iam::statements(&document);
    }

    #[test]
    fn texts_of_others(text in "(\\PC|[\u{0}-\u{1f}\u{7f}-\u{9f}\u{200b}-\u{202e}]){0,200}") {
        let line = text::sanitize_line(&text);
        prop_assert!(!line.chars().any(char::is_control));
        prop_assert_eq!(text::sanitize_line(&line), line);
        let _ = explain::explain(&text);
        let _ = explain::suggestions(&text);
        let _ = is_at_least(&text, &[1, 2]);
        let _ = Principal::from_arn(&text);
        let _ = no_proxy::covers(&text, "ssmmessages.us-west-2.amazonaws.com");
        let _ = no_proxy::covers("*.amazonaws.com", &text);
        let _ = iam::like(&text, &text);
        let _ = mask(&text);
    }

    #[test]
    fn an_assigned_password_never_stays(before in "[a-z ,.]{0,20}", secret in "[A-Za-z0-9!%&/+_-]{6,30}") {
        let masked = mask(&format!("{before} DB_PASSWORD={secret} and more"));
        prop_assert!(!masked.contains(&format!("={secret}")), "{}", masked);
    }
}
