//! The statements of a policy that match a request.

use serde_json::Value;

use super::json::{has_variables, statements, valid_strings};
use super::pattern::{Piece, arn_parts, completed, like, matches, plain};
use super::planned_key::KeyPlace;
use super::principal::UNKNOWN_ACCOUNT_ID;
use super::{Principal, Request, Ternary, condition, variable};
use model::arn;

/// Whether a statement has an effect. Depends if the effect is neither `Allow` nor `Deny`.
pub fn has_effect(statement: &Value, effect: &str) -> Ternary {
    match &statement["Effect"] {
        Value::String(own) if own == "Allow" || own == "Deny" => (own == effect).into(),
        _ => Ternary::depends("Effect (malformed)"),
    }
}

/// Whether a statement applies to an action, by its `Action` or `NotAction`.
pub fn applies_to_action(statement: &Value, action: &str) -> Ternary {
    let action = action.to_ascii_lowercase();
    let matches_any = |patterns: &Value| {
        let patterns = valid_strings(patterns)?;
        let mut lower = patterns.iter().map(|pattern| pattern.to_ascii_lowercase());
        Some(lower.any(|pattern| like(&pattern, &action)))
    };
    let answer = match (statement.get("Action"), statement.get("NotAction")) {
        (Some(patterns), None) => matches_any(patterns),
        (None, Some(patterns)) if patterns.as_array().is_none_or(|list| !list.is_empty()) => {
            matches_any(patterns).map(|matched| !matched)
        }
        _ => None,
    };
    answer.map_or_else(|| Ternary::depends("Action (malformed)"), Ternary::from)
}

/// The statements of a policy with one effect, evaluated for a request apart from its resource.
pub struct MatchingStatements(Vec<Statement>);

struct Statement {
    /// Whether the statement's effect, principals, actions and conditions match.
    principal_and_conditions: Ternary,
    resources: Resources,
}

/// The `Resource` or `NotResource` of a statement.
struct Resources {
    /// `Err(No)`: a variable of the pattern has no value.
    patterns: Vec<Result<ArnPattern, Ternary>>,
    is_negated: bool,
    /// Where the keys of the plan are that have no ARN yet.
    key_place: KeyPlace,
}

struct ArnPattern {
    pieces: Vec<Piece>,
    /// An incomplete ARN, with stars for the missing parts. AWS documents that IAM completes the ARNs of identity
    /// policies, and documents nothing for resource policies.
    completed: Option<Vec<Piece>>,
    is_identity: bool,
}

impl MatchingStatements {
    /// `principal`: who makes the request, for resource policies, whose statements name principals.
    pub fn new(
        policy: &Value,
        effect: &str,
        principal: Option<&Principal>,
        request: &Request,
    ) -> MatchingStatements {
        if !policy.is_object() {
            let all_resources = Resources {
                patterns: Vec::new(),
                is_negated: true,
                key_place: KeyPlace::default(),
            };
            return MatchingStatements(vec![Statement {
                principal_and_conditions: Ternary::depends(
                    "a policy that was not read or is no JSON",
                ),
                resources: all_resources,
            }]);
        }
        let variables = has_variables(policy);
        let statements = statements(policy)
            .iter()
            .map(|statement| Statement::new(statement, effect, principal, variables, request));
        MatchingStatements(statements.collect())
    }

    /// Whether any statement applies to the resource: an ARN, or `*` for an action without resources.
    pub fn applies_to(&self, resource: &str) -> Ternary {
        Ternary::any(self.0.iter().map(|statement| {
            let included = statement.resources.include(resource);
            included.and(statement.principal_and_conditions.clone())
        }))
    }
}

