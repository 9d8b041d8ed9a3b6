//! What IAM decided, found by who wants to do what to which resource.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::slice;

use foldhash::fast::RandomState;

use model::facts::{Decision, Simulation};

pub struct Answer<'a> {
    pub simulation: &'a Simulation,
    pub decision: &'a Decision,
}

/// By principal and action, then by resource: of a fleet there are tens of thousands.
#[derive(Default)]
pub struct Decisions<'a>(HashMap<(&'a str, &'a str), ByResource<'a>, RandomState>);

type ByResource<'a> = HashMap<&'a str, Answers<'a>, RandomState>;

/// One for each context that was asked about: mostly one.
enum Answers<'a> {
    One(Answer<'a>),
    Many(Vec<Answer<'a>>),
}

impl<'a> Decisions<'a> {
    pub fn of(simulations: &'a [Cow<'a, Simulation>]) -> Decisions<'a> {
        let mut all = Decisions::default();
        for simulation in simulations {
            all.add(simulation);
        }
        all
    }

    fn add(&mut self, simulation: &'a Simulation) {
        let decisions = simulation.decisions.known().map_or(&[][..], Vec::as_slice);
        // Decisions that follow one another mostly are about the same action.
        for about in decisions.chunk_by(|one, next| one.action == next.action) {
            let asked = (simulation.principal.as_str(), about[0].action.as_str());
            let room = || {
                HashMap::with_capacity_and_hasher(
                    simulation.resources.len(),
                    RandomState::default(),
                )
            };
            let by_resource = self.0.entry(asked).or_insert_with(room);
            for decision in about {
                let answer = Answer {
                    simulation,
                    decision,
                };
                match by_resource.entry(&*decision.resource) {
                    Entry::Vacant(place) => {
                        place.insert(Answers::One(answer));
                    }
                    Entry::Occupied(mut place) => place.get_mut().add(answer),
                }
            }
        }
    }

    pub fn about<'w>(&'w self, principal: &'w str, action: &'w str) -> Answered<'w, 'a> {
        let all: &HashMap<(&'w str, &'w str), ByResource<'a>, RandomState> = &self.0;
        Answered(all.get(&(principal, action)))
    }
}

/// What IAM answered about a principal and an action.
#[derive(Clone, Copy)]
pub struct Answered<'w, 'a>(Option<&'w ByResource<'a>>);

impl<'w, 'a> Answered<'w, 'a> {
    /// One answer for each context that was asked about.
    pub fn on(self, resource: &str) -> &'w [Answer<'a>] {
        match self.0.and_then(|by_resource| by_resource.get(resource)) {
            None => &[],
            Some(Answers::One(answer)) => slice::from_ref(answer),
            Some(Answers::Many(answers)) => answers,
        }
    }
}

impl<'a> Answers<'a> {
    fn add(&mut self, answer: Answer<'a>) {
        match std::mem::replace(self, Answers::Many(Vec::new())) {
            Answers::One(first) => *self = Answers::Many(vec![first, answer]),
            Answers::Many(mut answers) => {
                answers.push(answer);
                *self = Answers::Many(answers);
            }
        }
    }
}
