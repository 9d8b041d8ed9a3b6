//! IAM's decisions by principal, action and resource.

use std::borrow::Cow;
use std::collections::HashMap;

use model::facts::{Decision, Simulation};

/// A decision, and the simulation that led to it.
pub struct Answer<'a> {
    /// Who asked IAM for what, in which context.
    pub simulation: &'a Simulation,
    /// What IAM answered.
    pub decision: &'a Decision,
}

type ByResource<'a> = HashMap<&'a str, Vec<Answer<'a>>>;

/// The decisions by principal and action, then by resource.
#[derive(Default)]
pub struct Decisions<'a>(HashMap<(&'a str, &'a str), ByResource<'a>>);

impl<'a> Decisions<'a> {
    pub fn of(simulations: &'a [Cow<'a, Simulation>]) -> Decisions<'a> {
        let mut all = Decisions::default();
        for simulation in simulations.iter().map(Cow::as_ref) {
            for decision in simulation.decisions.known().into_iter().flatten() {
                let key = (simulation.principal.as_str(), decision.action.as_str());
                let by_resource = all.0.entry(key).or_default();
                let answers = by_resource.entry(&decision.resource).or_default();
                answers.push(Answer {
                    simulation,
                    decision,
                });
            }
        }
        all
    }

    pub fn about<'w>(&'w self, principal: &'w str, action: &'w str) -> Answered<'w, 'a> {
        let all: &HashMap<(&'w str, &'w str), _> = &self.0;
        Answered(all.get(&(principal, action)))
    }
}

/// IAM's answers for one principal and one action.
#[derive(Clone, Copy)]
pub struct Answered<'w, 'a>(Option<&'w ByResource<'a>>);

impl<'w, 'a> Answered<'w, 'a> {
    /// One answer for each context in which IAM was asked about the resource.
    pub fn on(self, resource: &str) -> &'w [Answer<'a>] {
        let answers = self.0.and_then(|by_resource| by_resource.get(resource));
        answers.map_or(&[], Vec::as_slice)
    }
}
