//! Compares a value of a request with one value of a condition; the operator applies its negation.

use std::net::IpAddr;

use data_encoding::BASE64;
use ipnet::IpNet;

use super::operator::{Family, Relation};
use super::pattern::{Piece, arn_parts, completed, matches, matches_arn, plain};
use super::{Request, Ternary, date, variable};

/// A value of a request.
#[derive(Clone, Copy)]
pub enum RequestValue<'v> {
    Full(&'v str),
    /// Only the prefix is known: the ARN of an ECS resource up to the resource part.
    Prefix(&'v str),
}

/// One value of a condition, parsed for its operator.
pub enum Operand {
    Text {
        text: String,
        ignore_case: bool,
    },
    Pattern(Vec<Piece>),
    Arn(Vec<Piece>),
    Number(Relation, f64),
    /// Seconds since 1970.
    Date(Relation, f64),
    Bool(bool),
    Bytes(Vec<u8>),
    /// The range, or both ranges that the value can mean if AWS does not document the length of the prefix.
    Addresses(Vec<IpNet>),
}

impl Operand {
    /// `Err(No)`: a variable has no value. `Err(Depends)`: IAM rejects such a value.
    pub fn parse(
        family: Family,
        written: &str,
        variables: bool,
        request: &Request,
    ) -> Result<Operand, Ternary> {
        let has_variables = variables && variable::has_variable(written);
        let text = || match has_variables {
            true => variable::text(written, request),
            false => Ok(written.to_owned()),
        };
        let pattern = || match has_variables {
            true => variable::pattern(written, request),
            false => Ok(plain(written)),
        };
        let typed = match family {
            Family::Equals { ignore_case } => {
                let text = text()?;
                return Ok(Operand::Text { text, ignore_case });
            }
            Family::Like => return pattern().map(Operand::Pattern),
            Family::Arn => return pattern().map(Operand::Arn),
            Family::Numeric(relation) => number(written).map(|n| Operand::Number(relation, n)),
            Family::Date(relation) => date::seconds(written).map(|s| Operand::Date(relation, s)),
            Family::Bool | Family::Null => boolean(written).map(Operand::Bool),
            Family::Binary => BASE64.decode(written.as_bytes()).ok().map(Operand::Bytes),
            Family::IpAddress => ranges(written).map(Operand::Addresses),
        };
        typed.ok_or_else(|| Ternary::depends("malformed value"))
    }

    /// `None`: AWS does not document the answer, or it depends on the unknown rest of the value.
    pub fn compare(&self, value: RequestValue) -> Option<bool> {
        let value = match value {
            RequestValue::Full(value) => value,
            RequestValue::Prefix(value) => return self.compare_prefix(value),
        };
        match self {
            Operand::Text { text, ignore_case } => Some(match ignore_case {
                true => text.to_lowercase() == value.to_lowercase(),
                false => text == value,
            }),
            Operand::Pattern(pattern) => Some(matches(pattern, value)),
            Operand::Arn(pattern) => matches_arn(pattern, value),
            Operand::Number(relation, operand) => Some(relation.holds(number(value)?, *operand)),
            Operand::Date(relation, operand) => {
                Some(relation.holds(date::seconds(value)?, *operand))
            }
            Operand::Bool(operand) => Some(boolean(value)? == *operand),
            Operand::Bytes(operand) => Some(BASE64.decode(value.as_bytes()).ok()? == *operand),
            Operand::Addresses(ranges) => {
                let address: IpAddr = value.parse().ok()?;
                let mut inside = ranges.iter().map(|range| range.contains(&address));
                let first = inside.next()?;
                inside.all(|next| next == first).then_some(first)
            }
        }
    }

    /// Whether all ARNs with this prefix meet the condition, or none.
    fn compare_prefix(&self, prefix: &str) -> Option<bool> {
        match self {
            // No ECS name has a star.
            Operand::Text { text, ignore_case } => {
                let (text, prefix) = match ignore_case {
                    true => (&text.to_lowercase(), &*prefix.to_lowercase()),
                    false => (text, prefix),
                };
                let rest = text.strip_prefix(prefix);
                let may = rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(['*', '?']));
                (!may).then_some(false)
            }
            Operand::Pattern(pattern) => matches_prefix(pattern, prefix),
            Operand::Arn(pattern) => {
                let parts = arn_parts(pattern);
                let known: Vec<&str> = prefix.splitn(6, ':').take(5).collect();
                let fits = |parts: &[&[Piece]]| {
                    let mut pairs = parts.iter().zip(&known);
                    pairs.all(|(part, value)| matches(part, value))
                };
                let completed = completed(pattern);
                let may = match parts.len() {
                    6 => fits(&parts),
                    _ => {
                        matches_prefix(pattern, prefix) != Some(false)
                            || fits(&arn_parts(&completed))
                    }
                };
                match parts.as_slice() {
                    _ if !may => Some(false),
                    [.., last] if parts.len() == 6 && is_run(last) => Some(true),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// A star matches colons too. Whether the unknown rest matches the rest of the pattern is unknown.
fn matches_prefix(pattern: &[Piece], prefix: &str) -> Option<bool> {
    if pattern.last() == Some(&Piece::Run) && matches(pattern, prefix) {
        return Some(true);
    }
    let mut prefixes = (0..pattern.len()).map(|end| &pattern[..end]);
    let may = prefixes.any(|part| matches(part, prefix));
    (!may).then_some(false)
}

fn is_run(part: &[Piece]) -> bool {
    !part.is_empty() && part.iter().all(|piece| *piece == Piece::Run)
}

/// An integer or a decimal.
fn number(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (digits(whole) && digits(fraction)).then(|| text.parse().ok())?
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// AWS documents that a single address has the prefix /32. For IPv6 it may mean /128.
fn ranges(text: &str) -> Option<Vec<IpNet>> {
    if let Ok(range) = text.parse() {
        return Some(vec![range]);
    }
    let address: IpAddr = text.parse().ok()?;
    let short = match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(_) => IpNet::new(address, 32).ok(),
    };
    let ranges = short.into_iter().chain([IpNet::from(address)]);
    Some(ranges.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::iam::evaluate_conditions;

    #[test]
    fn an_arn_with_an_unknown_end_is_compared_by_its_prefix() {
        let prefix = "arn:aws:ecs:us-west-2:1:";
        let request =
            Request::new("sts:AssumeRole", []).with_prefix("aws:SourceArn", prefix.into());
        let unknown = Ternary::depends("aws:SourceArn");
        for (operator, value, expected) in [
            (
                "StringEquals",
                "arn:aws:ecs:us-west-2:1:cluster/prod",
                &unknown,
            ),
            (
                "StringEquals",
                "arn:aws:ecs:us-west-1:1:cluster/prod",
                &Ternary::No,
            ),
            (
                "StringEquals",
                "ARN:aws:ecs:us-west-2:1:cluster/prod",
                &Ternary::No,
            ),
            (
                "StringEqualsIgnoreCase",
                "ARN:aws:ecs:us-west-2:1:cluster/prod",
                &unknown,
            ),
            // No ECS resource has this ARN.
            ("StringEquals", "arn:aws:ecs:us-west-2:1:", &Ternary::No),
            ("StringEquals", "arn:aws:ecs:us-west-2:1:*", &Ternary::No),
            ("StringLike", "arn:aws:ecs:us-west-2:1:*", &Ternary::Yes),
            ("StringLike", "arn:*", &Ternary::Yes),
            ("StringLike", "arn:aws:ecs:*:cluster/*", &unknown),
            ("StringLike", "arn:aws:ecs:*prod", &unknown),
            ("StringLike", "arn:aws:ecs:us-west-2:1:", &Ternary::No),
            ("StringLike", "arn:aws:s3:*", &Ternary::No),
            ("ArnLike", "arn:aws:ecs:us-west-2:1:*", &Ternary::Yes),
            ("ArnLike", "arn:aws:ecs:*:*:**", &Ternary::Yes),
            ("ArnLike", "arn:aws:ecs:us-west-2:1:cluster/*", &unknown),
            ("ArnLike", "arn:aws:ecs:us-west-2:1:", &unknown),
            ("ArnLike", "arn:aws:ecs:us-west-1:1:*", &Ternary::No),
            // In ARNs, a star does not match a colon.
            ("ArnLike", "arn:*:s3:us-west-2:1:*", &Ternary::No),
            // What an incomplete ARN matches is not documented.
            ("ArnLike", "arn:aws:ecs:*", &unknown),
            ("ArnLike", "arn:aws:ecs", &unknown),
            ("ArnLike", "arn:aws:s3:*", &Ternary::No),
            ("NumericEquals", "1", &unknown),
        ] {
            let condition = json!({operator: {"aws:SourceArn": value}});
            let answer = evaluate_conditions(Some(&condition), true, &request);
            assert_eq!(answer, *expected, "{operator} {value}");
        }
    }
}
