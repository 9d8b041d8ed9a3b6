//! Findings by the tasks and services that they are about, so that of a fleet's thousands only the few that may bear
//! on each other are compared.

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
        self.near(finding)
            .filter(move |other| other.concerns(finding))
    }

    /// Those on whose subject a finding bears; some more than once.
    pub fn concerned_by(&self, finding: &Finding) -> impl Iterator<Item = &'f Finding> {
        let bears_on_all = finding.subject.service.is_none() && finding.tasks == Tasks::All;
        let everything = self
            .everything
            .iter()
            .filter(move |_| bears_on_all)
            .copied();
        self.near(finding)
            .chain(everything)
            .filter(move |other| finding.concerns(other))
    }

    /// Every finding that may bear on this one, or on which this one may bear.
    fn near(&self, finding: &Finding) -> impl Iterator<Item = &'f Finding> {
        let tasks = finding.tasks.arns().into_iter().flatten();
        let of_tasks = tasks.filter_map(|task| self.of_task.get(&**task)).flatten();
        let service = finding.subject.service.as_deref();
        let of_service = service.and_then(|name| self.of_service.get(name));
        let of_some_tasks = match finding.tasks {
            Tasks::One(_) | Tasks::Some(_) => None,
            Tasks::All => service.and_then(|name| self.of_some_tasks.get(name)),
        };
        of_tasks
            .chain(of_service.into_iter().flatten())
            .chain(of_some_tasks.into_iter().flatten())
            .chain(&self.of_all)
            .copied()
    }
}
