//! Conditions of a statement.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html>

use std::collections::BTreeSet;

use serde_json::Value;

use super::compare::{Given, Wanted};
use super::operator::{Family, Operator, Set};
use super::statement::texts;
use super::{Request, Tri, variable};

/// Whether a request meets all conditions of a statement. `None`: it has none.
pub fn met(conditions: Option<&Value>, variables: bool, request: &Request) -> Tri {
    let Some(conditions) = conditions else {
        return Tri::Yes;
    };
    let Some(operators) = map(conditions) else {
        return Tri::on("Condition (malformed)");
    };
    Tri::all(operators.into_iter().map(|(operator, keys)| {
        match map(keys).filter(|keys| !keys.is_empty()) {
            Some(keys) => Tri::all(
                keys.into_iter()
                    .map(|(key, wanted)| one(operator, key, wanted, variables, request)),
            ),
            None => Tri::on(format!("Condition {operator} (malformed)")),
        }
    }))
}

/// The keys of variables in the conditions that have no value. Those of a condition that its key's absence decides
/// are not asked for: "to prevent variables from causing invalid statements, use the ...IfExists operator".
pub fn variables_without_value(conditions: &Value, request: &Request) -> BTreeSet<String> {
    let mut missing = BTreeSet::new();
    for (written, keys) in map(conditions).into_iter().flatten() {
        let Some(operator) = Operator::read(written) else {
            continue;
        };
        for (key, wanted) in map(keys).into_iter().flatten() {
            let is_absent = || request.values(key) == Ok(None);
            if operator.if_exists && is_absent() {
                continue;
            }
            for text in texts(wanted).iter().flatten() {
                let keys = variable::without_value(text, request);
                missing.extend(keys.into_iter().map(str::to_owned));
            }
        }
    }
    missing
}

/// The fields of an object. Names are the same in either case, and IAM takes each once.
fn map(value: &Value) -> Option<Vec<(&str, &Value)>> {
    let fields = value.as_object()?;
    let names: BTreeSet<String> = fields.keys().map(|key| key.to_ascii_lowercase()).collect();
    let fields = fields.iter().map(|(key, value)| (key.as_str(), value));
    (names.len() == fields.len()).then(|| fields.collect())
}

fn one(written: &str, key: &str, wanted: &Value, variables: bool, request: &Request) -> Tri {
    let Some(operator) = Operator::read(written) else {
        return Tri::unclear(key, format_args!("unknown operator {written}"));
    };
    let Some(wanted) = texts(wanted).filter(|wanted| !wanted.is_empty()) else {
        return Tri::unclear(key, "malformed value");
    };
    if matches!(operator.family, Family::Bool | Family::Null) && wanted.len() > 1 {
        return Tri::unclear(key, format_args!("{written} with several values"));
    }
    let mut readings = Vec::new();
    for text in &wanted {
        match Wanted::read(operator.family, text, variables, request) {
            // A value that IAM does not take makes the whole condition doubtful, absent key or not.
            Err(Tri::Depends(_)) if !operator.family.takes_variables() => {
                return Tri::unclear(key, format_args!("{written} with the value {text:?}"));
            }
            reading => readings.push(reading),
        }
    }
    let values: Vec<Given> = match request.beginning(key) {
        Some(beginning) => vec![Given::Beginning(beginning)],
        None => match request.values(key) {
            Ok(Some(values)) => values.iter().map(|value| Given::Whole(value)).collect(),
            Ok(None) => Vec::new(),
            Err(unknown) => return unknown,
        },
    };
    if operator.family == Family::Null {
        return null(key, &readings, &values);
    }
    if values.is_empty() {
        return absent(written, key, operator);
    }
    let each: Vec<Tri> = values
        .iter()
        .map(|value| {
            let any = Tri::any(readings.iter().map(|reading| match reading {
                Ok(wanted) => match wanted.is_met_by(*value) {
                    Some(met) => met.into(),
                    None => unclear(written, key, operator.family, *value),
                },
                Err(tri) => tri.clone(),
            }));
            if operator.negated { any.negated() } else { any }
        })
        .collect();
    over_values(written, key, operator, &values, each)
}

fn unclear(written: &str, key: &str, family: Family, value: Given) -> Tri {
    match value {
        Given::Beginning(_) => Tri::on(key),
        Given::Whole(_) if family == Family::Arn => {
            Tri::unclear(key, format_args!("an incomplete ARN under {written}"))
        }
        Given::Whole(_) => Tri::unclear(key, format_args!("a malformed value under {written}")),
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
fn over_values(
    written: &str,
    key: &str,
    operator: Operator,
    values: &[Given],
    each: Vec<Tri>,
) -> Tri {
    let is_empty = |value: &Given| matches!(value, Given::Whole(""));
    let met = match operator.set {
        Set::All => Tri::all(each),
        Set::Any => Tri::any(each),
        Set::None if values.len() > 1 => {
            // A key with several values needs a set operator; without one only a match of none is certain.
            return match Tri::any(each) {
                Tri::No if !operator.negated => Tri::No,
                _ => Tri::unclear(key, format_args!("several values under {written}")),
            };
        }
        Set::None => Tri::all(each),
    };
    // For sets a value that is an empty text counts as none.
    let as_none = match operator.set {
        Set::None => return met,
        Set::All => Tri::Yes,
        Set::Any => Tri::No,
    };
    match values.iter().any(is_empty) && met != as_none {
        true => Tri::unclear(key, format_args!("an empty value under {written}")),
        false => met,
    }
}

/// Neither `ForAnyValue` nor `IfExists` is documented for what both say together of a key that is absent.
fn absent(written: &str, key: &str, operator: Operator) -> Tri {
    match operator.set {
        Set::Any if operator.if_exists => {
            Tri::unclear(key, format_args!("{written} without the key"))
        }
        Set::Any => Tri::No,
        Set::All => Tri::Yes,
        Set::None => (operator.if_exists || operator.negated).into(),
    }
}

/// `true`: the key is absent. `false`: it is there, and its value is not null.
fn null(key: &str, readings: &[Result<Wanted, Tri>], values: &[Given]) -> Tri {
    let Some(Ok(Wanted::Truth(wants_absent))) = readings.first() else {
        return Tri::unclear(key, "malformed value");
    };
    let is_empty = |value: &Given| matches!(value, Given::Whole(""));
    match values.is_empty() {
        false if values.iter().all(is_empty) => Tri::unclear(key, "Null of an empty value"),
        is_absent => (is_absent == *wants_absent).into(),
    }
}
