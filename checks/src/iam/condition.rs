//! Conditions of a statement.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use serde_json::Value;

use super::pattern::{Piece, filled_in, matches, matches_arn, plain};
use super::statement::list;
use super::{Request, Tri};

/// An operator, taken apart: `ForAnyValue:StringNotLikeIfExists`.
struct Operator {
    set: Set,
    name: String,
    negated: bool,
    if_exists: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Set {
    None,
    All,
    Any,
}

/// Whether a request meets all conditions.
pub fn met(conditions: &Value, variables: bool, request: &Request) -> Tri {
    let Some(operators) = conditions.as_object() else {
        return Tri::Yes;
    };
    Tri::all(operators.iter().flat_map(|(operator, keys)| {
        keys.as_object()
            .into_iter()
            .flatten()
            .map(|(key, wanted)| one(operator, key, &list(wanted), variables, request))
    }))
}

/// Whether a request meets one condition.
pub fn is_met(operator: &str, key: &str, wanted: &Value, request: &Request) -> Tri {
    one(operator, key, &list(wanted), true, request)
}

fn one(written: &str, key: &str, wanted: &[String], variables: bool, request: &Request) -> Tri {
    let Some(operator) = Operator::read(written) else {
        return Tri::on(format!("{written} {key}"));
    };
    let values = match request.values(key) {
        Ok(values) => values,
        Err(depends) => return depends,
    };
    if operator.name == "null" {
        let absent = values.is_none();
        return wanted
            .iter()
            .any(|wanted| wanted.eq_ignore_ascii_case("true") == absent)
            .into();
    }
    let Some(values) = values else {
        let holds = operator.if_exists
            || operator.set == Set::All
            || (operator.negated && operator.set == Set::None);
        return holds.into();
    };
    let meets = |value: &String| {
        let any = Tri::any(wanted.iter().map(|wanted| {
            let pieces = match variables {
                true => filled_in(wanted, request),
                false => Ok(plain(wanted)),
            };
            match pieces {
                Ok(pieces) => operator
                    .holds(&pieces, value)
                    .map_or_else(|| Tri::on(format!("{written} {key}")), Tri::from),
                Err(tri) => tri,
            }
        }));
        if operator.negated { any.negated() } else { any }
    };
    let each = values.iter().map(meets);
    match operator.set {
        Set::All => Tri::all(each),
        Set::None if operator.negated => Tri::all(each),
        Set::None | Set::Any => Tri::any(each),
    }
}

impl Operator {
    fn read(written: &str) -> Option<Operator> {
        let lower = written.to_ascii_lowercase();
        let (set, name) = match lower.split_once(':') {
            None => (Set::None, lower.as_str()),
            Some(("forallvalues", name)) => (Set::All, name),
            Some(("foranyvalue", name)) => (Set::Any, name),
            Some(_) => return None,
        };
        let (name, if_exists) = match name.strip_suffix("ifexists") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let (name, negated) = match name {
            "notipaddress" => ("ipaddress".to_owned(), true),
            name => (name.replacen("not", "", 1), name.contains("not")),
        };
        Some(Operator {
            set,
            name,
            negated,
            if_exists,
        })
    }

