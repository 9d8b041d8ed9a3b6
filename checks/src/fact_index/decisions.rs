//! What IAM decided, found by who wants to do what to which resource.

use std::borrow::Cow;
use std::collections::HashMap;

use model::facts::{Decision, Simulation};

pub struct Answer<'a> {
    pub simulation: &'a Simulation,
    pub decision: &'a Decision,
}

/// By principal and action, then by resource; one answer for each context that was asked about.
#[derive(Default)]
pub struct Decisions<'a>(HashMap<(&'a str, &'a str), HashMap<&'a str, Vec<Answer<'a>>>>);

impl<'a> Decisions<'a> {
    pub fn of(simulations: &'a [Cow<'a, Simulation>]) -> Decisions<'a> {
        let mut all = Decisions::default();
        for simulation in simulations {
            all.add(simulation);
        }
        all
    }

    fn add(&mut self, simulation: &'a Simulation) {
        for decision in simulation.decisions.known().into_iter().flatten() {
            let asked = (simulation.principal.as_str(), decision.action.as_str());
            let by_resource = self.0.entry(asked).or_default();
            by_resource
                .entry(&decision.resource)
                .or_default()
                .push(Answer {
                    simulation,
                    decision,
                });
        }
    }

    pub fn about<'w>(&'w self, principal: &'w str, action: &'w str) -> Answered<'w, 'a> {
        let all: &HashMap<(&'w str, &'w str), _> = &self.0;
        Answered(all.get(&(principal, action)))
    }
}

/// What IAM answered about a principal and an action.
#[derive(Clone, Copy)]
pub struct Answered<'w, 'a>(Option<&'w HashMap<&'a str, Vec<Answer<'a>>>>);

impl<'w, 'a> Answered<'w, 'a> {
    /// One answer for each context that was asked about.
    pub fn on(self, resource: &str) -> &'w [Answer<'a>] {
        let answers = self.0.and_then(|by_resource| by_resource.get(resource));
        answers.map_or(&[], Vec::as_slice)
    }
}
