//! What statements allow and deny, and what they demand of a request.

use std::collections::BTreeSet;

use model::facts::{Access, Policy};
use model::text;
use serde_json::Value;

use super::Permission;
use super::condition_words::{demands, exemptions};
use super::evaluator::{Resource, Statements};
use crate::iam::statement::MatchingStatements;
use crate::iam::{Principal, Request, Ternary};

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
    statements: &[(&Policy, &Value)],
    principal: Option<&Principal>,
    request: &Request,
    resource: Resource,
) -> Answer {
    let applied: Vec<(&str, &Value, Ternary)> = statements
        .iter()
        .map(|(policy, statement)| {
            let matching = MatchingStatements::new(statement, "Allow", principal, request);
            (
                policy.name.as_str(),
                *statement,
                matching.applies_to(resource.arn),
            )
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
    let mut policies: Vec<String> = Vec::new();
    let mut ways: Vec<String> = Vec::new();
    let mut is_unconditional = false;
    for (policy, statement, _) in decisive {
        if !policies.iter().any(|known| known == policy) {
            policies.push((*policy).to_owned());
        }
        let demands = demands(statement, request, resource.noun);
        is_unconditional |= demands.is_empty();
        let way = demands.join(" and ");
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    let demands = match is_unconditional || ways.is_empty() {
        true => Vec::new(),
        false => vec![format!("only {}", ways.join(", or "))],
    };
    Answer {
        value,
        demands,
        policies,
    }
}

/// Whether the permissions boundary allows the request.
pub fn boundary_allows(statements: &Statements, request: &Request, resource: Resource) -> Answer {
    let Some(boundary) = statements.boundary else {
        return Answer::yes();
    };
    let unnamed = Policy {
        name: String::new(),
        arn: None,
        document: Value::Null,
    };
    let boundary: Vec<_> = boundary.iter().map(|one| (&unnamed, one)).collect();
    let answer = any_allows(&boundary, None, request, resource);
    Answer {
        policies: Vec::new(),
        ..answer
    }
}

/// Whether no statement denies the request.
pub fn none_denies(
    statements: &[(&Policy, &Value)],
    principal: Option<&Principal>,
    request: &Request,
    resource: Resource,
) -> Answer {
    let mut answer = Answer::yes();
    for (_, statement) in statements {
        let matching = MatchingStatements::new(statement, "Deny", principal, request);
        let denies = matching.applies_to(resource.arn);
        if let Ternary::Depends(_) = denies {
            let exemptions = exemptions(statement, request, resource.noun);
            if !exemptions.is_empty() {
                answer.add_demand(format!("only {}", exemptions.join(" or ")));
            }
        }
        answer.value = answer.value.and(denies.negated());
    }
    answer
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

    /// Both; the other is computed only if it counts.
    pub fn and(mut self, other: impl FnOnce() -> Answer) -> Answer {
        if self.value == Ternary::No {
            return self;
        }
        let other = other();
        self.value = self.value.and(other.value);
        for demand in other.demands {
            self.add_demand(demand);
        }
        for policy in other.policies {
            if !self.policies.contains(&policy) {
                self.policies.push(policy);
            }
        }
        self
    }

    fn add_demand(&mut self, demand: String) {
        if !self.demands.contains(&demand) {
            self.demands.push(demand);
        }
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
