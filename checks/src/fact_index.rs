//! The facts, joined: which tasks belong to which service, which role a task has, where it sits in the network, what
//! IAM decided. What a fact means is up to the checks and their helpers, which use this module and not the reverse.
//!
//! | module | joins |
//! | --- | --- |
//! | `group` | services and their tasks, the unit in which checks look at tasks |
//! | `roles` | tasks by role and by task definition; `vpc_path::placement` groups them by their place in the network |
//! | `task_lookup` | a task with its definition, role, network interface and EC2 instance |
//! | `agents` | how long the exec agents of tasks have been up |
//! | `session_logging` | the cluster's exec configuration with its KMS key and log groups |
//! | `decisions` | IAM's decisions by principal, action and resource |
//!
//! To write a check for each service, task, container or task definition, use the `each_…` methods of
//! [`per_subject`](crate::per_subject).

mod agents;
mod decisions;
mod group;
mod roles;
mod session_logging;
mod task_lookup;

use std::borrow::Cow;

use crate::vpc_path::NetworkIndex;
use aws_rules::iam::like;
use aws_rules::required_permissions::AccountRegion;
use model::arn;
use model::facts::{Fact, Facts, Service, Simulation, Task, TaskDefinition};
use model::finding::Subject;

use decisions::Decisions;

pub use agents::{AGENT_START_SECONDS, agent};
pub use decisions::Answer;
pub use group::Group;
pub use roles::Roles;
pub use task_lookup::TaskRole;

/// The facts of a run, joined. Every check gets one.
pub struct FactIndex<'a> {
    /// The facts as they were collected.
    pub facts: &'a Facts,
    /// The facts' IAM simulations, with conditions settled as far as possible.
    pub simulations: &'a [Cow<'a, Simulation>],
    /// One for each service, then those of the tasks that the user named.
    pub groups: Vec<Group<'a>>,
    /// The facts about the network, with their parsed rules.
    pub network: NetworkIndex<'a>,
    decisions: Decisions<'a>,
}

impl<'a> FactIndex<'a> {
    /// Joins the facts. `simulations` are the facts' own, settled by [`aws_rules::iam::resolve_simulations`].
    pub fn new(facts: &'a Facts, simulations: &'a [Cow<'a, Simulation>]) -> FactIndex<'a> {
        let mut index = FactIndex {
            facts,
            simulations,
            groups: Vec::new(),
            network: NetworkIndex::new(facts),
            decisions: Decisions::of(simulations),
        };
        index.groups = group::groups(&index);
        index
    }

    /// IAM's decisions for a principal, an action and a resource: one for each context in which IAM was asked.
    pub fn decisions<'w>(
        &'w self,
        principal: &'w str,
        action: &'w str,
        resource: &'w str,
    ) -> &'w [Answer<'a>] {
        self.decisions.about(principal, action, resource)
    }

    /// The simulations of a principal that include an action. There is none if IAM was not asked.
    pub fn simulations_of(
        &self,
        principal: &str,
        action: &str,
    ) -> impl Iterator<Item = &'a Simulation> {
        let simulations = self.simulations.iter().map(Cow::as_ref);
        simulations.filter(move |simulation| {
            simulation.principal == principal && simulation.actions.iter().any(|a| a == action)
        })
    }

    /// The subject of findings about the cluster.
    pub fn cluster_subject(&self) -> Subject {
        Subject::new("cluster", self.facts.cluster_name.as_str())
    }

    /// The partition, region and account of the resources; `None` if the account is unknown.
    pub fn place(&self) -> Option<AccountRegion<'a>> {
        let planned = self.facts.planned.then_some(arn::UNKNOWN_ACCOUNT);
        Some(AccountRegion {
            partition: &self.facts.partition,
            region: &self.facts.region,
            account: self.facts.account.as_deref().or(planned)?,
        })
    }

    /// Every running task.
    pub fn running(&self) -> impl Iterator<Item = &'a Task> {
        let groups = self.groups.iter();
        groups.flat_map(|group| group.running().iter().copied())
    }

    /// The task definition of a task; `None` if it was not read.
    pub fn definition(&self, task: &Task) -> Option<&'a Fact<TaskDefinition>> {
        self.facts.task_definitions.get(&*task.task_definition)
    }

    /// Whether the user declared that ECS Exec must be off on this service.
    pub fn is_exec_forbidden_service(&self, group: &Group) -> bool {
        group.service.is_some_and(|name| self.is_forbidden(name))
    }

    /// Whether the user declared that ECS Exec must be off on this task, by its service's name or its family.
    pub fn is_exec_forbidden(&self, group: &Group, task: &Task) -> bool {
        self.is_exec_forbidden_service(group)
            || self.is_forbidden(arn::family(&task.task_definition))
    }

    /// The same for the tasks that a service would start.
    pub fn is_exec_forbidden_for(&self, group: &Group, service: &Service) -> bool {
        let definition = service.task_definition.as_deref().unwrap_or_default();
        self.is_exec_forbidden_service(group) || self.is_forbidden(arn::family(definition))
    }

    fn is_forbidden(&self, name: &str) -> bool {
        let patterns = &self.facts.expect.exec_forbidden;
        patterns.iter().any(|pattern| like(pattern, name))
    }

    /// Seconds from a moment to when the facts were collected.
    pub fn age(&self, moment: jiff::Timestamp) -> i64 {
        self.facts.taken_at.as_second() - moment.as_second()
    }
}
