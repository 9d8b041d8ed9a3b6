//! Findings by the tasks and services that they are about, so that of a fleet's thousands those that bear on each
//! other are found without comparing all.
//!
//! A finding about some tasks bears on another about some tasks where they share one. Where either is about all tasks
//! of its service, it bears on those of the same service; about all tasks of no service, on everything.

use std::collections::HashMap;

use model::finding::Finding;
use model::task_scope::TaskScope;

/// Findings are known by their numbers in the list that this was made of.
pub struct Neighbours<'f> {
    of_task: Lists<'f>,
    /// Those about all tasks of a service.
    of_service: Lists<'f>,
    /// Those about some tasks of a service.
    of_some_tasks: Lists<'f>,
    of_all: Vec<usize>,
    /// How many there are.
    count: usize,
}

impl<'f> Neighbours<'f> {
    pub fn of(findings: &[&'f Finding]) -> Neighbours<'f> {
        let mut all = Neighbours {
            of_task: Lists::default(),
            of_service: Lists::default(),
            of_some_tasks: Lists::default(),
            of_all: Vec::new(),
            count: findings.len(),
        };
        for (number, finding) in findings.iter().enumerate() {
            let service = finding.subject.service.as_deref();
            for task in finding.tasks.arns().into_iter().flatten() {
                all.of_task.entry(task).or_default().push(number);
            }
            match (service, &finding.tasks) {
                (Some(name), TaskScope::All) => {
                    all.of_service.entry(name).or_default().push(number)
                }
                (Some(name), _) => all.of_some_tasks.entry(name).or_default().push(number),
                (None, TaskScope::All) => all.of_all.push(number),
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
        let bears_on_all = finding.subject.service.is_none() && finding.tasks == TaskScope::All;
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
        let tasks = finding.tasks.arns().into_iter().flatten();
        tasks.flat_map(|task| list(&self.of_task, task))
    }

    /// Those of the same service, where either is about all its tasks.
    fn about_its_service<'n>(&'n self, finding: &'n Finding) -> impl Iterator<Item = usize> {
        let service = finding.subject.service.as_deref().into_iter();
        let is_about_all = finding.tasks == TaskScope::All;
        service.flat_map(move |name| {
            let some_tasks = is_about_all.then(|| list(&self.of_some_tasks, name));
            let all_tasks = list(&self.of_service, name);
            all_tasks.chain(some_tasks.into_iter().flatten())
        })
    }
}

/// The numbers of findings by what they are about.
type Lists<'f> = HashMap<&'f str, Vec<usize>>;

fn list<'n>(lists: &'n Lists, key: &str) -> impl Iterator<Item = usize> + use<'n> {
    lists.get(key).into_iter().flatten().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::facts::Task;
    use model::finding::Subject;

    /// The rule, for two findings.
    fn bears_on(one: &Finding, other: &Finding) -> bool {
        if let (Some(mine), Some(theirs)) = (one.tasks.arns(), other.tasks.arns()) {
            return theirs.iter().any(|task| mine.contains(task));
        }
        match (&one.subject.service, &other.subject.service) {
            (Some(mine), Some(theirs)) => mine == theirs,
            (None, _) => one.tasks == TaskScope::All,
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
                TaskScope::All,
                TaskScope::from(&a),
                TaskScope::of([&a, &b]),
                TaskScope::of([&c]),
                TaskScope::of([]),
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
