//! Policy variables.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use std::collections::BTreeSet;

use super::pattern::{Piece, plain};
use super::{Request, Ternary};

enum Part<'p> {
    Text(&'p str),
    /// `${*}`, `${?}`, `${$}`
    Escaped(&'p str),
    Variable {
        key: &'p str,
        default: Option<&'p str>,
    },
}

/// Whether a text has variables, well-formed or not.
pub fn has_variable(text: &str) -> bool {
    text.contains("${")
}

/// A text that is compared literally, with the values of its variables. `Err(No)`: a variable has no value, so that
/// nothing equals the text.
pub fn text(written: &str, request: &Request) -> Result<String, Ternary> {
    let texts = parts(written)?.into_iter().map(|part| match part {
        Part::Text(text) | Part::Escaped(text) => Ok(text),
        Part::Variable { key, default } => value(key, default, request),
    });
    texts.collect()
}

/// Like [`text`], for a pattern. AWS does not document whether a wildcard in a value is a wildcard.
pub fn pattern(written: &str, request: &Request) -> Result<Vec<Piece>, Ternary> {
    let mut pieces = Vec::new();
    for part in parts(written)? {
        match part {
            Part::Text(text) => pieces.extend(plain(text)),
            Part::Escaped(text) => pieces.extend(text.chars().map(Piece::Char)),
            Part::Variable { key, default } => {
                let value = value(key, default, request)?;
                if value.contains(['*', '?']) {
                    return Err(Ternary::unclear(key, "its value has a wildcard"));
                }
                pieces.extend(value.chars().map(Piece::Char));
            }
        }
    }
    Ok(pieces)
}

/// The keys of the variables that have neither a value nor a default.
pub fn without_value<'p>(written: &'p str, request: &Request) -> BTreeSet<&'p str> {
    parts(written)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|part| match part {
            Part::Variable { key, default } => {
                (value(key, default, request) == Err(Ternary::No)).then_some(key)
            }
            Part::Text(_) | Part::Escaped(_) => None,
        })
        .collect()
}

/// A key with several values cannot be a variable.
fn value<'v>(
    key: &str,
    default: Option<&'v str>,
    request: &'v Request,
) -> Result<&'v str, Ternary> {
    match (request.values(key)?, default) {
        (Some([one]), _) => Ok(one),
        (None, Some(default)) => Ok(default),
        _ => Err(Ternary::No),
    }
}

fn parts(written: &str) -> Result<Vec<Part<'_>>, Ternary> {
    let mut parts = Vec::new();
    let mut rest = written;
    while let Some((before, after)) = rest.split_once("${") {
        let malformed = || Ternary::depends(format!("{written} (malformed policy variable)"));
        let (variable, after) = after.split_once('}').ok_or_else(malformed)?;
        parts.push(Part::Text(before));
        parts.push(part(variable).ok_or_else(malformed)?);
        rest = after;
    }
    parts.push(Part::Text(rest));
    Ok(parts)
}

/// `aws:username`, or `aws:username, 'nobody'`.
fn part(variable: &str) -> Option<Part<'_>> {
    if let "*" | "?" | "$" = variable {
        return Some(Part::Escaped(variable));
    }
    let (key, default) = match variable.split_once(", ") {
        Some((key, quoted)) => {
            let default = quoted.strip_prefix('\'')?.strip_suffix('\'')?;
            if default.contains('\'') {
                return None;
            }
            (key, Some(default))
        }
        None => (variable, None),
    };
    let is_key = !key.is_empty() && !key.contains([' ', ',', '\'', '"', '$', '{', '*', '?']);
    is_key.then_some(Part::Variable { key, default })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::pattern::matches;

    fn request() -> Request<'static> {
        let context = [
            ("aws:PrincipalTag/team", vec!["blue"]),
            ("aws:PrincipalTag/none", vec![]),
            ("aws:PrincipalTag/star", vec!["b*"]),
            ("aws:TagKeys", vec!["a", "b"]),
        ];
        let context = context.map(|(key, values)| {
            let values = values.into_iter().map(str::to_owned).collect();
            (key.to_owned(), values)
        });
        Request::new("ecs:ExecuteCommand", context)
    }

    #[test]
    fn variables_are_replaced_by_their_values() {
        let request = request();
        for (written, expected) in [
            ("x/${aws:principaltag/TEAM}", "x/blue"),
            ("${*}${?}${$}", "*?$"),
            ("${aws:PrincipalTag/none, 'red'}", "red"),
            ("${aws:PrincipalTag/team, 'red'}", "blue"),
            ("${aws:PrincipalTag/star}", "b*"),
            ("$x{y}", "$x{y}"),
        ] {
            assert_eq!(text(written, &request).as_deref(), Ok(expected));
        }
        assert_eq!(text("${aws:PrincipalTag/none}", &request), Err(Ternary::No));
        assert_eq!(text("${aws:TagKeys}", &request), Err(Ternary::No));
        let unknown = Err(Ternary::depends("aws:userid"));
        assert_eq!(text("${aws:userid}", &request), unknown);
    }

    #[test]
    fn wildcards_around_variables_are_wildcards() {
        let request = request();
        let team = pattern("${aws:PrincipalTag/team}/*", &request).unwrap();
        assert!(matches(&team, "blue/1"));
        let star = pattern("${*}", &request).unwrap();
        assert!(matches(&star, "*") && !matches(&star, "a"));
        assert!(matches!(
            pattern("${aws:PrincipalTag/star}", &request),
            Err(Ternary::Depends(_))
        ));
    }

    #[test]
    fn malformed_variables_are_unclear() {
        for written in [
            "${open",
            "${}",
            "${aws:username,'x'}",
            "${aws:username, x}",
            "${aws:user name}",
            "${aws:x${aws:y}}",
        ] {
            let answer = text(written, &request());
            assert!(matches!(answer, Err(Ternary::Depends(_))), "{written}");
        }
    }

    #[test]
    fn variables_without_value_are_listed() {
        let of = |written| without_value(written, &request());
        assert_eq!(of("a${aws:PrincipalTag/none}").len(), 1);
        assert!(of("${aws:PrincipalTag/none, 'x'}").is_empty());
        assert!(of("${aws:PrincipalTag/team}${aws:userid}${*}").is_empty());
    }
}
