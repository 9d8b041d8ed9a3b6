//! Conditions of a statement in words: `only with MFA`.

use model::text::sanitize_line;
use serde_json::Value;

use crate::iam::operator::{Family, Operator, Relation};
use crate::iam::{Request, Ternary, evaluate_conditions, has_variables, strings};

/// More values are only counted.
const MAX_VALUES: usize = 3;

/// What the conditions of an Allow statement demand of a request, without what is known to be met by this target. Empty:
/// nothing. `noun`: what the resources are, in the plural.
pub fn demands(policy: &Value, request: &Request, noun: &str) -> Vec<String> {
    entries(policy, request)
        .filter(|entry| entry.answer != Ternary::Yes || entry.is_limit())
        .map(|entry| entry.phrase(false, noun))
        .collect()
}

/// What exempts a request from a Deny statement: each of these is enough.
pub fn exemptions(policy: &Value, request: &Request, noun: &str) -> Vec<String> {
    entries(policy, request)
        .filter(|entry| entry.answer != Ternary::Yes)
        .map(|entry| entry.phrase(true, noun))
        .collect()
}

/// What exempts from a Deny statement that does not apply only because of which task or container it is. None if
/// something else exempts every session into the target.
pub fn left_by_deny(policy: &Value, request: &Request, noun: &str) -> Vec<String> {
    let exempts_all = |entry: Entry| entry.answer == Ternary::No && !entry.narrows_targets();
    match entries(policy, request).any(exempts_all) {
        true => Vec::new(),
        false => exemptions(policy, request, noun),
    }
}

/// One operator with one key.
struct Entry<'a> {
    operator: &'a str,
    key: &'a str,
    values: &'a Value,
    answer: Ternary,
    /// Whether temporary credentials sign the request, which always say whether they were got with MFA.
    is_session: bool,
}

fn entries<'a>(policy: &'a Value, request: &Request) -> impl Iterator<Item = Entry<'a>> {
    let variables = has_variables(policy);
    let kind = request.values("aws:PrincipalType").ok().flatten();
    let is_session = kind == Some(&["AssumedRole".to_owned()]);
    let operators = policy["Statement"]["Condition"].as_object();
    let entries = operators
        .into_iter()
        .flatten()
        .flat_map(|(operator, keys)| {
            let keys = keys.as_object().into_iter().flatten();
            keys.map(move |(key, values)| (operator.as_str(), key.as_str(), values))
        });
    entries.map(move |(operator, key, values)| {
        let single = serde_json::json!({operator: {key: values}});
        Entry {
            operator,
            key,
            values,
            answer: evaluate_conditions(Some(&single), variables, request),
            is_session,
        }
    })
}