    /// Whether one value meets one value of the policy, the negation left aside. `None`: no such operator.
    fn holds(&self, wanted: &[Piece], value: &str) -> Option<bool> {
        let text = || -> String { wanted.iter().map(as_written).collect() };
        if let Some(relation) = self.name.strip_prefix("numeric") {
            return ordered(relation, number(value), number(&text()));
        }
        if let Some(relation) = self.name.strip_prefix("date") {
            return ordered(relation, date(value), date(&text()));
        }
        Some(match self.name.as_str() {
            "stringequals" | "binaryequals" => text() == value,
            "stringequalsignorecase" => text().to_lowercase() == value.to_lowercase(),
            "stringlike" => matches(wanted, value),
            "arnequals" | "arnlike" if is_bare_star(wanted) => return None,
            "arnequals" | "arnlike" => matches_arn(wanted, value),
            "bool" => text().eq_ignore_ascii_case(value),
            "ipaddress" => match (address(&text()), address(value)) {
                (Some(range), Some(address)) => range.contains(&address),
                _ => false,
            },
            _ => return None,
        })
    }
}

/// No document says whether a star without the colons of an ARN stands for all ARNs or for none.
fn is_bare_star(pattern: &[Piece]) -> bool {
    !pattern.is_empty() && pattern.iter().all(|piece| *piece == Piece::Run)
}

fn as_written(piece: &Piece) -> char {
    match piece {
        Piece::Char(c) => *c,
        Piece::One => '?',
        Piece::Run => '*',
    }
}

/// `None` for a relation that does not exist; what is no number or date meets nothing.
fn ordered(relation: &str, value: Option<f64>, wanted: Option<f64>) -> Option<bool> {
    let compare: fn(f64, f64) -> bool = match relation {
        "equals" => |a, b| a == b,
        "lessthan" => |a, b| a < b,
        "lessthanequals" => |a, b| a <= b,
        "greaterthan" => |a, b| a > b,
        "greaterthanequals" => |a, b| a >= b,
        _ => return None,
    };
    Some(matches!((value, wanted), (Some(value), Some(wanted)) if compare(value, wanted)))
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// Seconds since 1970, out of a date in ISO 8601 or as such a number.
fn date(text: &str) -> Option<f64> {
    let timestamp = |text: &str| -> Option<f64> {
        let moment: jiff::Timestamp = text.parse().ok()?;
        Some(moment.as_duration().as_secs_f64())
    };
    number(text)
        .or_else(|| timestamp(text))
        .or_else(|| timestamp(&format!("{text}T00:00:00Z")))
}

fn address(text: &str) -> Option<ipnet::IpNet> {
    let single = || text.parse::<std::net::IpAddr>().ok().map(Into::into);
    text.parse().ok().or_else(single)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn is_met(condition: Value, context: &[(&str, &[&str])]) -> Tri {
        let context = context.iter().map(|(key, values)| {
            let values = values.iter().map(|value| (*value).to_owned()).collect();
            ((*key).to_owned(), values)
        });
        let request = Request::new("ecs:ExecuteCommand", context);
        met(&condition, true, &request)
    }

    #[test]
    fn each_operator() {
        let value: &[(&str, &[&str])] = &[
            ("aws:s", &["prod"]),
            ("aws:arn", &["arn:aws:ecs:eu-west-1:1:cluster/prod"]),
            ("aws:n", &["7"]),
            ("aws:d", &["2026-03-01T00:00:00Z"]),
            ("aws:b", &["true"]),
            ("aws:ip", &["10.1.2.3"]),
        ];
        for (operator, key, yes, no) in [
            ("StringEquals", "aws:s", "prod", "Prod"),
            ("StringNotEquals", "aws:s", "dev", "prod"),
            ("StringEqualsIgnoreCase", "aws:s", "PROD", "dev"),
            ("StringLike", "aws:s", "pr*", "x*"),
            ("StringNotLike", "aws:s", "x*", "p???"),
            (
                "ArnLike",
                "aws:arn",
                "arn:aws:ecs:*:1:cluster/*",
                "arn:*:cluster/prod",
            ),
            (
                "ArnNotEquals",
                "aws:arn",
                "arn:aws:ecs:*:2:cluster/*",
                "arn:aws:ecs:*:1:cluster/*",
            ),
            ("NumericLessThanEquals", "aws:n", "7", "6"),
            ("NumericNotEquals", "aws:n", "8", "7"),
            (
                "DateGreaterThan",
                "aws:d",
                "2026-01-01",
                "2027-01-01T00:00:00Z",
            ),
            ("Bool", "aws:b", "True", "false"),
            ("IpAddress", "aws:ip", "10.0.0.0/8", "192.168.0.0/16"),
            ("NotIpAddress", "aws:ip", "10.1.2.4", "10.0.0.0/8"),
            ("Null", "aws:s", "false", "true"),
        ] {
            assert_eq!(
                is_met(json!({operator: {key: yes}}), value),
                Tri::Yes,
                "{operator}"
            );
            assert_eq!(
                is_met(json!({operator: {key: no}}), value),
                Tri::No,
                "{operator}"
            );
        }
    }

    #[test]
    fn keys_that_are_absent() {
        let absent: &[(&str, &[&str])] = &[("aws:k", &[])];
        for (operator, holds) in [
            ("StringEquals", false),
            ("StringNotEquals", true),
            ("StringEqualsIfExists", true),
            ("ForAllValues:StringEquals", true),
            ("ForAnyValue:StringEquals", false),
            ("ForAnyValue:StringNotEquals", false),
            ("ForAnyValue:StringEqualsIfExists", true),
        ] {
            let condition = json!({operator: {"aws:k": "a"}});
            assert_eq!(is_met(condition, absent), holds.into(), "{operator}");
        }
        assert_eq!(is_met(json!({"Null": {"aws:k": true}}), absent), Tri::Yes);
        assert_eq!(
            is_met(json!({"StringEquals": {"s3:prefix": "a"}}), &[]),
            Tri::No
        );
    }

    #[test]
    fn keys_that_are_not_known() {
        assert_eq!(
            is_met(json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}), &[]),
            Tri::on("aws:MultiFactorAuthPresent")
        );
        // One condition that fails decides, whatever the others are.
        let both = json!({"Bool": {"aws:x": "true"}, "StringEquals": {"aws:y": "a"}});
        assert_eq!(is_met(both, &[("aws:y", &["b"])]), Tri::No);
        let unknown = json!({"StringSoundsLike": {"aws:y": "a"}});
        assert_eq!(
            is_met(unknown, &[("aws:y", &["b"])]),
            Tri::on("StringSoundsLike aws:y")
        );
        let star = json!({"ArnLike": {"aws:y": "*"}});
        assert_eq!(
            is_met(star, &[("aws:y", &["arn:aws:iam::1:role/a"])]),
            Tri::on("ArnLike aws:y")
        );
    }

    #[test]
    fn several_values() {
        let tags: &[(&str, &[&str])] = &[("aws:TagKeys", &["a", "b"])];
        for (operator, wanted, holds) in [
            ("ForAllValues:StringEquals", json!(["a", "b", "c"]), true),
            ("ForAllValues:StringEquals", json!(["a"]), false),
            ("ForAnyValue:StringEquals", json!(["b"]), true),
            ("ForAnyValue:StringEquals", json!(["c"]), false),
            ("StringNotEquals", json!(["c", "d"]), true),
            ("StringNotEquals", json!(["c", "a"]), false),
        ] {
            let condition = json!({operator: {"aws:TagKeys": wanted}});
            assert_eq!(is_met(condition, tags), holds.into(), "{operator}");
        }
    }
}
