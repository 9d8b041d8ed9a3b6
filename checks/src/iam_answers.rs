//! What IAM decided about a principal's permissions: [`no_answer_finding`] first, then [`permission_answer`].

mod boundary;
mod signed_request;

use std::fmt;

use crate::fact_index::Answer;

use crate::fact_index::FactIndex;
pub use boundary::has_boundary;
use model::check::Check;
use model::distinct::distinct;
use model::facts::{Decision, Engine, Fact, Outcome, Simulation, Unavailable};
use model::finding::{Finding, Subject};
use model::text;
pub use signed_request::signed_request;

/// What IAM decided about several actions or resources.
#[derive(Debug, Default)]
pub struct PermissionAnswer<'a> {
    pub denied: Vec<&'a Decision>,
    /// These depend on condition keys whose values are unknown.
    pub undecided: Vec<&'a Decision>,
    /// Pairs of action and resource without a decision.
    pub unanswered: Vec<(&'a str, &'a str)>,
    /// The number of decisions that allow.
    pub allowed: usize,
    /// A simulation included a container name, which happens only if policies have conditions on such keys.
    pub has_conditions: bool,
    pub engine: Engine,
}

/// A limit that no further permission overrides.
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

/// Why there is no decision about a principal.
pub enum NoAnswer<'a> {
    NotAsked,
    NoSuchPrincipal,
    Unavailable(&'a Unavailable),
}

/// Why a simulation of the action has no decisions; `None` if all have.
pub fn no_answer<'a>(index: &FactIndex<'a>, principal: &str, action: &str) -> Option<NoAnswer<'a>> {
    let mut simulations = index.simulations_of(principal, action).peekable();
    if simulations.peek().is_none() {
        return Some(NoAnswer::NotAsked);
    }
    simulations.find_map(|simulation| match &simulation.decisions {
        Fact::Known(_) => None,
        Fact::Absent => Some(NoAnswer::NoSuchPrincipal),
        Fact::Unavailable(why) => Some(NoAnswer::Unavailable(why)),
    })
}

/// The finding of a check for which IAM has no decision about the action; `None` if it has.
pub fn no_answer_finding(
    index: &FactIndex,
    check: &'static Check,
    subject: &Subject,
    principal: &str,
    action: &str,
) -> Option<Finding> {
    let subject = subject.clone();
    Some(match no_answer(index, principal, action)? {
        NoAnswer::Unavailable(why) => check.unknown(subject, why),
        NoAnswer::NoSuchPrincipal => {
            check.unknown_because(subject, format!("IAM does not know {principal}"))
        }
        NoAnswer::NotAsked => {
            let title = format!("IAM's policy simulator was not asked about {action}");
            let detail = "Run the doctor against the account while a task is running, or take a new capture.";
            check.unknown_because(subject, title).detail(detail)
        }
    })
}

/// What IAM decided about each pair of action and resource. `is_relevant` selects the simulations whose context is
/// that of the session.
pub fn permission_answer<'a>(
    index: &FactIndex<'a>,
    principal: &str,
    needs: &[(&'a str, &'a str)],
    is_relevant: impl Fn(&Simulation) -> bool,
) -> PermissionAnswer<'a> {
    let mut answer = PermissionAnswer::default();
    for &(action, resource) in needs {
        let all = index.decisions(principal, action, resource).iter();
        let mut relevant = all.filter(|one| is_relevant(one.simulation)).peekable();
        if relevant.peek().is_none() {
            answer.unanswered.push((action, resource));
        }
        relevant.for_each(|one| answer.add(one));
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

    /// What denies the permissions besides the lack of an Allow; the strongest limit first.
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

    /// Everything is allowed for certain.
    pub fn is_allowed(&self) -> bool {
        self.allowed > 0
            && self.denied.is_empty()
            && self.undecided.is_empty()
            && self.unanswered.is_empty()
    }

    /// There is no decision at all.
    pub fn is_empty(&self) -> bool {
        self.denied.is_empty() && self.undecided.is_empty() && self.allowed == 0
    }

    /// The finding if IAM did not decide everything; `question` continues "Cannot determine whether …".
    pub fn undecided_finding(
        &self,
        check: &'static Check,
        subject: &Subject,
        question: &str,
    ) -> Option<Finding> {
        let conditional = self.conditional_finding(check, subject, question);
        if conditional.is_some() || self.unanswered.is_empty() {
            return conditional;
        }
        let pairs = self.unanswered.iter();
        let pairs = pairs.map(|(action, resource)| format!("{action} on {resource}"));
        let title = "IAM's policy simulator did not answer for every action and resource";
        let finding = check.unknown_because(subject.clone(), title);
        Some(finding.evidence("unanswered", pairs.collect::<Vec<_>>()))
    }

    /// The finding if decisions depend on condition keys whose values are unknown.
    pub fn conditional_finding(
        &self,
        check: &'static Check,
        subject: &Subject,
        question: &str,
    ) -> Option<Finding> {
        let keys = self.missing_keys();
        (!keys.is_empty()).then(|| {
            check
                .unknown_because(subject.clone(), text::depends_on(question, &keys))
                .detail("The policies have conditions whose outcome only a real request decides.")
                .evidence("missingContextKeys", keys)
        })
    }

    /// The policies with an explicit Deny.
    pub fn denying_policies(&self) -> Vec<String> {
        let denied = self.denied.iter();
        let explicit = denied.filter(|decision| decision.outcome == Outcome::ExplicitDeny);
        distinct(explicit.flat_map(|decision| decision.matched_policies.iter().cloned()))
    }

    /// The condition keys on which undecided permissions depend.
    pub fn missing_keys(&self) -> Vec<String> {
        let undecided = self.undecided.iter();
        distinct(undecided.flat_map(|decision| decision.missing_context.iter().cloned()))
    }
}
