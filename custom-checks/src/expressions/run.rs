//! Goes through what each check is judged on.

use std::cell::RefCell;
use std::collections::BTreeMap;

use checks::facts::{Fact, Service, Task, TaskDefinition, Unavailable};
use checks::world::{Group, TaskRole};
use checks::{Finding, Subject, World};

use super::compile::with_stack;
use super::expr_check::Expression;
use super::subject_kind::Each;
use super::variables::{Variables, View};
use crate::check::Fixes;

/// What the checks find, in their order. Like the built-in ones, they look at running tasks alone.
pub fn run(expressions: &[Expression], world: &World) -> Vec<Finding> {
    if expressions.is_empty() {
        return Vec::new();
    }
    let findings = with_stack(|| {
        let view = View::new(world);
        expressions
            .iter()
            .flat_map(|expression| Run::new(expression, &view).all())
            .collect()
    });
    findings.unwrap_or_else(|| expressions.iter().map(|one| not_run(one, world)).collect())
}

fn not_run(expression: &Expression, world: &World) -> Finding {
    let subject = Subject::new("cluster", world.facts.cluster_name.as_str());
    let title = "The expression could not be evaluated: no thread could be started for it";
    expression.check().unsure(subject, title)
}

/// One check on everything that it is judged on.
struct Run<'r, 'a> {
    expression: &'r Expression,
    view: &'r View<'a>,
    fixes: RefCell<Fixes>,
}

impl<'r, 'a> Run<'r, 'a> {
    fn new(expression: &'r Expression, view: &'r View<'a>) -> Run<'r, 'a> {
        Run {
            expression,
            view,
            fixes: RefCell::default(),
        }
    }

    fn all(&self) -> Vec<Finding> {
        let world = self.view.world;
        let check = self.expression.check();
        match self.expression.each() {
            Each::Cluster => vec![self.cluster()],
            Each::Service => world.each_service(check, |group, subject, service| {
                self.service(group, subject, service)
            }),
            Each::Task => world.each_task(check, |group, subject, task| {
                self.judge(&self.of_task(group, task), subject)
            }),
            Each::Container => world.each_container(check, |group, subject, task, container| {
                let mut variables = self.of_task(group, task);
                self.view.add_container(&mut variables, task, container);
                self.judge(&variables, subject)
            }),
            Each::TaskDefinition => world.each_definition(check, |group, definition, tasks| {
                vec![self.definition(group, definition, tasks)]
            }),
            Each::Role => world.each_running(check, |group, tasks| self.roles(group, tasks)),
        }
    }

    fn judge(&self, variables: &Variables, subject: Subject) -> Finding {
        let mut fixes = self.fixes.borrow_mut();
        self.expression
            .judge(self.view, variables, subject, &mut fixes)
    }

    fn cluster(&self) -> Finding {
        let facts = self.view.world.facts;
        let subject = Subject::new("cluster", facts.cluster_name.as_str());
        self.expression.check().judge(
            subject,
            &facts.cluster,
            |subject| {
                self.expression
                    .check()
                    .skip(subject, "There is no such cluster")
            },
            |subject, _| self.judge(&self.view.whole(), subject),
        )
    }

    fn service(&self, group: &Group, subject: Subject, service: &Service) -> Finding {
        let mut variables = self.of_group(group);
        self.view
            .add_definition(&mut variables, service.task_definition.as_deref());
        self.judge(&variables, subject)
    }

    fn definition(
        &self,
        group: &Group,
        definition: &TaskDefinition,
        tasks: &[&'a Task],
    ) -> Finding {
        let mut variables = self.of_group(group);
        self.view
            .add_definition(&mut variables, Some(&definition.arn));
        match tasks.first() {
            // Tasks of one definition differ in their role only where one was run with another.
            Some(task) if definition.task_role.is_none() => self.add_role(&mut variables, task),
            _ => self
                .view
                .add_role(&mut variables, definition.task_role.as_deref()),
        }
        self.judge(&variables, group.definition_subject(&definition.arn))
    }

    /// The task roles of a group's tasks.
    fn roles(&self, group: &Group<'a>, tasks: &[&'a Task]) -> Vec<Finding> {
        let check = self.expression.check();
        let mut by_role: BTreeMap<&str, Vec<&Task>> = BTreeMap::new();
        let mut unnamed: Option<&Task> = None;
        let mut unknown: Option<(&Task, Unavailable)> = None;
        for &task in tasks {
            match self.view.world.task_role(task) {
                TaskRole::Role(arn) => by_role.entry(arn).or_default().push(task),
                TaskRole::Unnamed => unnamed = unnamed.or(Some(task)),
                TaskRole::Unknown(why) => unknown = unknown.or(Some((task, why))),
            }
        }
        let mut findings: Vec<Finding> = by_role
            .into_iter()
            .map(|(arn, tasks)| self.role(group, arn).on_tasks(tasks.iter().copied()))
            .collect();
        if let Some(task) = unnamed {
            let subject = group.definition_subject(&task.task_definition);
            findings.push(check.skip(subject, "The tasks have no task role"));
        }
        if let Some((task, why)) = unknown {
            let subject = group.definition_subject(&task.task_definition);
            findings.push(self.expression.unseen(subject, &why));
        }
        findings
    }

    fn role(&self, group: &Group, arn: &str) -> Finding {
        let subject = Subject::new("role", arn).of_group(group);
        match self.view.world.facts.roles.get(arn) {
            Some(Fact::Known(_)) => {
                let mut variables = self.of_group(group);
                self.view.add_role(&mut variables, Some(arn));
                self.judge(&variables, subject)
            }
            Some(Fact::Absent) => self
                .expression
                .check()
                .skip(subject, "The task role does not exist"),
            Some(Fact::Unavailable(why)) => self.expression.unseen(subject, why),
            None => {
                let why = Unavailable::not_asked("iam:GetRole", "the role was not read");
                self.expression.unseen(subject, &why)
            }
        }
    }

    fn of_group(&self, group: &Group) -> Variables {
        let mut variables = self.view.whole();
        self.view.add_service(&mut variables, group);
        variables
    }

    fn of_task(&self, group: &Group, task: &'a Task) -> Variables {
        let mut variables = self.of_group(group);
        self.view.add_task(&mut variables, task);
        self.add_role(&mut variables, task);
        variables
    }

    fn add_role(&self, variables: &mut Variables, task: &'a Task) {
        match self.view.world.task_role(task) {
            TaskRole::Role(arn) => self.view.add_role(variables, Some(arn)),
            TaskRole::Unnamed => self.view.add_role(variables, None),
            TaskRole::Unknown(why) => self.view.hide_role(variables, why),
        }
    }
}
