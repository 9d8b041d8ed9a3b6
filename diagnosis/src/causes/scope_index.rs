//! Finds the findings whose scopes meet, without comparing all findings of a fleet with each other.
//!
//! A finding about some tasks can cause another about some tasks if they share one. If either is about all tasks of its
//! service, they must be of the same service. A finding about all tasks of no service can cause every other.

use std::collections::HashMap;

use model::finding::Finding;
use model::task_scope::TaskScope;

/// Findings by the tasks and services that they are about.
pub struct ScopeIndex<'f> {
    /// The findings; results are places in this list.
    pub findings: Vec<&'f Finding>,
    by_task: Places<'f>,
    /// Those about all tasks of a service.
    by_service: Places<'f>,
    /// Those about some tasks of a service.
    by_service_of_some: Places<'f>,
    /// Those about all tasks of no service.
    about_everything: Vec<usize>,
}

type Places<'f> = HashMap<&'f str, Vec<usize>>;

impl<'f> ScopeIndex<'f> {
    pub fn of(findings: impl IntoIterator<Item = &'f Finding>) -> ScopeIndex<'f> {
        let mut index = ScopeIndex {
            findings: findings.into_iter().collect(),
            by_task: Places::new(),
            by_service: Places::new(),
            by_service_of_some: Places::new(),
            about_everything: Vec::new(),
        };
        for (at, finding) in index.findings.iter().enumerate() {
            for task in finding.tasks.arns().into_iter().flatten() {
                index.by_task.entry(task).or_default().push(at);
            }
            let places = match (finding.subject.service.as_deref(), &finding.tasks) {
                (Some(name), TaskScope::All) => index.by_service.entry(name).or_default(),
                (Some(name), _) => index.by_service_of_some.entry(name).or_default(),
                (None, TaskScope::All) => &mut index.about_everything,
                (None, _) => continue,
            };
            places.push(at);
        }
        index
    }

    /// The findings whose scope allows them to cause a finding; some more than once.
    pub fn possible_causes<'n>(&'n self, finding: &'n Finding) -> impl Iterator<Item = usize> {
        let everything = self.about_everything.iter().copied();
        self.overlapping(finding).chain(everything)
    }

    /// The findings whose scope allows a finding to cause them; some more than once.
    pub fn possible_symptoms<'n>(&'n self, finding: &'n Finding) -> impl Iterator<Item = usize> {
        let is_about_everything =
            finding.subject.service.is_none() && finding.tasks == TaskScope::All;
        let everything = is_about_everything.then_some(0..self.findings.len());
        self.overlapping(finding)
            .chain(everything.into_iter().flatten())
    }

    /// The findings that share a task with a finding, or its service if either is about all tasks of the service.
    fn overlapping<'n>(&'n self, finding: &'n Finding) -> impl Iterator<Item = usize> {
        let tasks = finding.tasks.arns().into_iter().flatten();
        let by_task = tasks.filter_map(|task| self.by_task.get(task.as_str()));
        let service = finding.subject.service.as_deref();
        let all = service.and_then(|name| self.by_service.get(name));
        let some = service
            .filter(|_| finding.tasks == TaskScope::All)
            .and_then(|name| self.by_service_of_some.get(name));
        by_task.chain(all).chain(some).flatten().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::facts::Task;
    use model::finding::Subject;

    /// The reference rule for two findings.
    fn can_cause(one: &Finding, other: &Finding) -> bool {
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
    fn the_index_finds_exactly_the_overlapping_scopes() {
        let all = every_kind();
        let index = ScopeIndex::of(&all);
        for finding in &all {
            let causes: Vec<usize> = index.possible_causes(finding).collect();
            let symptoms: Vec<usize> = index.possible_symptoms(finding).collect();
            for (number, other) in all.iter().enumerate() {
                let pair = format!(
                    "{:?} {:?}",
                    (&finding.subject, &finding.tasks),
                    (&other.subject, &other.tasks)
                );
                assert_eq!(
                    causes.contains(&number),
                    can_cause(other, finding),
                    "causes {pair}"
                );
                assert_eq!(
                    symptoms.contains(&number),
                    can_cause(finding, other),
                    "symptoms {pair}"
                );
            }
        }
    }
}
