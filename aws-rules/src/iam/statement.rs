use serde_json::Value;

use super::pattern::{Piece, arn_parts, completed, like, matches_chars, plain};
use super::{Principal, Request, Tri, condition, variable};

/// IAM lets one value stand for a list of one, and numbers and booleans for texts.
pub fn list(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(list).collect(),
        Value::String(text) => vec![text.clone()],
        Value::Null => Vec::new(),
        other => vec![other.to_string()],
    }
}

/// The same where nothing else will do: `None` for what IAM refuses.
pub(super) fn texts(value: &Value) -> Option<Vec<String>> {
    let is_scalar = |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
    let is_well_formed = match value {
        Value::Array(items) => items.iter().all(is_scalar),
        one => is_scalar(one),
    };
    is_well_formed.then(|| list(value))
}

/// The statements of a policy; IAM lets a single one stand for a list.
pub fn statements(policy: &Value) -> &[Value] {
    match &policy["Statement"] {
        Value::Array(statements) => statements,
        one => std::slice::from_ref(one),
    }
}

/// Only policies of this version have variables; in others they are plain text.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html>
pub fn has_variables(policy: &Value) -> bool {
    policy["Version"] == "2012-10-17"
}

/// Whether a statement has an effect; undecided for one that has neither of the two that there are.
pub fn has_effect(statement: &Value, effect: &str) -> Tri {
    match &statement["Effect"] {
        Value::String(own) if own == "Allow" || own == "Deny" => (own == effect).into(),
        _ => Tri::on("Effect (malformed)"),
    }
}

/// Whether a statement is about an action.
pub fn is_about(statement: &Value, action: &str) -> Tri {
    let action = action.to_ascii_lowercase();
    let named = |patterns: &Value| {
        let patterns = texts(patterns)?;
        let mut lower = patterns.iter().map(|pattern| pattern.to_ascii_lowercase());
        Some(lower.any(|pattern| like(&pattern, &action)))
    };
    let answer = match (statement.get("Action"), statement.get("NotAction")) {
        (Some(patterns), None) => named(patterns),
        (None, Some(patterns)) if patterns.as_array().is_none_or(|list| !list.is_empty()) => {
            named(patterns).map(|named| !named)
        }
        _ => None,
    };
    answer.map_or_else(|| Tri::on("Action (malformed)"), Tri::from)
}

/// What a policy says with one effect of a request, whatever its resource.
pub struct Says(Vec<Statement>);

/// A statement that applies to a request where the resource is right.
struct Statement {
    /// What its principals, actions and conditions come to.
    rest: Tri,
    resources: Resources,
}

enum Resources {
    Any(Vec<Result<Pattern, Tri>>),
    AllBut(Vec<Result<Pattern, Tri>>),
    Malformed,
}

/// A pattern of ARNs.
struct Pattern {
    whole: Vec<Piece>,
    /// With stars for the parts that it lacks.
    completed: Option<Completed>,
}

struct Completed {
    pattern: Vec<Piece>,
    /// IAM documents for identity policies that it completes them, and for no others.
    is_documented: bool,
}

impl Says {
    /// `principal` is who asks, for policies of resources, whose statements name principals.
    pub fn of(
        policy: &Value,
        effect: &str,
        principal: Option<&Principal>,
        request: &Request,
    ) -> Says {
        if !policy.is_object() {
            return Says(vec![Statement {
                rest: Tri::on("a policy that is no JSON"),
                resources: Resources::Any(vec![Ok(Pattern::all())]),
            }]);
        }
        let statements = statements(policy).iter().filter_map(|statement| {
            Statement::of(statement, effect, principal, has_variables(policy), request)
        });
        Says(statements.collect())
    }

    /// Whether any statement applies to the resource: an ARN, or `*` for an action that knows none.
    pub fn applies_to(&self, resource: &str) -> Tri {
        let resource: Vec<char> = resource.chars().collect();
        Tri::any(self.0.iter().map(|statement| statement.on(&resource)))
    }
}

impl Statement {
    /// `None`: it does not apply, whatever the resource.
    fn of(
        statement: &Value,
        effect: &str,
        principal: Option<&Principal>,
        variables: bool,
        request: &Request,
    ) -> Option<Statement> {
        let applies = has_effect(statement, effect).and(is_about(statement, request.action));
        if applies == Tri::No {
            return None;
        }
        let named = match principal {
            Some(principal) => principal.is_in(statement),
            None if names_principals(statement) => Tri::on("Principal (in an identity policy)"),
            None => Tri::Yes,
        };
        let rest = applies.and(named).and(condition::met(
            statement.get("Condition"),
            variables,
            request,
        ));
        let doubt = match variables {
            true => without_value(statement, request),
            false => Tri::Yes,
        };
        (rest != Tri::No).then(|| Statement {
            rest: rest.and(doubt),
            resources: Resources::of(statement, principal.is_none(), variables, request),
        })
    }

