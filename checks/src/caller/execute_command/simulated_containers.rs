//! Which containers the caller can enter, if policies distinguish containers and the user chose none.

use std::collections::{BTreeSet, HashMap};

use super::ACTION;
use crate::iam_answers::PermissionAnswer;
use crate::prelude::*;

const CONTAINER_KEY: &str = "ecs:container-name";

pub(super) enum ContainerAccess {
    /// At least one is allowed for certain; others are denied, or unknown.
    Partial {
        allowed: Vec<String>,
        denied: Vec<String>,
    },
    /// What IAM decided about these containers decides about the session.
    DecidedBy(Vec<String>),
}

/// The names of the containers that IAM was asked about one by one, by the resources of the simulations.
#[derive(Default)]
pub(super) struct SimulatedContainers<'a>(HashMap<&'a str, BTreeSet<&'a str>>);

impl<'a> SimulatedContainers<'a> {
    pub(super) fn of(index: &FactIndex<'a>) -> SimulatedContainers<'a> {
        let mut all = SimulatedContainers::default();
        let arn = index.facts.caller.as_ref().and_then(Caller::policy_arn);
        let arn = arn.known().map_or("", String::as_str);
        for simulation in index.simulations_of(arn, ACTION) {
            if let Some(container) = simulation.context.get(CONTAINER_KEY) {
                for resource in &simulation.resources {
                    all.0.entry(resource).or_default().insert(container);
                }
            }
        }
        all
    }

    /// The caller's access to the containers of these tasks. One allowed container is enough for a session, so that it
    /// outweighs the denial of another.
    pub(super) fn access(
        &self,
        index: &FactIndex,
        tasks: &[&Task],
        arn: &str,
        cluster: &str,
    ) -> ContainerAccess {
        let asked = tasks.iter().filter_map(|task| self.0.get(&*task.arn));
        let asked = distinct(asked.flatten().map(|name| (*name).to_owned()));
        let answers: Vec<(&String, PermissionAnswer)> = asked
            .iter()
            .map(|name| (name, answer(index, tasks, arn, cluster, name)))
            .collect();
        let names = |test: fn(&PermissionAnswer) -> bool| -> Vec<String> {
            let named = answers.iter().filter(|(_, answer)| test(answer));
            named.map(|(name, _)| (*name).clone()).collect()
        };
        let allowed = names(|answer| answer.is_allowed());
        if !allowed.is_empty() && allowed.len() < asked.len() {
            let denied = names(|answer| !answer.denied.is_empty());
            return ContainerAccess::Partial { allowed, denied };
        }
        let unsure = names(|answer| answer.denied.is_empty() && !answer.undecided.is_empty());
        ContainerAccess::DecidedBy(match unsure.is_empty() {
            true => asked,
            false => unsure,
        })
    }
}

/// What IAM decided about a session into the container.
fn answer<'a>(
    index: &FactIndex<'a>,
    tasks: &[&'a Task],
    arn: &str,
    cluster: &'a str,
    container: &str,
) -> PermissionAnswer<'a> {
    let tasks = tasks.iter().filter(|task| task.has_container(container));
    let mut needs = vec![(ACTION, cluster)];
    needs.extend(tasks.map(|task| (ACTION, &*task.arn)));
    iam_answers::permission_answer(index, arn, &needs, |simulation| {
        let asked = simulation.context.get(CONTAINER_KEY);
        asked.is_some_and(|asked| asked == container)
    })
}

/// Whether a simulation is about a session into one of these containers.
pub(super) fn is_about(simulation: &Simulation, containers: &[String]) -> bool {
    let asked = simulation.context.get(CONTAINER_KEY);
    asked.is_none_or(|asked| containers.contains(asked))
}
