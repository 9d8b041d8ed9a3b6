//! Evaluates expressions on the healthy fixture.

#![allow(dead_code)]

use aws_rules::iam::resolve_simulations;
use checks::FactIndex;
use custom_checks::ExprCheck;
use custom_checks::expressions::{self, run};
use custom_checks::source::{SourceError, SourceFile};
use model::facts::{Fact, Facts, Reason, Service, Task, TaskDefinition, Unavailable};
use model::{Finding, Status};

pub const CODER: &str = "coder-production-coder";

pub fn healthy_json() -> &'static str {
    include_str!("../../../fixtures/healthy.json")
}

pub fn healthy() -> Facts {
    serde_json::from_str(healthy_json()).expect("fixture")
}

/// The facts of one service with one task.
pub fn coder() -> Facts {
    let mut facts = healthy();
    facts.target.services.retain(|wanted| wanted.name == CODER);
    facts
}

pub fn denied<T>(action: &str) -> Fact<T> {
    Fact::Unavailable(unavailable(action))
}

pub fn unavailable(action: &str) -> Unavailable {
    Unavailable::new(action, Reason::Denied, "not authorized")
}

pub fn service(facts: &mut Facts) -> &mut Service {
    facts
        .services
        .get_mut(CODER)
        .and_then(Fact::known_mut)
        .expect("service")
}

pub fn task(facts: &mut Facts) -> &mut Task {
    let arn = task_arn(facts);
    facts
        .tasks
        .get_mut(&*arn)
        .and_then(Fact::known_mut)
        .expect("task")
}

pub fn task_arn(facts: &Facts) -> String {
    facts.service_tasks[CODER].known().expect("tasks")[0].clone()
}

pub fn definition(facts: &mut Facts) -> &mut TaskDefinition {
    let arn = task(facts).task_definition.clone();
    facts
        .task_definitions
        .get_mut(&*arn)
        .and_then(Fact::known_mut)
        .expect("definition")
}

pub fn load(toml: &str) -> Result<Vec<ExprCheck>, SourceError> {
    expressions::load(&SourceFile::new("ecs-exec.toml", toml))
}

pub fn judge(toml: &str, facts: &Facts) -> Vec<Finding> {
    let checks = load(toml).unwrap_or_else(|error| panic!("{error}"));
    run(&checks, &FactIndex::new(facts, &resolve_simulations(facts)))
}

/// The only finding of a check with this `each` and `when` for the coder service.
pub fn when(each: &str, when: &str, facts: &Facts) -> Finding {
    let toml = format!("[checks.it]\neach = {each:?}\nwhen = '''{when}'''\ntitle = 'wrong'\n");
    let mut findings = judge(&toml, facts);
    assert_eq!(findings.len(), 1, "{findings:?}");
    findings.remove(0)
}

pub fn status(each: &str, expression: &str, facts: &Facts) -> Status {
    when(each, expression, facts).status
}

pub fn statuses(findings: &[Finding]) -> Vec<Status> {
    findings.iter().map(|finding| finding.status).collect()
}

/// The error's line and column, and its text with the hint.
pub fn error(text: &str) -> (usize, usize, String) {
    let error = load(text).expect_err(text);
    let hint = error.hint.clone().unwrap_or_default();
    (error.line, error.column, format!("{error}\n{hint}"))
}

/// The error of a check with this second line.
pub fn line_error(line: &str) -> (usize, usize, String) {
    let others: String = ["when = 'true'", "title = 't'"]
        .into_iter()
        .filter(|other| !line.starts_with(other.split(' ').next().unwrap()))
        .map(|other| format!("{other}\n"))
        .collect();
    error(&format!("[checks.x]\n{line}\n{others}"))
}
