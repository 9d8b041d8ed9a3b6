//! Which containers of a service the caller may enter, where policies tell them apart and none is preferred.

use std::collections::{BTreeSet, HashMap};

use super::ACTION;
use crate::fact_index::FactIndex;
use crate::iam_answers::{self, PermissionAnswer};
use model::distinct::distinct;
use model::facts::{Simulation, Task};

const CONTAINER_KEY: &str = "ecs:container-name";

pub(super) enum Entered {
    /// Some may be entered for certain, others not, or not for certain.
    SomeOnly {
        open: Vec<String>,
        shut: Vec<String>,
    },
    /// What IAM says of these is what counts.
    Counting(Vec<String>),
}

/// The containers that IAM was asked about one by one, where policies tell them apart, by the resources that it was
/// asked about with them.
#[derive(Default)]
pub(super) struct Questions<'a>(HashMap<&'a str, BTreeSet<&'a str>>);

impl<'a> Questions<'a> {
    /// About a caller of this ARN.
    pub(super) fn of(index: &FactIndex<'a>, arn: &str) -> Questions<'a> {
        let mut all = Questions::default();
        for simulation in index.simulations_of(arn, ACTION) {
            if let Some(container) = simulation.context.get(CONTAINER_KEY) {
                for resource in &simulation.resources {
                    all.0.entry(resource).or_default().insert(container);
                }
            }
        }
        all
    }

    /// Whether or not they were answered.
    fn about(&self, tasks: &[&Task]) -> Vec<String> {
        let asked = tasks.iter().filter_map(|task| self.0.get(&*task.arn));
        distinct(asked.flatten().map(|name| (*name).to_owned()))
    }
}

/// One container that may be entered is enough, so that what is open about one outweighs a refusal of another.
pub(super) fn entered(
    index: &FactIndex,
    questions: &Questions,
    running: &[&Task],
    arn: &str,
    cluster: &str,
) -> Entered {
    let asked = questions.about(running);
    let verdicts: Vec<(&String, PermissionAnswer)> = asked
        .iter()
        .map(|name| (name, of_container(index, running, arn, cluster, name)))
        .collect();
    let names = |test: fn(&PermissionAnswer) -> bool| -> Vec<String> {
        verdicts
            .iter()
            .filter(|(_, answer)| test(answer))
            .map(|(name, _)| (*name).clone())
            .collect()
    };
    let open = names(|answer| answer.allowed > 0 && answer.is_clean());
    if !open.is_empty() && open.len() < asked.len() {
        let shut = names(|answer| !answer.denied.is_empty());
        return Entered::SomeOnly { open, shut };
    }
    let unsure = names(|answer| answer.denied.is_empty() && !answer.undecided.is_empty());
    Entered::Counting(match unsure.is_empty() {
        true => asked,
        false => unsure,
    })
}

fn of_container<'a>(
    index: &FactIndex<'a>,
    running: &[&'a Task],
    arn: &str,
    cluster: &'a str,
    name: &str,
) -> PermissionAnswer<'a> {
    let with = running.iter().filter(|task| task.has_container(name));
    let mut needs = vec![(ACTION, cluster)];
    needs.extend(with.map(|task| (ACTION, &*task.arn)));
    iam_answers::permission_answer(index, arn, &needs, |simulation| {
        simulation
            .context
            .get(CONTAINER_KEY)
            .is_some_and(|asked| asked == name)
    })
}

/// What a session into one of these containers would be asked about.
pub(super) fn is_about(simulation: &Simulation, containers: &[String]) -> bool {
    match simulation.context.get(CONTAINER_KEY) {
        Some(asked) => containers.contains(asked),
        None => true,
    }
}
