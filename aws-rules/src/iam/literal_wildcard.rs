//! Conditions that look like patterns, but whose operator compares a wildcard literally.

use serde_json::Value;

use super::json::{has_variables, statements, valid_strings};
use super::operator::{Family, Operator};
use super::statement::{applies_to_action, has_effect};
use super::{Ternary, variable};
use model::facts::{Fact, Facts};

struct LiteralWildcard {
    operator: String,
    key: String,
    value: String,
}

/// The conditions of a statement that compare a wildcard literally. No real value has a wildcard, so they are never met.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_String>
fn literal_wildcards(statement: &Value, variables: bool) -> Vec<LiteralWildcard> {
    let mut found = Vec::new();
    for (operator, keys) in statement["Condition"].as_object().into_iter().flatten() {
        let is_literal = Operator::parse(operator).is_some_and(|operator| {
            matches!(operator.family, Family::Equals { .. }) && !operator.negated
        });
        for (key, operands) in keys.as_object().into_iter().flatten() {
            let values = valid_strings(operands).unwrap_or_default();
            let has_wildcard = |value: &String| {
                value.contains(['*', '?']) && !(variables && variable::has_variable(value))
            };
            // Among several values, one without a wildcard may be the one that is meant to match.
            if is_literal && !values.is_empty() && values.iter().all(has_wildcard) {
                found.extend(values.into_iter().map(|value| LiteralWildcard {
                    operator: operator.clone(),
                    key: key.clone(),
                    value,
                }));
            }
        }
    }
    found
}

/// Explains a denial: a statement of the document allows one of the actions only under such a condition.
pub fn find_in_document(document: &Value, actions: &[&str]) -> Option<String> {
    let allows = |statement: &&Value| {
        let applies = |action: &&str| applies_to_action(statement, action) != Ternary::No;
        has_effect(statement, "Allow") != Ternary::No && actions.iter().any(applies)
    };
    let allowing = statements(document).iter().filter(allows);
    let variables = has_variables(document);
    explain(allowing.flat_map(|statement| literal_wildcards(statement, variables)))
}

/// Like [`find_in_document`], for the policies and the boundary of a principal.
pub fn find_in_policies(facts: &Facts, principal: &str, actions: &[&str]) -> Option<String> {
    let identity = facts.identities.get(principal).and_then(Fact::known)?;
    let mut policies = identity.policies.iter().chain(&identity.boundary);
    policies.find_map(|policy| {
        let why = find_in_document(&policy.document, actions)?;
        Some(format!("{why} The policy: {}.", policy.name))
    })
}

/// Describes the first condition and its fix.
fn explain(found: impl IntoIterator<Item = LiteralWildcard>) -> Option<String> {
    let LiteralWildcard {
        operator,
        key,
        value,
    } = found.into_iter().next()?;
    let wildcard = if value.contains('*') { '*' } else { '?' };
    let alternatives = match value.starts_with("arn:") {
        true => "ArnLike or StringLike",
        false => "StringLike",
    };
    Some(format!(
        "The condition {operator} on {key} compares with {value:?}: {operator} takes the {wildcard} literally, so no \
         value matches. Use {alternatives} instead."
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_statements_that_allow_the_action_are_explained() {
        let find = |effect: &str, action: &str| {
            let document = json!({"Statement": {"Effect": effect, "Action": action,
                "Condition": {"StringEquals": {"ecs:container-name": "web-?"}}}});
            find_in_document(&document, &["ecs:ExecuteCommand"])
        };
        let why = find("Allow", "ecs:*").unwrap();
        assert!(why.contains("takes the ? literally"), "{why}");
        assert_eq!(find("Deny", "ecs:*"), None);
        assert_eq!(find("Allow", "s3:*"), None);
    }

    #[test]
    fn the_policy_is_named() {
        let mut facts = test_facts::healthy();
        let policy = model::facts::Policy {
            name: "exec".into(),
            arn: None,
            document: json!({"Statement": {"Effect": "Allow", "Action": "*",
                "Condition": {"StringEquals": {"ecs:cluster": "a*"}}}}),
        };
        let identity = model::facts::Identity {
            policies: vec![policy],
            boundary: None,
        };
        facts.identities.insert("me".into(), Fact::Known(identity));
        let find = |principal: &str| find_in_policies(&facts, principal, &["ecs:ExecuteCommand"]);
        let why = find("me").unwrap();
        assert!(why.contains("takes the * literally"), "{why}");
        assert!(why.ends_with("The policy: exec."), "{why}");
        assert_eq!(find("you"), None);
    }

    #[test]
    fn wildcards_under_string_equals_are_explained() {
        let of = |condition: Value| {
            let found = literal_wildcards(&json!({"Condition": condition}), true);
            explain(found)
        };
        let arn = "arn:aws:ecs:us-west-2:1:cluster/*";
        for operator in [
            "StringEquals",
            "StringEqualsIfExists",
            "ForAnyValue:StringEquals",
        ] {
            let why = of(json!({operator: {"ecs:cluster": arn}})).unwrap();
            assert!(why.contains(operator) && why.contains("ArnLike"), "{why}");
        }
        assert!(of(json!({"StringEquals": {"ecs:container-name": "web-?"}})).is_some());
        for harmless in [
            json!({"StringLike": {"ecs:cluster": arn}}),
            json!({"StringNotEquals": {"ecs:cluster": arn}}),
            json!({"StringEquals": {"ecs:cluster": [arn, "arn:aws:ecs:us-west-2:1:cluster/prod"]}}),
            json!({"StringEquals": {"aws:userid": "${*}"}}),
            json!({"StringEquals": "*"}),
        ] {
            assert_eq!(of(harmless.clone()), None, "{harmless}");
        }
    }
}
