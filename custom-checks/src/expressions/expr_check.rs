//! A check that is an expression, and how it is judged.

use std::sync::Arc;

use cel::Program;
use checks::facts::Unavailable;
use checks::{Check, Disposition, Finding, Fix, Status, Subject};
use serde::{Deserialize, Serialize};

use super::evaluate::{Evaluation, Silence};
use super::subject_kind::Each;
use super::template::Template;
use super::variables::{Variables, View};
use crate::check::Fixes;

/// A configuration file, as it was read.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct File {
    pub name: String,
    pub text: String,
}

/// One `[checks.NAME]` of the configuration.
#[derive(Clone)]
pub struct Expression {
    pub(super) check: &'static Check,
    /// The file that it stands in, whole.
    pub(super) file: Arc<File>,
    pub(super) each: Each,
    /// True where something is wrong.
    pub(super) when: Arc<Program>,
    /// `Fail` or `Warn`.
    pub(super) status: Status,
    /// Words the same failure of many subjects.
    pub(super) cause: &'static str,
    pub(super) title: Template,
    pub(super) detail: Option<Template>,
    pub(super) mend: Option<Mend>,
}

/// What a person can do about it.
#[derive(Clone)]
pub(super) struct Mend {
    pub title: Option<Template>,
    pub commands: Vec<Template>,
}

impl std::fmt::Debug for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Expression({} on each {})",
            self.check.id,
            self.each.name()
        )
    }
}

impl Expression {
    /// For `--only`, `--skip` and the list of checks.
    pub fn check(&self) -> &'static Check {
        self.check
    }

    pub fn each(&self) -> Each {
        self.each
    }

    pub(super) fn judge(
        &self,
        view: &View,
        variables: &Variables,
        subject: Subject,
        fixes: &mut Fixes,
    ) -> Finding {
        let evaluation = Evaluation::new(view, variables);
        match evaluation.holds(&self.when) {
            Ok(true) => self.wrong(&evaluation, subject, fixes),
            Ok(false) => {
                let title = format!("{} found nothing wrong", self.check.id);
                self.check.pass(subject, title)
            }
            Err(silence) => self.unknown(subject, silence),
        }
    }

    fn unknown(&self, subject: Subject, silence: Silence) -> Finding {
        match silence {
            Silence::Unseen(why) => self.check.unknown(subject, &why),
            Silence::Trouble(trouble) => self
                .check
                .unsure(
                    subject,
                    format!("The expression of {} gives no answer", self.check.id),
                )
                .detail(format!(
                    "Its `when` could not be evaluated here: {trouble}."
                )),
        }
    }

    fn wrong(&self, evaluation: &Evaluation, subject: Subject, fixes: &mut Fixes) -> Finding {
        let mut finding = Finding::new(
            self.check,
            self.status,
            subject,
            self.title.sentence(evaluation),
        )
        .cause(self.cause);
        if let Some(detail) = &self.detail {
            finding.detail = detail.sentence(evaluation).into();
        }
        match self.mend.as_ref().map(|mend| self.fix(mend, evaluation)) {
            Some(fix) => finding.fix(fixes.name(self.check.id, fix)),
            None => finding,
        }
    }

    fn fix(&self, mend: &Mend, evaluation: &Evaluation) -> Fix {
        let title = match &mend.title {
            Some(title) => title.sentence(evaluation),
            None => format!("Run the commands that {} names", self.check.id),
        };
        let commands: Option<Vec<String>> = mend
            .commands
            .iter()
            .map(|command| command.command(evaluation))
            .collect();
        // Half of the commands could be worse than none.
        let explain = match &commands {
            Some(_) => "",
            None => "Its commands cannot be told: something that they name is not known.",
        };
        let mut fix = Fix::new("", Disposition::Manual, title, explain);
        fix.commands = commands.unwrap_or_default();
        fix
    }

    /// A subject that could not be seen itself.
    pub(super) fn unseen(&self, subject: Subject, why: &Unavailable) -> Finding {
        self.check.unknown(subject, why)
    }
}
