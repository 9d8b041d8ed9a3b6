//! Principals that can open sessions by assuming a role, or several roles one after the other.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use model::distinct::unique;
use model::facts::Access;

use super::evaluator::{Evaluator, Statements};
use super::trust::TrustedRole;
use super::{ASSUME, AccountPrincipal, Permission, Route, is_service_linked};
use crate::iam::{like, strings};
use model::arn;

/// Better chains come first: those with fewer doubts, then the shorter ones.
type Cost = (Access, usize);

/// The best chain of each principal that has no unconditional way of its own. `direct`: the routes that need no role.
///
/// From the roles that can open sessions back to those who can assume them, as by Dijkstra's algorithm.
pub fn find(evaluator: &Evaluator, direct: &[Vec<Route>]) -> Vec<Option<Route>> {
    let principals = &evaluator.account.principals;
    let own_access = |at: usize| {
        let routes = direct[at].iter();
        routes.map(|route| route.permission.access).min()
    };
    let mut chains: Vec<Option<Route>> = vec![None; principals.len()];
    let mut queue: BinaryHeap<Reverse<(Cost, usize)>> = (0..principals.len())
        .filter_map(|at| Some(Reverse(((own_access(at)?, 0), at))))
        .collect();
    if queue.is_empty() {
        return chains;
    }
    let candidates = Candidates::new(evaluator, |at| own_access(at) != Some(Access::Allowed));
    let cost = |chain: &Option<Route>| {
        let chain = chain.as_ref()?;
        Some((chain.permission.access, chain.assumes.len()))
    };
    while let Some(Reverse((reached, at))) = queue.pop() {
        let is_outdated = reached.1 > 0 && cost(&chains[at]) != Some(reached);
        let Some(role) = TrustedRole::new(&principals[at]).filter(|_| !is_outdated) else {
            continue;
        };
        for (from, statements) in candidates.of(&role) {
            let is_useless = |access: Access| {
                let next = (access, reached.1 + 1);
                own_access(from).is_some_and(|own| own <= access)
                    || cost(&chains[from]).is_some_and(|known| known <= next)
            };
            if from == at || is_useless(reached.0) {
                continue;
            }
            let answer = role.assumable_by(evaluator, &principals[from], statements);
            let Some(step) = answer.permission() else {
                continue;
            };
            let rest = match reached.1 {
                0 => direct[at]
                    .iter()
                    .min_by_key(|route| route.permission.access),
                _ => chains[at].as_ref(),
            };
            let Some(route) = rest.map(|rest| prepend(&principals[at], &step, rest)) else {
                continue;
            };
            let access = route.permission.access;
            if !is_useless(access) {
                queue.push(Reverse(((access, route.assumes.len()), from)));
                chains[from] = Some(route);
            }
        }
    }
    chains
}

/// A route that begins with assuming a role.
fn prepend(role: &AccountPrincipal, step: &Permission, rest: &Route) -> Route {
    let mut assumes = vec![role.arn.clone()];
    assumes.extend(rest.assumes.iter().cloned());
    let both = |one: &[String], other: &[String]| unique(one.iter().chain(other).cloned());
    Route {
        action: rest.action,
        assumes,
        permission: Permission {
            access: step.access.max(rest.permission.access),
            conditions: both(&step.conditions, &rest.permission.conditions),
            undecided: both(&step.undecided, &rest.permission.undecided),
            policies: rest.permission.policies.clone(),
        },
    }
}

/// The principals that may assume roles, with the statements that matter for it.
struct Candidates<'e> {
    statements: Vec<Option<Statements<'e>>>,
    /// Those whose own policies may allow it.
    granted: Vec<usize>,
    by_arn: BTreeMap<&'e str, usize>,
}

impl<'e> Candidates<'e> {
    fn new(evaluator: &'e Evaluator, is_candidate: impl Fn(usize) -> bool) -> Candidates<'e> {
        let principals = &evaluator.account.principals;
        let mut candidates = Candidates {
            statements: Vec::new(),
            granted: Vec::new(),
            by_arn: BTreeMap::new(),
        };
        for (at, principal) in principals.iter().enumerate() {
            let is_candidate = is_candidate(at) && !is_service_linked(&principal.arn);
            let statements = is_candidate.then(|| evaluator.all_statements(principal, ASSUME));
            if let Some(statements) = &statements {
                candidates.by_arn.insert(&principal.arn, at);
                if !statements.allow.is_empty() {
                    candidates.granted.push(at);
                }
            }
            candidates.statements.push(statements);
        }
        candidates
    }

    /// Whether a principal's statements may be about a role, by their resources alone.
    fn may_name(&self, at: usize, role: &str) -> bool {
        let statements = self.statements.get(at).and_then(Option::as_ref);
        let mut allow = statements.into_iter().flat_map(|all| &all.allow);
        allow.any(
            |(_, policy)| match policy["Statement"].get("Resource").map(strings) {
                Some(patterns) => patterns
                    .iter()
                    .any(|pattern| has_variables_or_is_incomplete(pattern) || like(pattern, role)),
                None => true,
            },
        )
    }

    /// Those that the role's trust policy may let in.
    fn of(&self, role: &TrustedRole) -> Vec<(usize, &Statements<'e>)> {
        let named = role.named();
        let mut found = Vec::new();
        if named.everyone {
            found.extend(self.by_arn.values());
        } else if named.account {
            let granted = self.granted.iter();
            found.extend(granted.filter(|at| self.may_name(**at, role.arn())));
        }
        for name in &named.arns {
            if let Some((_, session)) = name.split_once(":assumed-role/") {
                let role = session.split('/').next();
                let roles = self.by_arn.iter();
                let roles = roles.filter(|(arn, _)| Some(arn::name(arn)) == role);
                found.extend(roles.map(|(_, at)| *at));
                continue;
            }
            match name.contains(['*', '?']) {
                false => found.extend(self.by_arn.get(name.as_str())),
                true => {
                    let matching = self.by_arn.iter().filter(|(arn, _)| like(name, arn));
                    found.extend(matching.map(|(_, at)| *at));
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        let with_statements = found.into_iter().filter_map(|at| {
            let statements = self.statements.get(at)?.as_ref()?;
            Some((at, statements))
        });
        with_statements.collect()
    }
}

/// Whether a pattern is not compared as it is written.
fn has_variables_or_is_incomplete(pattern: &str) -> bool {
    pattern.contains("${") || pattern.matches(':').count() < 5
}
