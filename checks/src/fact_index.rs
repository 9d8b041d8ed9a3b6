//! The facts, joined: which tasks belong to which service, which role a task has, what IAM decided.

mod decisions;
mod definitions;
mod each;
mod group;
mod grouping;
mod sidecar;
mod target_container;
mod task_lookup;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use crate::vpc_path::network_index::NetworkIndex;
use crate::vpc_path::placement::Placements;
use aws_rules::iam::like;
use aws_rules::required_permissions::{AccountRegion, recording_group};
use model::arn;
use model::facts::{
    Container, ExecLog, Fact, Facts, Interface, KmsKey, Service, Simulation, Task, TaskDefinition,
    Unavailable,
};

use decisions::Decisions;
pub use decisions::{Answer, Answered};
pub use group::Group;
pub use grouping::Roles;
pub use sidecar::{as_note, entered_container, is_sidecar};
pub use task_lookup::TaskRole;

pub struct FactIndex<'a> {
    pub facts: &'a Facts,
    /// What IAM was asked, settled as far as it can be.
    pub simulations: &'a [Cow<'a, Simulation>],
    /// One a service, then one for the tasks that belong to none.
    pub groups: Vec<Group<'a>>,
    decisions: Decisions<'a>,
    definitions: ById<'a, TaskDefinition>,
    interfaces: ById<'a, Interface>,
    pub network: NetworkIndex<'a>,
}

/// How long an agent may take to start and to connect, before something must be wrong.
pub const AGENT_PATIENCE_SECONDS: i64 = 180;

/// For the many look-ups of a fleet.
type ById<'a, T> = HashMap<&'a str, &'a Fact<T>>;

fn by_id<T>(things: &BTreeMap<String, Fact<T>>) -> ById<'_, T> {
    let things = things.iter();
    things.map(|(id, thing)| (id.as_str(), thing)).collect()
}

impl<'a> FactIndex<'a> {
    /// `simulations` are the facts' own, settled by [`aws_rules::iam::resolve_simulations`].
    pub fn new(facts: &'a Facts, simulations: &'a [Cow<'a, Simulation>]) -> FactIndex<'a> {
        let mut index = FactIndex {
            facts,
            simulations,
            groups: group::groups(facts),
            decisions: Decisions::of(simulations),
            definitions: by_id(&facts.task_definitions),
            interfaces: by_id(&facts.network.interfaces),
            network: NetworkIndex::new(facts),
        };
        let groups = index.groups.iter();
        let joined: Vec<_> = groups
            .map(|group| {
                let roles = Roles::of(&index, group.running());
                let entered = target_container::entered(&index, group);
                let tasks = group.running().iter();
                let tasks = tasks.map(|task| (*task, index.interface(task)));
                let service = group.service_fact.and_then(Fact::known);
                let awsvpc = service.and_then(|service| service.awsvpc.as_ref());
                let assigns_public_ip = awsvpc.is_some_and(|awsvpc| awsvpc.assign_public_ip);
                let placements =
                    Placements::new(&index.network, tasks, group.container, assigns_public_ip);
                (roles, entered, placements)
            })
            .collect();
        for (group, (roles, entered, placements)) in index.groups.iter_mut().zip(joined) {
            group.roles = roles;
            group.entered = entered;
            group.placements = placements;
        }
        index
    }

    /// What IAM decided for a principal and an action.
    pub fn decisions<'w>(&'w self, principal: &'w str, action: &'w str) -> Answered<'w, 'a> {
        self.decisions.about(principal, action)
    }

    /// The simulations of a principal that include an action; where there is none, nobody asked.
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

    /// What the cluster's own exec configuration says of recording; only where it says something.
    pub fn exec_log(&self) -> Option<&'a ExecLog> {
        let exec = self.facts.cluster.known()?.exec_configuration.as_ref()?;
        exec.log.as_ref().filter(|_| exec.logging == "OVERRIDE")
    }

    /// The cluster demands that the log group be encrypted.
    pub fn demands_encrypted_group(&self) -> bool {
        self.exec_log()
            .is_some_and(|log| log.log_group.is_some() && log.log_group_encrypted)
    }