impl Entry<'_> {
    /// Whether it chooses among tasks and containers or ends some day, which a reader wants to know even where it is met.
    fn is_limit(&self) -> bool {
        self.narrows_targets() || self.key.eq_ignore_ascii_case("aws:CurrentTime")
    }

    /// Whether it chooses among tasks and containers.
    fn narrows_targets(&self) -> bool {
        let key = self.key.to_ascii_lowercase();
        key.contains("resourcetag/") || key == "ecs:container-name" || key == "ecs:task"
    }

    /// `with MFA`, `from 10.0.0.0/8`; of a Deny, what exempts from it.
    fn phrase(&self, of_deny: bool, noun: &str) -> String {
        let key = self.key.to_ascii_lowercase();
        let values = strings(self.values);
        let Some(operator) = Operator::parse(self.operator) else {
            return sanitize_line(&format!(
                "if {} meets the unknown operator {}",
                self.key, self.operator
            ));
        };
        let not = operator.negated != of_deny;
        let first = values.first().map_or("", String::as_str);
        let any = alternatives(&values);
        let either = |yes: String, no: String| if not { no } else { yes };
        let phrase = match (key.as_str(), operator.family) {
            ("aws:multifactorauthage" | "aws:multifactorauthpresent", Family::Null) => {
                let demands_absence = (first == "true") != of_deny;
                let words = if demands_absence {
                    "without MFA"
                } else {
                    "with MFA"
                };
                words.to_owned()
            }
            (_, Family::Null) => match self.tag(&key) {
                Some(tag) if (first == "true") != of_deny => {
                    format!("{noun} without the tag {tag}")
                }
                Some(tag) => format!("{noun} with the tag {tag}"),
                None => comparison(self.key, operator, not, of_deny, &values),
            },
            ("aws:multifactorauthpresent", Family::Bool) => {
                let demands_mfa = (first == "true") != of_deny;
                match (demands_mfa, self.demands_key(operator, of_deny)) {
                    (true, true) => "with MFA".to_owned(),
                    (true, false) => "with MFA or long-term access keys".to_owned(),
                    (false, _) => "without MFA".to_owned(),
                }
            }
            ("aws:multifactorauthage", Family::Numeric(relation)) if is_less(relation, not) => {
                match self.demands_key(operator, of_deny) {
                    true => format!("within {first} s after MFA"),
                    false => format!("within {first} s after MFA, or with long-term access keys"),
                }
            }
            ("aws:sourceip" | "aws:vpcsourceip", Family::IpAddress) => {
                either(format!("from {any}"), format!("from outside {any}"))
            }
            ("aws:sourcevpce", _) => either(
                format!("through VPC endpoint {any}"),
                format!("not through VPC endpoint {any}"),
            ),
            ("aws:sourcevpc", _) => {
                either(format!("from VPC {any}"), format!("from outside VPC {any}"))
            }
            ("aws:requestedregion", _) => either(format!("in {any}"), format!("outside {any}")),
            ("aws:principalorgid", _) => either(
                format!("in organization {any}"),
                format!("outside organization {any}"),
            ),
            ("ecs:container-name", _) => either(
                format!("container {any}"),
                format!("containers other than {any}"),
            ),
            ("sts:externalid", _) if !not => "with the right external ID".to_owned(),
            ("sts:rolesessionname", _) => either(
                format!("with the session name {any}"),
                format!("with a session name other than {any}"),
            ),
            _ => match self.tag(&key) {
                Some(tag) => either(
                    format!("{noun} tagged {tag}={any}"),
                    format!("{noun} not tagged {tag}={any}"),
                ),
                None => {
                    return sanitize_line(&comparison(self.key, operator, not, of_deny, &values));
                }
            },
        };
        // `…IfExists` of an Allow also lets requests without the key pass; MFA has words of its own for that.
        let or_without =
            match operator.if_exists && !of_deny && !not && !key.starts_with("aws:multifactor") {
                true => format!(" or without {}", self.key),
                false => String::new(),
            };
        let phrase = phrase + &or_without;
        sanitize_line(&phrase)
    }

    /// Whether only a request with the key passes. Requests that are signed with long-term keys have no key about MFA.
    fn demands_key(&self, operator: Operator, of_deny: bool) -> bool {
        self.is_session || operator.if_exists == of_deny
    }

    /// The tag that the key names. `lower`: the key in lower case.
    fn tag(&self, lower: &str) -> Option<&str> {
        let (prefix, tag) = lower.split_once('/')?;
        prefix
            .ends_with(":resourcetag")
            .then(|| &self.key[self.key.len() - tag.len()..])
    }
}

/// Whether a number has to be less than the value, or at most it.
fn is_less(relation: Relation, not: bool) -> bool {
    match relation {
        Relation::LessThan | Relation::LessThanEquals => !not,
        Relation::GreaterThan | Relation::GreaterThanEquals => not,
        Relation::Equals => false,
    }
}

/// `if aws:userid is not x`.
fn comparison(
    key: &str,
    operator: Operator,
    not: bool,
    of_deny: bool,
    values: &[String],
) -> String {
    let any = alternatives(values);
    let relation = |relation| match (relation, not) {
        (Relation::Equals, false) => "is",
        (Relation::Equals, true) => "is not",
        (Relation::LessThan, false) | (Relation::GreaterThanEquals, true) => "is less than",
        (Relation::LessThanEquals, false) | (Relation::GreaterThan, true) => "is at most",
        (Relation::GreaterThan, false) | (Relation::LessThanEquals, true) => "is more than",
        (Relation::GreaterThanEquals, false) | (Relation::LessThan, true) => "is at least",
    };
    let verb = match (operator.family, not) {
        (Family::Null, _) => {
            let demands_absence = (values.first().is_some_and(|v| v == "true")) != of_deny;
            return match demands_absence {
                true => format!("if {key} is absent"),
                false => format!("if {key} is present"),
            };
        }
        (Family::Like | Family::Arn, false) => "matches",
        (Family::Like | Family::Arn, true) => "does not match",
        (Family::Numeric(of) | Family::Date(of), _) => relation(of),
        (Family::IpAddress, false) => "is in",
        (Family::IpAddress, true) => "is not in",
        (_, false) => "is",
        (_, true) => "is not",
    };
    let or_absent = match operator.if_exists && !of_deny {
        true => " or is absent",
        false => "",
    };
    format!("if {key} {verb} {any}{or_absent}")
}

/// `a`, `a or b`, `a, b, c or 4 more`.
fn alternatives(values: &[String]) -> String {
    let (shown, rest) = values.split_at(values.len().min(MAX_VALUES));
    match (shown, rest.len()) {
        ([], _) => "nothing".to_owned(),
        (shown, 0) => match shown.split_last() {
            Some((last, init)) if !init.is_empty() => format!("{} or {last}", init.join(", ")),
            _ => shown.concat(),
        },
        (shown, more) => format!("{} or {more} more", shown.join(", ")),
    }
}
