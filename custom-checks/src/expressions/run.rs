//! Evaluates all checks on all their subjects.

use std::cell::RefCell;
use std::collections::BTreeMap;

use checks::FactIndex;
use checks::fact_index::{Group, TaskRole};
use model::facts::{Fact, Task, Unavailable};
use model::{Finding, Subject};

use super::compile::with_stack;
use super::expr_check::ExprCheck;
use super::subject_kind::SubjectKind;
use super::variables::{VariableSource, Variables};
use crate::check::FixIds;

/// The findings of the checks, in their order. Like the built-in checks, they look at running tasks only.
pub fn run(checks: &[ExprCheck], index: &FactIndex) -> Vec<Finding> {
    let findings = with_stack(|| {
        let variables = VariableSource::new(index);
        let findings = checks.iter().flat_map(|check| {
            let run = CheckRun {
                check,
                index,
                variables: &variables,
                fix_ids: RefCell::default(),
            };
            run.findings()
        });
        findings.collect()
    });
    findings.unwrap_or_else(|| {
        let no_thread = |check: &ExprCheck| {
            let title = "The expression could not be evaluated: no thread could be started";
            check.check.unknown_because(cluster_subject(index), title)
        };
        checks.iter().map(no_thread).collect()
    })
}

fn cluster_subject(index: &FactIndex) -> Subject {
    Subject::new("cluster", index.facts.cluster_name.as_str())
}

/// One check on all its subjects.
struct CheckRun<'r, 'a> {
    check: &'r ExprCheck,
    index: &'a FactIndex<'a>,
    variables: &'r VariableSource<'a>,
    fix_ids: RefCell<FixIds>,
}

impl<'a> CheckRun<'_, 'a> {
    fn findings(&self) -> Vec<Finding> {
        let (index, check, variables) = (self.index, self.check.check, self.variables);
        match self.check.kind {
            SubjectKind::Cluster => vec![check.judge(
                cluster_subject(index),
                &index.facts.cluster,
                |subject| check.skip(subject, "There is no such cluster"),
                |subject, _| self.finding(&variables.of_cluster(), subject),
            )],
            SubjectKind::Service => index.each_service(check, |group, subject, service| {
                self.finding(&variables.of_service(group, service), subject)
            }),
            SubjectKind::Task => index.each_task(check, |group, subject, task| {
                self.finding(&variables.of_task(group, task), subject)
            }),
            SubjectKind::Container => {
                index.each_container(check, |group, subject, task, container| {
                    self.finding(&variables.of_container(group, task, container), subject)
                })
            }
            SubjectKind::TaskDefinition => {
                index.each_definition(check, |group, definition, tasks| {
                    let subject = group.definition_subject(&definition.arn);
                    let variables = variables.of_definition(group, definition, tasks);
                    vec![self.finding(&variables, subject)]
                })
            }
            SubjectKind::Role => index.each_running(check, |group, tasks| self.roles(group, tasks)),
        }
    }

    fn finding(&self, variables: &Variables, subject: Subject) -> Finding {
        let mut fix_ids = self.fix_ids.borrow_mut();
        self.check.finding(variables, subject, &mut fix_ids)
    }

    /// One finding for each task role of a group's tasks, and one each for tasks without a role and with an unknown one.
    fn roles(&self, group: &Group<'a>, tasks: &[&'a Task]) -> Vec<Finding> {
        let check = self.check.check;
        let mut by_role: BTreeMap<&str, Vec<&Task>> = BTreeMap::new();
        let mut without_role: Option<&Task> = None;
        let mut unknown: Option<(&Task, Unavailable)> = None;
        for &task in tasks {
            match self.index.task_role(task) {
                TaskRole::Role(arn) => by_role.entry(arn).or_default().push(task),
                TaskRole::Unnamed => without_role = without_role.or(Some(task)),
                TaskRole::Unknown(why) => unknown = unknown.or(Some((task, why))),
            }
        }
        let by_role = by_role.into_iter();
        let mut findings: Vec<Finding> = by_role
            .map(|(arn, tasks)| self.role(group, arn).on_tasks(tasks))
            .collect();
        let definition = |task: &Task| group.definition_subject(&task.task_definition);
        if let Some(task) = without_role {
            findings.push(check.skip(definition(task), "The tasks have no task role"));
        }
        if let Some((task, why)) = unknown {
            findings.push(check.unknown(definition(task), &why));
        }
        findings
    }

    fn role(&self, group: &Group, arn: &str) -> Finding {
        let check = self.check.check;
        let subject = Subject::new("role", arn).of_service(group.service_name());
        match self.index.facts.roles.get(arn) {
            Some(Fact::Known(_)) => self.finding(&self.variables.of_role(group, arn), subject),
            Some(Fact::Absent) => check.skip(subject, "The task role does not exist"),
            Some(Fact::Unavailable(why)) => check.unknown(subject, why),
            None => {
                let why = Unavailable::not_asked("iam:GetRole", "the role was not read");
                check.unknown(subject, &why)
            }
        }
    }
}