impl Statement {
    fn new(
        statement: &Value,
        effect: &str,
        principal: Option<&Principal>,
        variables: bool,
        request: &Request,
    ) -> Statement {
        let applies =
            has_effect(statement, effect).and(applies_to_action(statement, request.action));
        let names_principals =
            statement.get("Principal").is_some() || statement.get("NotPrincipal").is_some();
        let principal_matches = match principal {
            Some(principal) => principal.matches_statement(statement),
            None if names_principals => Ternary::depends("Principal (in an identity policy)"),
            None => Ternary::Yes,
        };
        let conditions = statement.get("Condition");
        let matched = applies
            .and(principal_matches)
            .and(condition::evaluate_conditions(
                conditions, variables, request,
            ));
        let variables_have_values = match variables {
            true => variables_have_values(statement, request),
            false => Ternary::Yes,
        };
        Statement {
            principal_and_conditions: matched.and(variables_have_values),
            resources: Resources::new(statement, principal.is_none(), variables, request),
        }
    }
}

/// AWS documents two readings of a variable without a value: it matches nothing, so that negations hold, or the whole
/// statement is invalid. A statement that applies by the first reading is therefore undecided.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value>
fn variables_have_values(statement: &Value, request: &Request) -> Ternary {
    let patterns = ["Resource", "NotResource"].map(|name| valid_strings(&statement[name]));
    let patterns = patterns.iter().flatten().flatten();
    let in_resources = patterns
        .flat_map(|pattern| variable::without_value(pattern, request))
        .map(str::to_owned);
    let in_conditions = condition::variables_without_value(&statement["Condition"], request);
    let keys = in_resources.chain(in_conditions);
    Ternary::all(keys.map(|key| Ternary::unclear(&key, "a policy variable without a value")))
}

impl Resources {
    fn new(statement: &Value, is_identity: bool, variables: bool, request: &Request) -> Resources {
        let (is_negated, patterns) = match (statement.get("Resource"), statement.get("NotResource"))
        {
            (Some(patterns), None) => (false, valid_strings(patterns)),
            (None, Some(patterns)) => (true, valid_strings(patterns).filter(|all| !all.is_empty())),
            _ => (false, None),
        };
        let patterns = match patterns {
            Some(patterns) => patterns
                .iter()
                .map(|pattern| ArnPattern::parse(pattern, is_identity, variables, request))
                .collect(),
            None => vec![Err(Ternary::depends("Resource (malformed)"))],
        };
        Resources {
            patterns,
            is_negated,
            key_place: KeyPlace::of(request),
        }
    }

    fn include(&self, resource: &str) -> Ternary {
        let any = Ternary::any(self.patterns.iter().map(|pattern| match pattern {
            Ok(pattern) => pattern.matches(resource, &self.key_place),
            Err(answer) => answer.clone(),
        }));
        if self.is_negated { any.negated() } else { any }
    }
}

impl ArnPattern {
    fn parse(
        written: &str,
        is_identity: bool,
        variables: bool,
        request: &Request,
    ) -> Result<ArnPattern, Ternary> {
        let pieces = match variables {
            true if has_early_variable(written) => {
                return Err(Ternary::unclear(
                    written,
                    "a variable before the resource part",
                ));
            }
            true => variable::pattern(written, request)?,
            false => plain(written),
        };
        let is_incomplete = written.starts_with("arn:") && arn_parts(&pieces).len() < 6;
        Ok(ArnPattern {
            completed: is_incomplete.then(|| completed(&pieces)),
            pieces,
            is_identity,
        })
    }

