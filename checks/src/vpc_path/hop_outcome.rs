//! What a hop does to the tasks of a placement, and how that is worded.

use super::acl_traversal::AclPath;
use super::connection::{Connections, Hop};
use super::destination::Destination;
use super::placement::{Placement, TaskClass};
use crate::fact_index::FactIndex;
use aws_rules::vpc::Reachability;
use model::check::Check;
use model::facts::Task;
use model::finding::{Finding, Status, Subject};
use model::task_scope::TaskScope;
use model::text;

/// Tasks for which a hop does the same.
pub struct HopOutcome<'p, 'a> {
    pub reachability: Reachability,
    pub tasks: Affected<'p, 'a>,
    /// Of each of their classes: the hop does the same, though perhaps by other rules.
    pub connections: Vec<&'p Connections>,
    /// The addresses of the destination from which the hop keeps them, by number.
    pub blocked: Vec<usize>,
}

/// Tasks that a finding is about.
pub struct Affected<'p, 'a> {
    pub classes: Vec<&'p TaskClass<'a>>,
    /// They are all tasks of the placement.
    pub are_all: bool,
}

/// How many tasks a finding names.
pub const MOST: usize = 3;

pub fn outcomes<'p, 'a>(
    index: &FactIndex,
    placement: &'p Placement<'a>,
    destination: &Destination,
    hop: Hop,
) -> Vec<HopOutcome<'p, 'a>> {
    let mut all: Vec<HopOutcome> = Vec::new();
    for (class, connections) in placement.connections(index, destination) {
        let reachability = connections.at(hop);
        let blocked = connections.blocked_at(hop);
        match all
            .iter_mut()
            .find(|same| same.reachability == reachability && same.blocked == blocked)
        {
            Some(same) => {
                same.tasks.classes.push(class);
                same.connections.push(connections);
            }
            None => all.push(HopOutcome {
                reachability,
                tasks: Affected {
                    classes: vec![class],
                    are_all: false,
                },
                connections: vec![connections],
                blocked,
            }),
        }
    }
    if let [only] = all.as_mut_slice() {
        only.tasks.are_all = true;
    }
    all
}

impl<'a> Affected<'_, 'a> {
    pub fn tasks(&self) -> impl Iterator<Item = &'a Task> {
        self.classes
            .iter()
            .flat_map(|class| class.tasks.iter().copied())
    }

    pub fn arns(&self, placement: &Placement) -> TaskScope {
        match (self.are_all, self.classes.as_slice()) {
            (true, _) => placement.arns.clone(),
            (false, [one]) => one.arns.clone(),
            (false, _) => TaskScope::of(self.tasks()),
        }
    }

    /// As a part of a sentence.
    pub fn told(&self) -> String {
        if self.are_all {
            return "the tasks".to_owned();
        }
        let ids: Vec<&str> = self.tasks().map(Task::id).collect();
        match ids.as_slice() {
            [one] => format!("task {one}"),
            _ => format!("the tasks {}", text::short_list(&ids, MOST)),
        }
    }

    /// The same at the beginning of a sentence.
    pub fn told_first(&self) -> String {
        let told = self.told();
        told.strip_prefix('t')
            .map_or(told.clone(), |rest| format!("T{rest}"))
    }

    pub fn told_addresses(&self) -> String {
        let addresses = self.classes.iter().flat_map(|class| &class.addresses);
        text::short_list(&Vec::from_iter(addresses), MOST)
    }

    /// Names them, where it is not all of them that failed.
    pub fn evidence(&self, finding: Finding) -> Finding {
        match self.are_all {
            true => finding,
            false => {
                let ids: Vec<&str> = self.tasks().map(Task::id).collect();
                let finding = finding.evidence("taskCount", ids.len());
                let ids: Vec<&str> = ids.into_iter().take(10 * MOST).collect();
                finding.evidence("tasks", ids)
            }
        }
    }
}

impl HopOutcome<'_, '_> {
    /// The part of the destination that the hop keeps from the tasks.
    pub fn told_target(&self, destination: &Destination) -> String {
        let whole = destination.told();
        if self.is_all_blocked() {
            return whole;
        }
        let enis = self.connections.first().map(|first| &first.enis);
        let blocked = self.blocked.iter();
        let blocked = blocked.filter_map(|number| enis?.get(*number));
        let names: Vec<&str> = blocked.map(|eni| eni.name.as_str()).collect();
        format!("{} of {whole}", text::list(&names))
    }

    fn is_all_blocked(&self) -> bool {
        let mut connections = self.connections.iter();
        connections.all(|connections| connections.is_all(&self.blocked))
    }

    /// Why it is a failure, where the hop leaves interfaces that others block.
    pub fn told_rest(&self, destination: &Destination) -> Option<String> {
        let is_rest = self.reachability == Reachability::Blocked && !self.is_all_blocked();
        is_rest.then(|| {
            format!(
                "Other hops block every other interface of {}, so no packet gets through. ",
                destination.told()
            )
        })
    }

    /// The network ACLs on the way to where the tasks do not get.
    pub fn acl_paths(&self) -> impl Iterator<Item = &AclPath> {
        self.connections.iter().flat_map(move |connections| {
            let is_internet = connections.enis.is_empty();
            let is_meant = move |number: usize| {
                is_internet || self.blocked.is_empty() || self.blocked.contains(&number)
            };
            let paths = connections.acl_paths.iter().enumerate();
            paths
                .filter(move |(number, _)| is_meant(*number))
                .map(|(_, path)| path)
        })
    }
}

/// What a finding about a hop says.
pub struct Words {
    pub open: String,
    pub blocked: String,
    pub partial: String,
    pub cause: &'static str,
}

/// A hop that is certainly blocked fails; one that is open in part is only suspected of doing harm.
pub fn judge(
    check: &'static Check,
    subject: Subject,
    outcome: &HopOutcome,
    words: Words,
) -> Finding {
    let finding = match &outcome.reachability {
        Reachability::Open => check.pass(subject, words.open),
        Reachability::Blocked => check.fail(subject, words.blocked).group_title(words.cause),
        Reachability::Partial => check
            .warn(subject, words.partial)
            .detail("Some interfaces or ports work and some do not, so sessions may start late or fail now and then.")
            .group_title(words.cause),
        Reachability::Unknown(why) => check.unknown(subject, why),
    };
    let finding = finding.evidence("gate", outcome.reachability.word());
    match finding.status {
        Status::Fail | Status::Warn => outcome.tasks.evidence(finding),
        _ => finding,
    }
}
