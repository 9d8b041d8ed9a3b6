use std::iter::once;

use serde_json::Value;

use super::pattern::{Piece, filled_in, like, matches_chars, plain};
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

/// What a policy says with one effect of a request, whatever its resource.
pub struct Says(Vec<Statement>);

/// A statement that applies to a request where the resource is right.
struct Statement {
    /// What its principals, actions and conditions come to.
    rest: Tri,
    resources: Resources,
}

enum Resources {
    All,
    Any(Vec<Result<Pattern, Tri>>),
    AllBut(Vec<Result<Pattern, Tri>>),
    None,
}

/// A pattern of ARNs.
struct Pattern {
    whole: Vec<Piece>,
    /// IAM completes an ARN that lacks parts.
    completed: Option<Vec<Piece>>,
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
                resources: Resources::All,
            }]);
        }
        let variables = policy["Version"] == "2012-10-17";
        let statements = statements(policy)
            .iter()
            .filter(|statement| statement["Effect"] == effect)
            .filter_map(|statement| Statement::of(statement, principal, variables, request));
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
        principal: Option<&Principal>,
        variables: bool,
        request: &Request,
    ) -> Option<Statement> {
        if !is_about(statement, request.action) {
            return None;
        }
        let named = principal.map_or(Tri::Yes, |principal| principal.is_in(statement));
        let rest = named.and(condition::met(&statement["Condition"], variables, request));
        (rest != Tri::No).then(|| Statement {
            rest,
            resources: Resources::of(statement, variables, request),
        })
    }

    fn on(&self, resource: &[char]) -> Tri {
        match self.resources.have(resource) {
            Tri::No => Tri::No,
            had => had.and(self.rest.clone()),
        }
    }
}

fn is_about(statement: &Value, action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    let named = |patterns: &Value| {
        let mut patterns = list(patterns).into_iter();
        patterns.any(|pattern| like(&pattern.to_ascii_lowercase(), &action))
    };
    match (statement.get("Action"), statement.get("NotAction")) {
        (Some(patterns), _) => named(patterns),
        (None, Some(patterns)) => !named(patterns),
        (None, None) => false,
    }
}

impl Resources {
    fn of(statement: &Value, variables: bool, request: &Request) -> Resources {
        let taken_apart = |patterns: &Value| {
            let patterns = list(patterns).into_iter();
            patterns
                .map(|pattern| Pattern::of(&pattern, variables, request))
                .collect()
        };
        match (statement.get("Resource"), statement.get("NotResource")) {
            (Some(all), _) if all == "*" => Resources::All,
            (Some(patterns), _) => Resources::Any(taken_apart(patterns)),
            (None, Some(patterns)) => Resources::AllBut(taken_apart(patterns)),
            (None, None) => Resources::None,
        }
    }

    fn have(&self, resource: &[char]) -> Tri {
        let any = |patterns: &[Result<Pattern, Tri>]| {
            Tri::any(patterns.iter().map(|pattern| match pattern {
                Ok(pattern) => pattern.matches(resource).into(),
                Err(tri) => tri.clone(),
            }))
        };
        match self {
            Resources::All => Tri::Yes,
            Resources::Any(patterns) => any(patterns),
            Resources::AllBut(patterns) => any(patterns).negated(),
            Resources::None => Tri::No,
        }
    }
}

impl Pattern {
    fn of(pattern: &str, variables: bool, request: &Request) -> Result<Pattern, Tri> {
        let whole = match variables {
            true => filled_in(pattern, request)?,
            false => plain(pattern),
        };
        let colons = whole.iter().filter(|piece| **piece == Piece::Char(':'));
        let missing = 5_usize.saturating_sub(colons.count());
        let completed = (missing > 0).then(|| {
            let mut completed = whole.clone();
            completed.extend([Piece::Char(':'), Piece::Run].repeat(missing));
            completed
        });
        Ok(Pattern { whole, completed })
    }

    fn matches(&self, resource: &[char]) -> bool {
        let mut forms = once(&self.whole).chain(&self.completed);
        forms.any(|form| matches_chars(form, resource))
    }
}
