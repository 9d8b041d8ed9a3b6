//! The conditions of a statement.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html>

use std::collections::BTreeSet;

use serde_json::Value;

use super::json::valid_strings;
use super::operand::{Operand, RequestValue};
use super::operator::{Family, Operator, SetOperator};
use super::{Request, Ternary, variable};

/// Whether a request meets all conditions of a statement.
pub fn evaluate_conditions(
    conditions: Option<&Value>,
    variables: bool,
    request: &Request,
) -> Ternary {
    let Some(conditions) = conditions else {
        return Ternary::Yes;
    };
    let Some(operators) = unique_fields(conditions) else {
        return Ternary::depends("Condition (malformed)");
    };
    Ternary::all(operators.into_iter().map(|(operator, keys)| {
        match unique_fields(keys).filter(|keys| !keys.is_empty()) {
            Some(keys) => Ternary::all(
                keys.into_iter()
                    .map(|(key, operands)| evaluate(operator, key, operands, variables, request)),
            ),
            None => Ternary::depends(format!("Condition {operator} (malformed)")),
        }
    }))
}

/// The keys of variables in the conditions that have no value. `…IfExists` conditions on an absent key do not count: "to
/// prevent variables from causing invalid statements, use the ...IfExists operator".
pub fn variables_without_value(conditions: &Value, request: &Request) -> BTreeSet<String> {
    let mut missing = BTreeSet::new();
    for (written, keys) in unique_fields(conditions).into_iter().flatten() {
        let Some(operator) = Operator::parse(written) else {
            continue;
        };
        for (key, operands) in unique_fields(keys).into_iter().flatten() {
            if operator.if_exists && request.values(key) == Ok(None) {
                continue;
            }
            for text in valid_strings(operands).iter().flatten() {
                let keys = variable::without_value(text, request);
                missing.extend(keys.into_iter().map(str::to_owned));
            }
        }
    }
    missing
}

/// The fields of an object. `None` if two names differ in case only, which IAM rejects.
fn unique_fields(value: &Value) -> Option<Vec<(&str, &Value)>> {
    let fields = value.as_object()?;
    let names: BTreeSet<String> = fields.keys().map(|key| key.to_ascii_lowercase()).collect();
    let fields = fields.iter().map(|(key, value)| (key.as_str(), value));
    (names.len() == fields.len()).then(|| fields.collect())
}

/// One operator, one key.
fn evaluate(
    written: &str,
    key: &str,
    operands: &Value,
    variables: bool,
    request: &Request,
) -> Ternary {
    let Some(operator) = Operator::parse(written) else {
        return Ternary::unclear(key, format_args!("unknown operator {written}"));
    };
    let Some(texts) = valid_strings(operands).filter(|texts| !texts.is_empty()) else {
        return Ternary::unclear(key, "malformed value");
    };
    if matches!(operator.family, Family::Bool | Family::Null) && texts.len() > 1 {
        return Ternary::unclear(key, format_args!("{written} with several values"));
    }
    let mut operands = Vec::new();
    for text in &texts {
        match Operand::parse(operator.family, text, variables, request) {
            // A value that IAM rejects makes the whole condition unclear, even if the key is absent.
            Err(Ternary::Depends(_)) if !operator.family.takes_variables() => {
                return Ternary::unclear(key, format_args!("{written} with the value {text:?}"));
            }
            operand => operands.push(operand),
        }
    }
    let values: Vec<RequestValue> = match request.prefix(key) {
        Some(prefix) => vec![RequestValue::Prefix(prefix)],
        None => match request.values(key) {
            Ok(values) => {
                let values = values.into_iter().flatten();
                values.map(|value| RequestValue::Full(value)).collect()
            }
            Err(unknown) => return unknown,
        },
    };
    if operator.family == Family::Null {
        return evaluate_null(key, &operands, &values);
    }
    if values.is_empty() {
        return evaluate_absent_key(written, key, operator);
    }
    let each: Vec<Ternary> = values
        .iter()
        .map(|value| {
            let any = Ternary::any(operands.iter().map(|operand| match operand {
                Ok(operand) => match operand.compare(*value) {
                    Some(met) => met.into(),
                    None => undocumented_comparison(written, key, operator.family, *value),
                },
                Err(answer) => answer.clone(),
            }));
            if operator.negated { any.negated() } else { any }
        })
        .collect();
    combine_values(written, key, operator, &values, each)
}

fn undocumented_comparison(
    written: &str,
    key: &str,
    family: Family,
    value: RequestValue,
) -> Ternary {
    match value {
        RequestValue::Prefix(_) => Ternary::depends(key),
        RequestValue::Full(_) if family == Family::Arn => {
            Ternary::unclear(key, format_args!("an incomplete ARN under {written}"))
        }
        RequestValue::Full(_) => {
            Ternary::unclear(key, format_args!("a malformed value under {written}"))
        }
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
fn combine_values(
    written: &str,
    key: &str,
    operator: Operator,
    values: &[RequestValue],
    each: Vec<Ternary>,
) -> Ternary {
    let (met, met_without_values) = match operator.set {
        SetOperator::ForAllValues => (Ternary::all(each), Ternary::Yes),
        SetOperator::ForAnyValue => (Ternary::any(each), Ternary::No),
        SetOperator::None if values.len() > 1 => {
            // A key with several values needs a set operator; without one only "matches none" is certain.
            return match Ternary::any(each) {
                Ternary::No if !operator.negated => Ternary::No,
                _ => Ternary::unclear(key, format_args!("several values under {written}")),
            };
        }
        SetOperator::None => return Ternary::all(each),
    };
    // Set operators treat an empty string as no value.
    match values.iter().any(is_empty) && met != met_without_values {
        true => Ternary::unclear(key, format_args!("an empty value under {written}")),
        false => met,
    }
}

/// AWS does not document `ForAnyValue` together with `IfExists` for an absent key.
fn evaluate_absent_key(written: &str, key: &str, operator: Operator) -> Ternary {
    match operator.set {
        SetOperator::ForAnyValue if operator.if_exists => {
            Ternary::unclear(key, format_args!("{written} without the key"))
        }
        SetOperator::ForAnyValue => Ternary::No,
        SetOperator::ForAllValues => Ternary::Yes,
        SetOperator::None => (operator.if_exists || operator.negated).into(),
    }
}

/// `true`: the key is absent. `false`: the key is present and its value is not null.
fn evaluate_null(
    key: &str,
    operands: &[Result<Operand, Ternary>],
    values: &[RequestValue],
) -> Ternary {
    let Some(Ok(Operand::Bool(wants_absent))) = operands.first() else {
        return Ternary::unclear(key, "malformed value");
    };
    match values.is_empty() {
        false if values.iter().all(is_empty) => Ternary::unclear(key, "Null of an empty value"),
        is_absent => (is_absent == *wants_absent).into(),
    }
}

fn is_empty(value: &RequestValue) -> bool {
    matches!(value, RequestValue::Full(""))
}