    /// The KMS key of the exec configuration, as it is named there.
    pub fn key_name(&self) -> Option<&'a str> {
        let exec = self.facts.cluster.known()?.exec_configuration.as_ref()?;
        exec.kms_key.as_deref().filter(|name| !name.is_empty())
    }

    /// The key itself. `Absent`: none is named, or the one that is named does not exist.
    pub fn key(&self) -> Fact<&'a KmsKey> {
        if let Fact::Unavailable(why) = &self.facts.cluster {
            return Fact::Unavailable(why.clone());
        }
        let Some(name) = self.key_name() else {
            return Fact::Absent;
        };
        match self.facts.kms_keys.get(name) {
            Some(fact) => fact.as_ref(),
            None => Fact::Unavailable(Unavailable::not_asked(
                "kms:DescribeKey",
                "nobody asked KMS about the cluster's key",
            )),
        }
    }

    /// Where the account's resources are; needs the account.
    pub fn place(&self) -> Option<AccountRegion<'a>> {
        Some(AccountRegion {
            partition: &self.facts.partition,
            region: &self.facts.region,
            account: self.facts.account.as_deref()?,
        })
    }

    /// The log groups that record sessions into these tasks.
    pub fn recording_groups(&self, tasks: &[&Task]) -> Vec<&'a str> {
        let exec = self
            .facts
            .cluster
            .known()
            .and_then(|cluster| cluster.exec_configuration.as_ref());
        let logging = exec.map_or("DEFAULT", |exec| exec.logging.as_str());
        let own = exec.and_then(|exec| exec.log.as_ref());
        let mut definitions: Vec<&str> = tasks.iter().map(|task| &*task.task_definition).collect();
        definitions.dedup();
        let mut groups: Vec<&str> = definitions
            .into_iter()
            .filter_map(|arn| self.definitions.get(arn)?.known())
            .flat_map(|definition| &definition.containers)
            .filter_map(|container| recording_group(logging, own, container.log.as_ref()))
            .collect();
        groups.sort_unstable();
        groups.dedup();
        groups
    }

    /// Every running task.
    pub fn running(&self) -> impl Iterator<Item = &'a Task> {
        self.groups
            .iter()
            .flat_map(|group| group.running().iter().copied())
    }

    /// The user declared that this service's tasks must not be entered.
    pub fn is_exec_forbidden_service(&self, group: &Group) -> bool {
        group.service.is_some_and(|name| self.is_forbidden(name))
    }

    /// The user declared that this task must not be entered: by its service's name or its family.
    pub fn is_exec_forbidden(&self, group: &Group, task: &Task) -> bool {
        self.is_exec_forbidden_service(group) || self.is_forbidden_family(&task.task_definition)
    }

    /// The same of the tasks that a service would start.
    pub fn is_exec_forbidden_for(&self, group: &Group, service: &Service) -> bool {
        let definition = service.task_definition.as_deref().unwrap_or_default();
        self.is_exec_forbidden_service(group) || self.is_forbidden_family(definition)
    }

    fn is_forbidden_family(&self, definition: &str) -> bool {
        // Mostly nothing is forbidden, and a fleet has many tasks.
        !self.facts.expect.exec_forbidden.is_empty() && self.is_forbidden(arn::family(definition))
    }

    fn is_forbidden(&self, name: &str) -> bool {
        let patterns = &self.facts.expect.exec_forbidden;
        patterns.iter().any(|pattern| like(pattern, name))
    }

    pub fn definition(&self, task: &Task) -> Option<&'a Fact<TaskDefinition>> {
        self.definitions.get(&*task.task_definition).copied()
    }

    /// Whether the agents of these containers have been RUNNING for so long that a fault which is only
    /// suspected cannot be there.
    pub fn is_proven(&self, tasks: &[&Task], container: &str) -> bool {
        const LONG_SECONDS: i64 = 300;
        !tasks.is_empty()
            && tasks.iter().all(|task| {
                let agent = task
                    .containers
                    .iter()
                    .find(|known| known.name == container)
                    .and_then(Container::exec_agent);
                agent.is_some_and(|agent| {
                    let since = agent.last_started_at.or(task.started_at);
                    agent.is_running() && since.is_some_and(|since| self.age(since) >= LONG_SECONDS)
                })
            })
    }

    /// For how many seconds the agent in a container has been up, where that is less than it may need to connect.
    pub fn young_agent(&self, task: &Task, container: &str) -> Option<i64> {
        let container = task.containers.iter().find(|known| known.name == container);
        let agent = container.and_then(Container::exec_agent);
        let since = agent
            .and_then(|agent| agent.last_started_at)
            .or(task.started_at)?;
        Some(self.age(since)).filter(|age| *age < AGENT_PATIENCE_SECONDS)
    }

    /// Seconds from a moment to when the facts were taken.
    pub fn age(&self, moment: jiff::Timestamp) -> i64 {
        self.facts.taken_at.as_second() - moment.as_second()
    }
}
