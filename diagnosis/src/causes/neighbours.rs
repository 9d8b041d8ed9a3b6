//! Findings by the tasks and services that they are about, so that of a fleet's thousands those that bear on each
//! other are found without comparing all.
//!
//! A finding about some tasks bears on another about some tasks where they share one. Where either is about all tasks
//! of its service, it bears on those of the same service; about all tasks of no service, on everything.

use std::collections::HashMap;
use std::hash::Hash;
use std::iter::successors;

use foldhash::fast::RandomState;

use model::finding::Finding;
use model::tasks::{Key, Tasks};

/// Findings are known by their numbers in the list that this was made of.
pub struct Neighbours<'f> {
    of_task: Lists<Key>,
    /// Those about all tasks of a service.
    of_service: Lists<&'f str>,
    /// Those about some tasks of a service.
    of_some_tasks: Lists<&'f str>,
    of_all: Vec<usize>,
    /// How many there are.
    count: usize,
}

impl<'f> Neighbours<'f> {
    pub fn of(findings: &[&'f Finding]) -> Neighbours<'f> {
        let mut all = Neighbours {
            of_task: Lists::with_room_for(findings.len()),
            of_service: Lists::default(),
            of_some_tasks: Lists::default(),
            of_all: Vec::new(),
            count: findings.len(),
        };
        for (number, finding) in findings.iter().enumerate() {
            let service = finding.subject.service.as_deref();
            for task in finding.tasks.names().into_iter().flatten() {
                all.of_task.add(task.key(), number);
            }
            match (service, &finding.tasks) {
                (Some(name), Tasks::All) => all.of_service.add(name, number),
                (Some(name), _) => all.of_some_tasks.add(name, number),
                (None, Tasks::All) => all.of_all.push(number),
                (None, _) => {}
            }
        }
        all
    }

    /// Those that bear on what a finding is about; some more than once.
    pub fn concerning<'n>(&'n self, finding: &'n Finding) -> impl Iterator<Item = usize> {
        self.about_its_tasks(finding)
            .chain(self.about_its_service(finding))
            .chain(self.of_all.iter().copied())
    }

    /// Those on whose subject a finding bears; some more than once.
    pub fn concerned_by<'n>(&'n self, finding: &'n Finding) -> impl Iterator<Item = usize> {
        let bears_on_all = finding.subject.service.is_none() && finding.tasks == Tasks::All;
        let everything = match bears_on_all {
            true => 0..self.count,
            false => 0..0,
        };
        self.about_its_tasks(finding)
            .chain(self.about_its_service(finding))
            .chain(everything)
    }

    /// Those that share a task with a finding about some tasks.
    fn about_its_tasks<'n>(&'n self, finding: &'n Finding) -> impl Iterator<Item = usize> {
        let tasks = finding.tasks.names().into_iter().flatten();
        tasks.flat_map(|task| self.of_task.get(task.key()))
    }

    /// Those of the same service, where either is about all its tasks.
    fn about_its_service<'n>(&'n self, finding: &'n Finding) -> impl Iterator<Item = usize> {
        let service = finding.subject.service.as_deref().into_iter();
        let is_about_all = finding.tasks == Tasks::All;
        service.flat_map(move |name| {
            let some_tasks = is_about_all.then(|| self.of_some_tasks.get(name));
            let all_tasks = self.of_service.get(name);
            all_tasks.chain(some_tasks.into_iter().flatten())
        })
    }
}

/// Lists of findings' numbers. Of a fleet there are thousands with a few each, so that all stand in one, in which each
/// number leads to the one before.
struct Lists<K> {
    last: HashMap<K, usize, RandomState>,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy)]
struct Entry {
    number: usize,
    /// Where the one before stands.
    before: Option<usize>,
}

impl<K> Default for Lists<K> {
    fn default() -> Lists<K> {
        Lists {
            last: HashMap::default(),
            entries: Vec::new(),
        }
    }
}

impl<K: Hash + Eq> Lists<K> {
    fn with_room_for(lists: usize) -> Lists<K> {
        Lists {
            last: HashMap::with_capacity_and_hasher(lists, RandomState::default()),
            entries: Vec::with_capacity(lists),
        }
    }

    fn add(&mut self, key: K, number: usize) {
        let before = self.last.insert(key, self.entries.len());
        self.entries.push(Entry { number, before });
    }

    fn get(&self, key: K) -> impl Iterator<Item = usize> {
        let entry = |at: usize| self.entries[at];
        let last = self.last.get(&key).map(|at| entry(*at));
        successors(last, move |this| this.before.map(entry)).map(|entry| entry.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::facts::Task;
    use model::finding::Subject;

    /// The rule, for two findings.
    fn bears_on(one: &Finding, other: &Finding) -> bool {
        if let (Some(mine), Some(theirs)) = (one.tasks.names(), other.tasks.names()) {
            return theirs.iter().any(|task| mine.contains(task));
        }
        match (&one.subject.service, &other.subject.service) {
            (Some(mine), Some(theirs)) => mine == theirs,
            (None, _) => one.tasks == Tasks::All,
            (Some(_), None) => false,
        }
    }

    fn every_kind() -> Vec<Finding> {
        let [a, b, c] = ["a", "b", "c"].map(|arn| Task {
            arn: arn.into(),
            ..Task::default()
        });
        let tasks = || {
            [
                Tasks::All,
                Tasks::from(&a),
                Tasks::of([&a, &b]),
                Tasks::of([&c]),
                Tasks::of([]),
            ]
        };
        let services = [None, Some("one"), Some("two")];
        let of = |service: Option<&str>, tasks| {
            let subject = Subject::new("task", "").of_service(service.map(Into::into));
            let check = checks::registry::find("container.agent-running").unwrap();
            check.pass(subject, "").on(tasks)
        };
        services
            .into_iter()
            .flat_map(|service| tasks().map(|tasks| of(service, tasks)))
            .collect()
    }

    #[test]
    fn all_that_bear_on_each_other_are_found_and_no_others() {
        let all = every_kind();
        let neighbours = Neighbours::of(&all.iter().collect::<Vec<_>>());
        for finding in &all {
            let on_it: Vec<usize> = neighbours.concerning(finding).collect();
            let by_it: Vec<usize> = neighbours.concerned_by(finding).collect();
            for (number, other) in all.iter().enumerate() {
                let pair = format!(
                    "{:?} {:?}",
                    (&finding.subject, &finding.tasks),
                    (&other.subject, &other.tasks)
                );
                assert_eq!(
                    on_it.contains(&number),
                    bears_on(other, finding),
                    "on {pair}"
                );
                assert_eq!(
                    by_it.contains(&number),
                    bears_on(finding, other),
                    "by {pair}"
                );
            }
        }
    }
}
