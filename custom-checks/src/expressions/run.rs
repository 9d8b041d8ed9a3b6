//! Evaluates all checks on all their subjects.

use checks::FactIndex;
use model::facts::{Fact, Facts, Unavailable};
use model::{Finding, Subject};

use super::compile::with_stack;
use super::expr_check::ExprCheck;
use super::subject_kind::SubjectKind;
use super::variables::{VariableSource, Variables};
use crate::check::FixIds;

/// The findings of the checks, in their order. Like the built-in checks, they look at running tasks only.
pub fn run(checks: &[ExprCheck], index: &FactIndex) -> Vec<Finding> {
    let findings = with_stack(|| {
        let source = VariableSource::new(index);
        let findings = checks.iter().map(|check| findings(check, &source));
        findings.flatten().collect()
    });
    findings.unwrap_or_else(|| {
        let no_thread = |check: &ExprCheck| {
            let title = "The expression could not be evaluated: no thread could be started";
            let subject = cluster_subject(index.facts);
            check.check.unknown_because(subject, title)
        };
        checks.iter().map(no_thread).collect()
    })
}

/// The subject of findings about the cluster.
pub fn cluster_subject(facts: &Facts) -> Subject {
    Subject::new("cluster", facts.cluster_name.as_str())
}

/// One check on all its subjects.
fn findings(expr_check: &ExprCheck, source: &VariableSource) -> Vec<Finding> {
    let (index, check) = (source.index, expr_check.check);
    let fix_ids = FixIds::default();
    let finding = |variables: Variables, subject| expr_check.finding(&variables, subject, &fix_ids);
    match expr_check.kind {
        SubjectKind::Cluster => vec![check.judge(
            cluster_subject(index.facts),
            &index.facts.cluster,
            |subject| check.skip(subject, "There is no such cluster"),
            |subject, _| finding(source.of_cluster(), subject),
        )],
        SubjectKind::Service => index.each_service(check, |group, subject, service| {
            finding(source.of_service(group, service), subject)
        }),
        SubjectKind::Task => index.each_task(check, |group, subject, task| {
            finding(source.of_task(group, task), subject)
        }),
        SubjectKind::Container => index.each_container(check, |group, subject, task, container| {
            finding(source.of_container(group, task, container), subject)
        }),
        SubjectKind::TaskDefinition => index.each_definition(check, |group, definition, tasks| {
            let subject = group.definition_subject(&definition.arn);
            vec![finding(
                source.of_definition(group, definition, tasks),
                subject,
            )]
        }),
        SubjectKind::Role => index.each_role(check, |group, arn, tasks| {
            let not_read = Fact::Unavailable(Unavailable::not_asked(
                "iam:GetRole",
                "the role was not read",
            ));
            let judged = check.judge(
                group.subject_of("role", arn),
                index.facts.roles.get(arn).unwrap_or(&not_read),
                |subject| check.skip(subject, "The task role does not exist"),
                |subject, _| finding(source.of_role(group, arn), subject),
            );
            judged.on(tasks.scope.clone())
        }),
    }
}
