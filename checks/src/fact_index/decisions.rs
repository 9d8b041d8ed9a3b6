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

/// The decisions by principal, action and resource.
#[derive(Default)]
pub struct Decisions<'a>(HashMap<(&'a str, &'a str, &'a str), Vec<Answer<'a>>>);

impl<'a> Decisions<'a> {
    pub fn of(simulations: &'a [Cow<'a, Simulation>]) -> Decisions<'a> {
        let mut all = Decisions::default();
        for simulation in simulations.iter().map(Cow::as_ref) {
            for decision in simulation.decisions.known().into_iter().flatten() {
                let (principal, action) = (&simulation.principal, &decision.action);
                let answers = all
                    .0
                    .entry((principal, action, &decision.resource))
                    .or_default();
                answers.push(Answer {
                    simulation,
                    decision,
                });
            }
        }
        all
    }

    /// One answer for each context in which IAM was asked.
    pub fn about<'w>(
        &'w self,
        principal: &'w str,
        action: &'w str,
        resource: &'w str,
    ) -> &'w [Answer<'a>] {
        let all: &HashMap<(&'w str, &'w str, &'w str), _> = &self.0;
        all.get(&(principal, action, resource))
            .map_or(&[], Vec::as_slice)
    }
}
