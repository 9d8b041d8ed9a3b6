//! A check that is an expression, and its findings.

use std::sync::Arc;

use cel::Program;
use model::{Check, Disposition, Finding, Fix, Status, Subject};

use super::evaluate::EvalError;
use super::subject_kind::SubjectKind;
use super::template::Template;
use super::variables::Variables;
use crate::check::FixIds;
use crate::source::SourceFile;

/// One `[checks.NAME]` of the configuration, compiled.
#[derive(Debug, Clone)]
pub struct ExprCheck {
    pub(super) check: &'static Check,
    /// The file that defines it, for the child process that evaluates it.
    pub(super) source: Arc<SourceFile>,
    pub(super) kind: SubjectKind,
    /// True if something is wrong.
    pub(super) condition: Arc<Program>,
    /// The status if something is wrong: `Fail` or `Warn`.
    pub(super) status: Status,
    /// The root cause of this check's failures, whatever their subjects.
    pub(super) cause: &'static str,
    pub(super) title: Template,
    pub(super) detail: Option<Template>,
    pub(super) fix: Option<FixTemplate>,
}

/// What a person can do about it.
#[derive(Debug, Clone)]
pub(super) struct FixTemplate {
    pub title: Option<Template>,
    pub commands: Vec<Template>,
}

impl ExprCheck {
    /// For `--only`, `--skip` and the list of checks.
    pub fn check(&self) -> &'static Check {
        self.check
    }

    /// What the check is evaluated on.
    pub fn kind(&self) -> SubjectKind {
        self.kind
    }

    pub(super) fn finding(
        &self,
        variables: &Variables,
        subject: Subject,
        fix_ids: &mut FixIds,
    ) -> Finding {
        let id = self.check.id;
        match variables.is_true(&self.condition) {
            Ok(true) => self.failed(variables, subject, fix_ids),
            Ok(false) => self
                .check
                .pass(subject, format!("{id} found nothing wrong")),
            Err(EvalError::Unavailable(why)) => self.check.unknown(subject, &why),
            Err(EvalError::Mismatch(reason)) => self
                .check
                .unknown_because(subject, format!("The expression of {id} has no value"))
                .detail(format!("Its `when` could not be evaluated: {reason}.")),
        }
    }

    fn failed(&self, variables: &Variables, subject: Subject, fix_ids: &mut FixIds) -> Finding {
        let title = self.title.sentence(variables);
        let detail = self.detail.as_ref();
        let fix = self.fix.as_ref().map(|fix| {
            let fix = fix.fill(self.check.id, variables);
            fix_ids.assign(self.check.id, fix)
        });
        Finding::new(self.check, self.status, subject, title)
            .group_title(self.cause)
            .detail(detail.map_or_else(String::new, |detail| detail.sentence(variables)))
            .fix_some(fix)
    }
}

impl FixTemplate {
    fn fill(&self, check_id: &str, variables: &Variables) -> Fix {
        let title = match &self.title {
            Some(title) => title.sentence(variables),
            None => format!("Run the commands of {check_id}"),
        };
        let commands = self.commands.iter().map(|one| one.command(variables));
        // Some of the commands could be worse than none.
        let commands: Option<Vec<String>> = commands.collect();
        let explain = match &commands {
            Some(_) => "",
            None => "Its commands are left out because a value in them is unknown.",
        };
        let mut fix = Fix::new("", Disposition::Manual, title, explain);
        fix.commands = commands.unwrap_or_default();
        fix
    }
}