    fn on(&self, resource: &[char]) -> Tri {
        match self.resources.have(resource) {
            Tri::No => Tri::No,
            had => had.and(self.rest.clone()),
        }
    }
}

fn names_principals(statement: &Value) -> bool {
    statement.get("Principal").is_some() || statement.get("NotPrincipal").is_some()
}

/// AWS says both that a variable without a value only matches nothing, so that negations hold, and that the whole
/// statement may be invalid. Where a statement applies by the first, it is undecided.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value>
fn without_value(statement: &Value, request: &Request) -> Tri {
    let patterns = ["Resource", "NotResource"].map(|name| texts(&statement[name]));
    let patterns = patterns.iter().flatten().flatten();
    let keys = patterns.flat_map(|pattern| variable::without_value(pattern, request));
    let keys = keys
        .map(str::to_owned)
        .chain(condition::variables_without_value(
            &statement["Condition"],
            request,
        ));
    Tri::all(keys.map(|key| Tri::unclear(&key, "a policy variable without a value")))
}

impl Resources {
    fn of(statement: &Value, is_identity: bool, variables: bool, request: &Request) -> Resources {
        let taken_apart = |patterns: Vec<String>| {
            let patterns = patterns.iter();
            patterns
                .map(|pattern| Pattern::of(pattern, is_identity, variables, request))
                .collect()
        };
        match (statement.get("Resource"), statement.get("NotResource")) {
            (Some(patterns), None) => texts(patterns).map(taken_apart).map(Resources::Any),
            (None, Some(patterns)) => texts(patterns)
                .filter(|patterns| !patterns.is_empty())
                .map(taken_apart)
                .map(Resources::AllBut),
            _ => None,
        }
        .unwrap_or(Resources::Malformed)
    }

    fn have(&self, resource: &[char]) -> Tri {
        let any = |patterns: &[Result<Pattern, Tri>]| {
            Tri::any(patterns.iter().map(|pattern| match pattern {
                Ok(pattern) => pattern.matches(resource),
                Err(tri) => tri.clone(),
            }))
        };
        match self {
            Resources::Any(patterns) => any(patterns),
            Resources::AllBut(patterns) => any(patterns).negated(),
            Resources::Malformed => Tri::on("Resource (malformed)"),
        }
    }
}

impl Pattern {
    fn all() -> Pattern {
        Pattern {
            whole: vec![Piece::Run],
            completed: None,
        }
    }

    fn of(
        written: &str,
        is_identity: bool,
        variables: bool,
        request: &Request,
    ) -> Result<Pattern, Tri> {
        let whole = match variables {
            true if has_early_variable(written) => {
                return Err(Tri::unclear(written, "a variable before the resource part"));
            }
            true => variable::pattern(written, request)?,
            false => plain(written),
        };
        let is_incomplete = written.starts_with("arn:") && arn_parts(&whole).len() < 6;
        let completed = is_incomplete.then(|| Completed {
            pattern: completed(&whole),
            is_documented: is_identity,
        });
        Ok(Pattern { whole, completed })
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
    fn matches(&self, resource: &[char]) -> Tri {
        let as_written = matches_chars(&self.whole, resource);
        let Some(completed) = &self.completed else {
            return as_written.into();
        };
        match matches_chars(&completed.pattern, resource) {
            true if completed.is_documented => Tri::Yes,
            false if !as_written => Tri::No,
            _ => Tri::on("Resource (incomplete ARN)"),
        }
    }
}

/// Variables may only stand in the last part of an ARN.
fn has_early_variable(written: &str) -> bool {
    let mut before = written.split("${").map(|part| part.matches(':').count());
    variable::is_in(written) && before.next().is_some_and(|colons| colons < 5)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn incomplete_arns() {
        let request = Request::new("ecs:ExecuteCommand", []);
        let says = |pattern: &str, principal: Option<&Principal>| {
            let mut statement = json!({"Effect": "Allow", "Action": "*", "Resource": pattern});
            if principal.is_some() {
                statement["Principal"] = json!("*");
            }
            Says::of(
                &json!({"Statement": statement}),
                "Allow",
                principal,
                &request,
            )
            .applies_to("arn:aws:ecs:us-west-2:1:cluster/prod")
        };
        let principal = Principal::of("arn:aws:iam::1:role/app");
        let undecided = Tri::on("Resource (incomplete ARN)");
        for (pattern, in_identity, in_resource) in [
            ("arn:aws:ecs:*", Tri::Yes, undecided.clone()),
            ("arn:aws:ecs", Tri::Yes, undecided.clone()),
            (
                "arn:aws:ecs:*:cluster/prod",
                undecided.clone(),
                undecided.clone(),
            ),
            ("arn:aws:s3:*", Tri::No, Tri::No),
            ("arn:aws:ecs:*:*:cluster/*", Tri::Yes, Tri::Yes),
        ] {
            assert_eq!(says(pattern, None), in_identity, "{pattern}");
            assert_eq!(says(pattern, Some(&principal)), in_resource, "{pattern}");
        }
    }
}
