//! Findings by the tasks and services that they are about, so that of a fleet's thousands those that bear on each
//! other are found without comparing all.
//!
//! A finding about some tasks bears on another about some tasks where they share one. Where either is about all tasks
//! of its service, it bears on those of the same service; about all tasks of no service, on everything.

use std::collections::HashMap;
use std::iter::successors;

use foldhash::fast::RandomState;

use crate::finding::Finding;
use crate::tasks::Tasks;

/// Findings are known by their numbers in the list that this was made of.
pub struct Neighbours<'f> {
    of_task: ByName<'f>,
    /// Those about all tasks of a service.
    of_service: ByName<'f>,
    /// Those about some tasks of a service.
    of_some_tasks: ByName<'f>,
    of_all: Vec<usize>,
    /// How many there are.
    count: usize,
}

impl<'f> Neighbours<'f> {
    pub fn of(findings: &[&'f Finding]) -> Neighbours<'f> {
        let mut all = Neighbours {
            of_task: ByName::with_room_for(findings.len()),
            of_service: ByName::default(),
            of_some_tasks: ByName::default(),
            of_all: Vec::new(),
            count: findings.len(),
        };
        for (number, finding) in findings.iter().enumerate() {
            let service = finding.subject.service.as_deref();
            for task in finding.tasks.arns().into_iter().flatten() {
                all.of_task.add(task, number);
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
    pub fn concerning(&self, finding: &Finding) -> impl Iterator<Item = usize> {
        self.about_its_tasks(finding)
            .chain(self.about_its_service(finding))
            .chain(self.of_all.iter().copied())
    }

    /// Those on whose subject a finding bears; some more than once.
    pub fn concerned_by(&self, finding: &Finding) -> impl Iterator<Item = usize> {
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
    fn about_its_tasks(&self, finding: &Finding) -> impl Iterator<Item = usize> {
        let tasks = finding.tasks.arns().into_iter().flatten();
        tasks.flat_map(|task| self.of_task.get(task))
    }

    /// Those of the same service, where either is about all its tasks.
    fn about_its_service(&self, finding: &Finding) -> impl Iterator<Item = usize> {
        let service = finding.subject.service.as_deref().into_iter();
        let is_about_all = finding.tasks == Tasks::All;
        service.flat_map(move |name| {
            let some_tasks = is_about_all.then(|| self.of_some_tasks.get(name));
            let all_tasks = self.of_service.get(name);
            all_tasks.chain(some_tasks.into_iter().flatten())
        })
    }
}

/// Numbers of findings, by name. Of a fleet there are thousands of names with a few each, so that all stand in one
/// list in which each leads to the one before of the same name.
#[derive(Default)]
struct ByName<'f> {
    last: HashMap<&'f str, usize, RandomState>,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy)]
struct Entry {
    number: usize,
    /// Where in the list the one before stands.
    before: Option<usize>,
}

impl<'f> ByName<'f> {
    fn with_room_for(names: usize) -> ByName<'f> {
        ByName {
            last: HashMap::with_capacity_and_hasher(names, RandomState::default()),
            entries: Vec::with_capacity(names),
        }
    }

    fn add(&mut self, name: &'f str, number: usize) {
        let before = self.last.insert(name, self.entries.len());
        self.entries.push(Entry { number, before });
    }

    fn get(&self, name: &str) -> impl Iterator<Item = usize> {
        let entry = |at: usize| self.entries[at];
        let last = self.last.get(name).map(|at| entry(*at));
        successors(last, move |this| this.before.map(entry)).map(|entry| entry.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::agent_running::CHECK;
    use crate::finding::Subject;

    /// The rule, for two findings.
    fn bears_on(one: &Finding, other: &Finding) -> bool {
        if let (Some(mine), Some(theirs)) = (one.tasks.arns(), other.tasks.arns()) {
            return theirs.iter().any(|task| mine.contains(task));
        }
        match (&one.subject.service, &other.subject.service) {
            (Some(mine), Some(theirs)) => mine == theirs,
            (None, _) => one.tasks == Tasks::All,
            (Some(_), None) => false,
        }
    }

    fn every_kind() -> Vec<Finding> {
        let some = |arns: &[&str]| Tasks::Some(arns.iter().map(|&arn| arn.into()).collect());
        let tasks = || {
            [
                Tasks::All,
                Tasks::One("a".into()),
                some(&["a", "b"]),
                some(&["c"]),
                some(&[]),
            ]
        };
        let services = [None, Some("one"), Some("two")];
        let of = |service: Option<&str>, tasks| {
            let subject = Subject::new("task", "").of_service(service.map(Into::into));
            CHECK.pass(subject, "").on(tasks)
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
