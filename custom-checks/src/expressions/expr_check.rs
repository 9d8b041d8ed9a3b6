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
    /// What a person can do about it.
    pub(super) fix: Option<Template>,
    pub(super) commands: Vec<Template>,
}

impl ExprCheck {
    /// For `--only`, `--skip` and the list of checks.
    pub fn check(&self) -> &'static Check {
        self.check
    }

    pub(super) fn finding(
        &self,
        variables: &Variables,
        subject: Subject,
        fix_ids: &FixIds,
    ) -> Finding {
        let (check, id) = (self.check, self.check.id);
        match variables.is_true(&self.condition) {
            Ok(true) => {
                let detail = self
                    .detail
                    .as_ref()
                    .map(|detail| detail.sentence(variables));
                let fix = self.fix(variables).map(|fix| fix_ids.assign(id, fix));
                Finding::new(check, self.status, subject, self.title.sentence(variables))
                    .group_title(self.cause)
                    .detail(detail.unwrap_or_default())
                    .fix_some(fix)
            }
            Ok(false) => check.pass(subject, format!("{id} found nothing wrong")),
            Err(EvalError::Unavailable(why)) => check.unknown(subject, &why),
            Err(EvalError::Mismatch(reason)) => check
                .unknown_because(subject, format!("The expression of {id} has no value"))
                .detail(format!("Its `when` could not be evaluated: {reason}.")),
        }
    }

    fn fix(&self, variables: &Variables) -> Option<Fix> {
        let title = match &self.fix {
            Some(title) => title.sentence(variables),
            None if self.commands.is_empty() => return None,
            None => format!("Run the commands of {}", self.check.id),
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
        Some(fix)
    }
}
