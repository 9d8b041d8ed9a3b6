//! What statements allow and deny, and what they demand of a request.

use std::collections::BTreeSet;

use model::arn;
use model::distinct::{push_new, unique};
use model::facts::Access;
use model::text;
use serde_json::Value;

use super::Permission;
use super::condition_words::{demands, exemptions, left_by_deny};
use super::evaluator::{Resource, Statements};
use super::reduced_policy::names_task;
use crate::iam::statement::MatchingStatements;
use crate::iam::{Principal, Request, Ternary, like, strings};

/// An answer, and what it demands of a request in words.
#[derive(Clone)]
pub struct Answer {
    pub value: Ternary,
    pub demands: Vec<String>,
    /// Names of the policies that allow it.
    pub policies: Vec<String>,
}

/// Whether any statement allows the request.
pub fn any_allows(
    statements: &[(&str, &Value)],
    principal: Option<&Principal>,
    request: &Request,
    resource: Resource,
) -> Answer {
    let applied: Vec<(&str, &Value, Ternary)> = statements
        .iter()
        .map(|(policy, statement)| {
            let matching = MatchingStatements::new(statement, "Allow", principal, request);
            (*policy, *statement, matching.applies_to(resource.arn))
        })
        .filter(|(_, _, applies)| *applies != Ternary::No)
        .collect();
    // A statement that certainly applies makes the others irrelevant, and one that a request can meet for certain makes
    // those irrelevant that cannot be decided.
    let rank = applied
        .iter()
        .map(|(_, _, applies)| certainty(applies))
        .min();
    let decisive: Vec<_> = applied
        .iter()
        .filter(|(_, _, applies)| Some(certainty(applies)) == rank)
        .collect();
    let value = Ternary::any(decisive.iter().map(|(_, _, applies)| applies.clone()));
    let ways = decisive.iter().map(|(_, statement, _)| {
        let mut demands = demands(statement, request, resource.noun);
        demands.extend(only_tasks(statement, resource));
        demands.join(" and ")
    });
    let ways = unique(ways);
    let is_unconditional = ways.is_empty() || ways.iter().any(String::is_empty);
    Answer {
        value,
        demands: match is_unconditional {
            true => Vec::new(),
            false => vec![format!("only {}", ways.join(", or "))],
        },
        policies: unique(decisive.iter().map(|(policy, ..)| (*policy).to_owned())),
    }
}

/// Whether the permissions boundary allows the request.
pub fn boundary_allows(statements: &Statements, request: &Request, resource: Resource) -> Answer {
    let Some(boundary) = statements.boundary else {
        return Answer::yes();
    };
    let boundary: Vec<_> = boundary.iter().map(|one| ("", one)).collect();
    let answer = any_allows(&boundary, None, request, resource);
    Answer {
        policies: Vec::new(),
        ..answer
    }
}

/// Whether no statement denies the request.
pub fn none_denies(
    statements: &[&Value],
    principal: Option<&Principal>,
    request: &Request,
    resource: Resource,
) -> Answer {
    let mut answer = Answer::yes();
    for statement in statements {
        let matching = MatchingStatements::new(statement, "Deny", principal, request);
        let denies = matching.applies_to(resource.arn);
        let exemptions = match &denies {
            Ternary::Depends(_) => exemptions(statement, request, resource.noun),
            Ternary::No if denies_unconditionally(statement, principal, request, resource) => {
                left_by_deny(statement, request, resource.noun)
            }
            Ternary::No | Ternary::Yes => Vec::new(),
        };
        if !exemptions.is_empty() {
            let demand = format!("only {}", exemptions.join(" or "));
            push_new(&mut answer.demands, demand);
        }
        answer.value = answer.value.and(denies.negated());
    }
    answer
}

/// Whether the statement would deny the request if its conditions were met.
fn denies_unconditionally(
    statement: &Value,
    principal: Option<&Principal>,
    request: &Request,
    resource: Resource,
) -> bool {
    let mut unconditional = statement.clone();
    if let Some(fields) = unconditional["Statement"].as_object_mut() {
        fields.remove("Condition");
    }
    let matching = MatchingStatements::new(&unconditional, "Deny", principal, request);
    matching.applies_to(resource.arn) == Ternary::Yes
}

/// The tasks that an Allow statement names, if it allows no others.
fn only_tasks(statement: &Value, resource: Resource) -> Option<String> {
    let patterns = strings(&statement["Statement"]["Resource"]);
    let matching: Vec<&String> = patterns
        .iter()
        .filter(|pattern| like(pattern, resource.arn))
        .collect();
    let names: Vec<&str> = matching
        .iter()
        .filter(|pattern| names_task(pattern))
        .map(|pattern| arn::name(pattern))
        .collect();
    (resource.noun == "tasks" && !names.is_empty() && names.len() == matching.len())
        .then(|| text::sanitize_line(&format!("task {}", names.join(" or "))))
}

/// The permission of the best case.
pub fn best(answers: impl Iterator<Item = Answer>) -> Option<Permission> {
    let permissions = answers.filter_map(Answer::permission);
    let mut best: Option<Permission> = None;
    for permission in permissions {
        let is_better = best.as_ref().is_none_or(|best| {
            (permission.access, permission.conditions.len()) < (best.access, best.conditions.len())
        });
        if is_better {
            best = Some(permission);
        }
        if best
            .as_ref()
            .is_some_and(|best| best.access == Access::Allowed && best.conditions.is_empty())
        {
            break;
        }
    }
    best
}

impl Answer {
    pub fn yes() -> Answer {
        Answer {
            value: Ternary::Yes,
            demands: Vec::new(),
            policies: Vec::new(),
        }
    }

    pub fn no() -> Answer {
        Answer {
            value: Ternary::No,
            ..Answer::yes()
        }
    }

    /// `on_what`: what it depends on, and cannot be known.
    pub fn undecided(on_what: String) -> Answer {
        Answer {
            value: Ternary::depends(on_what),
            ..Answer::yes()
        }
    }

    /// Both; the other is computed only if it counts.
    pub fn and(mut self, other: impl FnOnce() -> Answer) -> Answer {
        if self.value == Ternary::No {
            return self;
        }
        let other = other();
        self.value = self.value.and(other.value);
        self.demands = unique(self.demands.into_iter().chain(other.demands));
        self.policies = unique(self.policies.into_iter().chain(other.policies));
        self
    }

    /// `None`: not allowed.
    pub fn permission(self) -> Option<Permission> {
        let keys = match self.value {
            Ternary::No => return None,
            Ternary::Yes => BTreeSet::new(),
            Ternary::Depends(keys) => keys,
        };
        let undecided = keys.iter().filter(|key| !text::is_condition_key(key));
        let undecided: Vec<String> = undecided.cloned().collect();
        let access = match (keys.is_empty(), undecided.is_empty()) {
            (true, _) => Access::Allowed,
            (false, true) => Access::Conditional,
            (false, false) => Access::Undecided,
        };
        Some(Permission {
            access,
            conditions: self.demands,
            undecided,
            policies: self.policies,
        })
    }
}

fn certainty(applies: &Ternary) -> Access {
    match applies {
        Ternary::Depends(keys) if keys.iter().all(|key| text::is_condition_key(key)) => {
            Access::Conditional
        }
        Ternary::Depends(_) => Access::Undecided,
        Ternary::Yes | Ternary::No => Access::Allowed,
    }
}
