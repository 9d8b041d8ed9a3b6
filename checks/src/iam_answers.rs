//! What IAM decided, read for one principal and one need.

mod boundary;

use std::fmt;

use crate::fact_index::{Answer, FactIndex};

pub use boundary::has_boundary;
use model::distinct::distinct;
use model::facts::{Decision, Engine, Fact, Outcome, Simulation, Unavailable};

/// How IAM answers a need: several actions, or several resources.
#[derive(Debug, Default)]
pub struct PermissionAnswer<'a> {
    pub denied: Vec<&'a Decision>,
    /// They depend on the value of a condition key that nobody could tell.
    pub undecided: Vec<&'a Decision>,
    /// Pairs of action and resource that no answer mentions.
    pub unanswered: Vec<(&'a str, &'a str)>,
    pub allowed: usize,
    /// The simulator was asked with the values of keys that only policies with conditions on them ask for.
    pub has_conditions: bool,
    pub engine: Engine,
}

/// What no further permission outweighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocker {
    ServiceControlPolicy,
    Deny,
    Boundary,
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Blocker::ServiceControlPolicy => "service control policy",
            Blocker::Deny => "explicit Deny",
            Blocker::Boundary => "permissions boundary",
        })
    }
}

/// Why the policy simulator has nothing to say about a principal.
pub enum NoAnswer<'a> {
    NotAsked,
    NoSuchPrincipal,
    Unavailable(&'a Unavailable),
}

/// The first simulation of the action that went unanswered, if one did.
pub fn no_answer<'a>(index: &FactIndex<'a>, principal: &str, action: &str) -> Option<NoAnswer<'a>> {
    let mut asked = false;
    for Simulation { decisions, .. } in index.simulations_of(principal, action) {
        asked = true;
        match decisions {
            Fact::Known(_) => {}
            Fact::Absent => return Some(NoAnswer::NoSuchPrincipal),
            Fact::Unavailable(why) => return Some(NoAnswer::Unavailable(why)),
        }
    }
    (!asked).then_some(NoAnswer::NotAsked)
}

/// Sorts the decisions on each pair; `relevant` picks the answers whose context is that of the session.
pub fn permission_answer<'a>(
    index: &FactIndex<'a>,
    principal: &str,
    needs: &[(&'a str, &'a str)],
    relevant: impl Fn(&Simulation) -> bool,
) -> PermissionAnswer<'a> {
    let mut answer = PermissionAnswer::default();
    for needs in needs.chunk_by(|(one, _), (next, _)| one == next) {
        let answered = index.decisions(principal, needs[0].0);
        for &(action, resource) in needs {
            let answers = answered.on(resource).iter();
            let mut answers = answers
                .filter(|answer| relevant(answer.simulation))
                .peekable();
            if answers.peek().is_none() {
                answer.unanswered.push((action, resource));
            }
            answers.for_each(|one| answer.add(one));
        }
    }
    answer
}

impl<'a> PermissionAnswer<'a> {
    fn add(&mut self, answer: &Answer<'a>) {
        let Answer {
            decision,
            simulation,
        } = answer;
        self.engine = simulation.engine;
        self.has_conditions |= simulation.context.contains_key("ecs:container-name");
        if decision.is_allowed() {
            self.allowed += 1;
        } else if decision.is_undecided() {
            self.undecided.push(decision);
        } else {
            self.denied.push(decision);
        }
    }

    /// What stands in the way besides missing permissions, in the order of how much it outweighs.
    pub fn blocker(&self) -> Option<Blocker> {
        let any = |test: fn(&Decision) -> bool| self.denied.iter().any(|decision| test(decision));
        if any(|decision| decision.allowed_by_organization == Some(false)) {
            Some(Blocker::ServiceControlPolicy)
        } else if any(|decision| decision.outcome == Outcome::ExplicitDeny) {
            Some(Blocker::Deny)
        } else if any(|decision| decision.allowed_by_boundary == Some(false)) {
            Some(Blocker::Boundary)
        } else {
            None
        }
    }

    pub fn is_clean(&self) -> bool {
        self.denied.is_empty() && self.undecided.is_empty() && self.unanswered.is_empty()
    }

    /// The pairs without an answer, in words.
    pub fn left_open(&self) -> Vec<String> {
        let pairs = self.unanswered.iter();
        pairs
            .map(|(action, resource)| format!("{action} on {resource}"))
            .collect()
    }

    pub fn is_unanswered(&self) -> bool {
        self.denied.is_empty() && self.undecided.is_empty() && self.allowed == 0
    }

    /// The policies whose statements denied.
    pub fn denying_policies(&self) -> Vec<String> {
        distinct(
            self.denied
                .iter()
                .filter(|decision| decision.outcome == Outcome::ExplicitDeny)
                .flat_map(|decision| decision.matched_policies.iter().cloned()),
        )
    }

    pub fn missing_keys(&self) -> Vec<String> {
        distinct(
            self.undecided
                .iter()
                .flat_map(|decision| decision.missing_context.iter().cloned()),
        )
    }
}
