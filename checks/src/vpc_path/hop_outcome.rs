//! What one hop does to the tasks of a placement, as a finding.

use std::sync::Arc;

use super::acl_path::AclPath;
use super::connection::{Connections, Hop};
use super::destination::Destination;
use super::network_index::NetworkIndex;
use super::placement::{Placement, TaskClass};
use super::trace::connections_by_class;
use crate::grouped::grouped;
use aws_rules::vpc::Reachability;
use model::check::Check;
use model::facts::Task;
use model::finding::{Finding, Status, Subject};
use model::task_scope::TaskScope;
use model::text;

/// Tasks that a finding is about.
pub struct AffectedTasks<'p, 'a> {
    pub classes: Vec<&'p TaskClass<'a>>,
    /// Whether they are all tasks of the placement.
    pub are_all: bool,
}

/// How many tasks a sentence names.
pub const MAX_NAMED: usize = 3;

/// Groups classes of tasks by an answer about them. `details` of each class are kept in the same order.
pub fn group_classes<'p, 'a: 'p, T: PartialEq, D>(
    answers: impl Iterator<Item = (&'p TaskClass<'a>, D, T)>,
) -> Vec<(T, AffectedTasks<'p, 'a>, Vec<D>)> {
    let groups = grouped(answers.map(|(class, detail, answer)| (answer, (class, detail))));
    let are_all = groups.len() == 1;
    let groups = groups.into_iter().map(|(answer, members)| {
        let (classes, details) = members.into_iter().unzip();
        (answer, AffectedTasks { classes, are_all }, details)
    });
    groups.collect()
}

impl<'a> AffectedTasks<'_, 'a> {
    pub fn tasks(&self) -> impl Iterator<Item = &'a Task> {
        let classes = self.classes.iter();
        classes.flat_map(|class| class.tasks.iter().copied())
    }

    /// The scope of a finding about them.
    pub fn scope(&self, placement: &Placement) -> TaskScope {
        match self.are_all {
            true => placement.scope(),
            false => TaskScope::of(self.tasks()),
        }
    }

    /// A noun phrase.
    pub fn describe(&self) -> String {
        if self.are_all {
            return "the tasks".to_owned();
        }
        let ids: Vec<&str> = self.tasks().map(Task::id).collect();
        match ids.as_slice() {
            [one] => format!("task {one}"),
            _ => format!("the tasks {}", text::short_list(&ids, MAX_NAMED)),
        }
    }

    /// The subnet, or the affected tasks in it, as the beginning of a sentence.
    pub fn describe_in_subnet(&self, subnet: &str) -> String {
        match (self.are_all, self.describe().strip_prefix('t')) {
            (false, Some(rest)) => format!("T{rest} in {subnet}"),
            _ => subnet.to_owned(),
        }
    }

    /// A list of the known addresses.
    pub fn list_addresses(&self) -> String {
        let addresses = self.classes.iter().flat_map(|class| &class.addresses);
        text::short_list(&Vec::from_iter(addresses), MAX_NAMED)
    }

    /// Adds the tasks to a finding, unless they are all.
    pub fn add_evidence(&self, finding: Finding) -> Finding {
        if self.are_all {
            return finding;
        }
        let mut ids: Vec<&str> = self.tasks().map(Task::id).collect();
        let finding = finding.evidence("taskCount", ids.len());
        ids.truncate(10 * MAX_NAMED);
        finding.evidence("tasks", ids)
    }
}

/// Tasks to which a hop does the same.
pub struct HopOutcome<'p, 'a> {
    pub placement: &'p Placement<'a>,
    /// Where the tasks' packets go.
    pub destination: &'p Destination<'a>,
    pub reachability: Reachability,
    pub tasks: AffectedTasks<'p, 'a>,
    /// One for each class of tasks. The hop does the same to all, though perhaps by other rules.
    pub connections: Vec<Arc<Connections>>,
    /// Indexes of the addresses that the hop blocks.
    blocked: Vec<usize>,
}

/// What a hop does to the tasks of a placement.
pub fn outcomes<'p, 'a>(
    network: &'p NetworkIndex<'a>,
    placement: &'p Placement<'a>,
    destination: &'p Destination<'a>,
    hop: Hop,
) -> Vec<HopOutcome<'p, 'a>> {
    let by_class = connections_by_class(network, placement, destination);
    let answers = by_class.map(|(class, connections)| {
        let answer = (connections.at(hop), connections.blocked_at(hop));
        (class, connections, answer)
    });
    let groups = group_classes(answers).into_iter();
    groups
        .map(|((reachability, blocked), tasks, connections)| HopOutcome {
            placement,
            destination,
            reachability,
            tasks,
            connections,
            blocked,
        })
        .collect()
}

impl HopOutcome<'_, '_> {
    /// A noun phrase for the addresses that the hop blocks.
    pub fn describe_blocked(&self) -> String {
        let connections = self.connections.first();
        connections.map_or_else(String::new, |connections| {
            connections.describe_addresses(&self.blocked, self.destination.describe())
        })
    }

    /// If the hop blocks some addresses only, a sentence that says why it is a failure all the same.
    pub fn describe_other_hops(&self) -> String {
        let mut connections = self.connections.iter();
        let blocks_all = connections.all(|connections| connections.is_all(&self.blocked));
        match self.reachability == Reachability::Blocked && !blocks_all {
            true => format!(
                "Other hops block every other interface of {}, so no packet gets through. ",
                self.destination.describe()
            ),
            false => String::new(),
        }
    }

    /// The network ACLs that refuse packets.
    pub fn acl_paths(&self) -> impl Iterator<Item = &AclPath> {
        let connections = self.connections.iter();
        connections.flat_map(|connections| connections.refusing_acl_paths())
    }
}

/// The titles of findings about a hop.
pub struct HopTitles {
    pub open: String,
    pub blocked: String,
    pub partial: String,
    pub group: &'static str,
}

/// A blocked hop fails; a partly open one warns.
pub fn judge(
    check: &'static Check,
    subject: Subject,
    outcome: &HopOutcome,
    titles: HopTitles,
) -> Finding {
    let finding = match &outcome.reachability {
        Reachability::Open => check.pass(subject, titles.open),
        Reachability::Blocked => check.fail(subject, titles.blocked).group_title(titles.group),
        Reachability::Partial => check
            .warn(subject, titles.partial)
            .detail("Some interfaces or ports work and some do not, so sessions may start late or fail now and then.")
            .group_title(titles.group),
        Reachability::Unknown(why) => check.unknown(subject, why),
    };
    let finding = finding.evidence("gate", outcome.reachability.word());
    match finding.status {
        Status::Fail | Status::Warn => outcome.tasks.add_evidence(finding),
        _ => finding,
    }
}