    fn matches(&self, resource: &str, place: &KeyPlace) -> Ternary {
        if resource != "*" && !resource.starts_with("arn:") {
            let pattern = self.completed.as_ref().unwrap_or(&self.pieces);
            return place.matches_planned_key(pattern, resource);
        }
        let answer = self.matches_arn(resource);
        if answer != Ternary::No || arn::account(resource) != Some(arn::UNKNOWN_ACCOUNT) {
            return answer;
        }
        // The account may turn out to be that of the pattern.
        let account = arn_parts(&self.pieces).get(4).copied().unwrap_or_default();
        let account: String = account.iter().filter_map(|piece| piece.example()).collect();
        match self.matches_arn(&resource.replacen(arn::UNKNOWN_ACCOUNT, &account, 1)) {
            Ternary::No => Ternary::No,
            _ => Ternary::depends(UNKNOWN_ACCOUNT_ID),
        }
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
    fn matches_arn(&self, resource: &str) -> Ternary {
        let as_written = matches(&self.pieces, resource);
        let Some(completed) = &self.completed else {
            return as_written.into();
        };
        match matches(completed, resource) {
            true if self.is_identity => Ternary::Yes,
            false if !as_written => Ternary::No,
            _ => Ternary::depends("Resource (incomplete ARN)"),
        }
    }
}

/// Variables are allowed only in the last part of an ARN.
fn has_early_variable(written: &str) -> bool {
    let before = written.split_once("${").map(|(before, _)| before);
    before.is_some_and(|before| before.matches(':').count() < 5)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_invalid_policy_makes_the_decision_depend_on_it() {
        let request = Request::new("ecs:ExecuteCommand", []);
        let policy = MatchingStatements::new(&json!("{"), "Deny", None, &request);
        let expected = Ternary::depends("a policy that was not read or is no JSON");
        assert_eq!(policy.applies_to("arn:aws:ecs:r:1:task/c/a"), expected);
    }

    #[test]
    fn an_unknown_account_may_be_that_of_a_pattern() {
        let request = Request::new("logs:PutLogEvents", []);
        let applies = |element: &str, pattern: &str| {
            let statement = json!({"Effect": "Allow", "Action": "*", element: pattern});
            let policy = json!({"Statement": statement});
            MatchingStatements::new(&policy, "Allow", None, &request)
                .applies_to("arn:aws:logs:us-west-2:000000000000:log-group:/exec")
        };
        let unknown = Ternary::depends("the ID of the account");
        for (pattern, expected) in [
            ("*", Ternary::Yes),
            ("arn:aws:logs:*:*:*", Ternary::Yes),
            (
                "arn:aws:logs:us-west-2:123456789012:log-group:/exec",
                unknown.clone(),
            ),
            ("arn:aws:logs:*:1234*:log-group:/exec", unknown.clone()),
            (
                "arn:aws:logs:us-west-2:123456789012:log-group:/other",
                Ternary::No,
            ),
            (
                "arn:aws:logs:eu-west-1:123456789012:log-group:/exec",
                Ternary::No,
            ),
            ("arn:aws:s3:::exec", Ternary::No),
        ] {
            assert_eq!(applies("Resource", pattern), expected, "{pattern}");
        }
        let other = "arn:aws:logs:us-west-2:123456789012:log-group:/exec";
        assert_eq!(applies("NotResource", other), unknown);
    }

    #[test]
    fn incomplete_arns_are_completed_in_identity_policies_only() {
        let request = Request::new("ecs:ExecuteCommand", []);
        let applies = |pattern: &str, principal: Option<&Principal>| {
            let mut statement = json!({"Effect": "Allow", "Action": "*", "Resource": pattern});
            if principal.is_some() {
                statement["Principal"] = json!("*");
            }
            MatchingStatements::new(
                &json!({"Statement": statement}),
                "Allow",
                principal,
                &request,
            )
            .applies_to("arn:aws:ecs:us-west-2:1:cluster/prod")
        };
        let principal = Principal::from_arn("arn:aws:iam::1:role/app");
        let undecided = Ternary::depends("Resource (incomplete ARN)");
        for (pattern, in_identity, in_resource) in [
            ("arn:aws:ecs:*", Ternary::Yes, undecided.clone()),
            ("arn:aws:ecs", Ternary::Yes, undecided.clone()),
            (
                "arn:aws:ecs:*:cluster/prod",
                undecided.clone(),
                undecided.clone(),
            ),
            ("arn:aws:s3:*", Ternary::No, Ternary::No),
            ("arn:aws:ecs:*:*:cluster/*", Ternary::Yes, Ternary::Yes),
        ] {
            assert_eq!(applies(pattern, None), in_identity, "{pattern}");
            assert_eq!(applies(pattern, Some(&principal)), in_resource, "{pattern}");
        }
    }
}
