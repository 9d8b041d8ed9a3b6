//! Which containers of a service the caller may enter, where policies tell them apart and none is preferred.

use super::ACTION;
use crate::distinct::distinct;
use crate::facts::{Simulation, Task};
use crate::iam::{self, Verdict};
use crate::world::World;

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

/// One container that may be entered is enough, so that what is open about one outweighs a refusal of another.
pub(super) fn entered(world: &World, running: &[&Task], arn: &str, cluster: &str) -> Entered {
    let asked = asked_about(world, running, arn);
    let verdicts: Vec<(&String, Verdict)> = asked
        .iter()
        .map(|name| (name, of_container(world, running, arn, cluster, name)))
        .collect();
    let names = |test: fn(&Verdict) -> bool| -> Vec<String> {
        verdicts
            .iter()
            .filter(|(_, verdict)| test(verdict))
            .map(|(name, _)| (*name).clone())
            .collect()
    };
    let open = names(|verdict| verdict.allowed > 0 && verdict.is_clean());
    if !open.is_empty() && open.len() < asked.len() {
        let shut = names(|verdict| !verdict.denied.is_empty());
        return Entered::SomeOnly { open, shut };
    }
    let unsure = names(|verdict| verdict.denied.is_empty() && !verdict.undecided.is_empty());
    Entered::Counting(match unsure.is_empty() {
        true => asked,
        false => unsure,
    })
}

/// The containers of running tasks that IAM was asked about one by one: where policies tell them apart.
fn asked_about(world: &World, running: &[&Task], arn: &str) -> Vec<String> {
    let Some(asked) = world.asked(arn, ACTION) else {
        return Vec::new();
    };
    let answers = running.iter().flat_map(|task| asked.on(&task.arn));
    let names = answers.filter_map(|answer| answer.simulation.context.get(CONTAINER_KEY));
    distinct(names.cloned())
}

fn of_container<'a>(
    world: &World<'a>,
    running: &[&'a Task],
    arn: &str,
    cluster: &'a str,
    name: &str,
) -> Verdict<'a> {
    let with = running.iter().filter(|task| task.has_container(name));
    let mut needs = vec![(ACTION, cluster)];
    needs.extend(with.map(|task| (ACTION, &*task.arn)));
    iam::verdict(world, arn, &needs, |simulation| {
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
