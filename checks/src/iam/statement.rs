use serde_json::Value;

use super::pattern::{Piece, filled_in, matches, plain};
use super::{Principal, Request, Tri, condition};

/// IAM lets one value stand for a list of one, and numbers and booleans for texts.
pub fn list(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(list).collect(),
        Value::String(text) => vec![text.clone()],
        Value::Null => Vec::new(),
        other => vec![other.to_string()],
    }
}

/// The statements of a policy; IAM lets a single one stand for a list.
pub fn statements(policy: &Value) -> &[Value] {
    match &policy["Statement"] {
        Value::Array(statements) => statements,
        one => std::slice::from_ref(one),
    }
}

/// Whether any statement of a policy with this effect applies to the request. `principal` is who asks, for
/// policies of resources, whose statements name principals.
pub fn any_applies(
    policy: &Value,
    effect: &str,
    principal: Option<&Principal>,
    request: &Request,
) -> Tri {
    if !policy.is_object() {
        return Tri::on("a policy that is no JSON");
    }
    let variables = policy["Version"] == "2012-10-17";
    Tri::any(
        statements(policy)
            .iter()
            .filter(|statement| statement["Effect"] == effect)
            .map(|statement| {
                let named = principal.map_or(Tri::Yes, |principal| principal.is_in(statement));
                named.and(applies(statement, variables, request))
            }),
    )
}

fn applies(statement: &Value, variables: bool, request: &Request) -> Tri {
    let on_action = |patterns: &Value| {
        let action = request.action.to_ascii_lowercase();
        let named = list(patterns)
            .iter()
            .any(|pattern| matches(&plain(&pattern.to_ascii_lowercase()), &action));
        Tri::from(named)
    };
    let on_resource = |patterns: &Value| {
        Tri::any(
            list(patterns)
                .iter()
                .map(|pattern| is_resource(pattern, variables, request)),
        )
    };
    let action = either(statement, "Action", "NotAction", on_action);
    if action == Tri::No {
        return Tri::No;
    }
    let resource = either(statement, "Resource", "NotResource", on_resource);
    if resource == Tri::No {
        return Tri::No;
    }
    action
        .and(resource)
        .and(condition::met(&statement["Condition"], variables, request))
}

fn either(statement: &Value, yes: &str, no: &str, test: impl Fn(&Value) -> Tri) -> Tri {
    match (statement.get(yes), statement.get(no)) {
        (Some(patterns), _) => test(patterns),
        (None, Some(patterns)) => test(patterns).negated(),
        (None, None) => Tri::No,
    }
}

fn is_resource(pattern: &str, variables: bool, request: &Request) -> Tri {
    let pieces = match variables {
        true => filled_in(pattern, request),
        false => Ok(plain(pattern)),
    };
    let mut pieces = match pieces {
        Ok(pieces) => pieces,
        Err(tri) => return tri,
    };
    if matches(&pieces, request.resource) {
        return Tri::Yes;
    }
    // IAM completes an ARN that lacks parts.
    let colons = pieces
        .iter()
        .filter(|piece| **piece == Piece::Char(':'))
        .count();
    for _ in colons..5 {
        pieces.extend([Piece::Char(':'), Piece::Run]);
    }
    matches(&pieces, request.resource).into()
}
