//! Findings by the tasks and services that they are about, so that of a fleet's thousands those that bear on each
//! other are found without comparing all.
//!
//! A finding about some tasks bears on another about some tasks where they share one. Where either is about all tasks
//! of its service, it bears on those of the same service; about all tasks of no service, on everything.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::finding::Finding;
use crate::tasks::Tasks;

type ByName<'f> = HashMap<&'f str, Vec<&'f Finding>, RandomState>;

#[derive(Default)]
pub struct Neighbours<'f> {
    of_task: ByName<'f>,
    /// Those about all tasks of a service.
    of_service: ByName<'f>,
    /// Those about some tasks of a service.
    of_some_tasks: ByName<'f>,
    of_all: Vec<&'f Finding>,
    everything: Vec<&'f Finding>,
}

impl<'f> FromIterator<&'f Finding> for Neighbours<'f> {
    fn from_iter<I: IntoIterator<Item = &'f Finding>>(findings: I) -> Neighbours<'f> {
        let mut all = Neighbours::default();
        for finding in findings {
            all.everything.push(finding);
            let service = finding.subject.service.as_deref();
            for task in finding.tasks.arns().into_iter().flatten() {
                all.of_task.entry(task).or_default().push(finding);
            }
            match (service, &finding.tasks) {
                (Some(name), Tasks::All) => all.of_service.entry(name).or_default().push(finding),
                (Some(name), _) => all.of_some_tasks.entry(name).or_default().push(finding),
                (None, Tasks::All) => all.of_all.push(finding),
                (None, _) => {}
            }
        }
        all
    }
}

impl<'f> Neighbours<'f> {
    /// Those that bear on what a finding is about; some more than once.
    pub fn concerning(&self, finding: &Finding) -> impl Iterator<Item = &'f Finding> {
        self.about_its_tasks(finding)
            .chain(self.about_its_service(finding))
            .chain(self.of_all.iter().copied())
    }

    /// Those on whose subject a finding bears; some more than once.
    pub fn concerned_by(&self, finding: &Finding) -> impl Iterator<Item = &'f Finding> {
        let bears_on_all = finding.subject.service.is_none() && finding.tasks == Tasks::All;
        let everything = match bears_on_all {
            true => self.everything.as_slice(),
            false => &[],
        };
        self.about_its_tasks(finding)
            .chain(self.about_its_service(finding))
            .chain(everything.iter().copied())
    }

    /// Those that share a task with a finding about some tasks.
    fn about_its_tasks(&self, finding: &Finding) -> impl Iterator<Item = &'f Finding> {
        let tasks = finding.tasks.arns().into_iter().flatten();
        let of_tasks = tasks.filter_map(|task| self.of_task.get(&**task));
        of_tasks.flatten().copied()
    }

    /// Those of the same service, where either is about all its tasks.
    fn about_its_service(&self, finding: &Finding) -> impl Iterator<Item = &'f Finding> {
        let service = finding.subject.service.as_deref();
        let of_all_tasks = service.and_then(|name| self.of_service.get(name));
        let of_some_tasks = match finding.tasks {
            Tasks::One(_) | Tasks::Some(_) => None,
            Tasks::All => service.and_then(|name| self.of_some_tasks.get(name)),
        };
        let both = [of_all_tasks, of_some_tasks].into_iter().flatten();
        both.flatten().copied()
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
        let neighbours: Neighbours = all.iter().collect();
        let holds =
            |found: &[&Finding], one: &Finding| found.iter().any(|it| std::ptr::eq(*it, one));
        for finding in &all {
            let on_it: Vec<&Finding> = neighbours.concerning(finding).collect();
            let by_it: Vec<&Finding> = neighbours.concerned_by(finding).collect();
            for other in &all {
                let pair = format!(
                    "{:?} {:?}",
                    (&finding.subject, &finding.tasks),
                    (&other.subject, &other.tasks)
                );
                assert_eq!(holds(&on_it, other), bears_on(other, finding), "on {pair}");
                assert_eq!(holds(&by_it, other), bears_on(finding, other), "by {pair}");
            }
        }
    }
}
