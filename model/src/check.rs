//! A check: its metadata, and the findings that it makes.

use serde::Serialize;

use crate::area::Area;
use crate::facts::{Fact, Unavailable};
use crate::finding::{Finding, Severity, Status, Subject};

/// One thing that a session needs, how it is found out, and why it matters.
///
/// A check lives in a file of its own, `checks/src/AREA/NAME.rs`, as a constant `CHECK` and a function `run`, and has
/// one line in `checks/src/registry.rs`.
#[derive(Debug, Serialize)]
pub struct Check {
    /// `area.kebab-name`; stable, scripts rely on it.
    pub id: &'static str,
    /// The first part of the ID.
    #[serde(skip)]
    pub area: Area,
    /// What holds when the check passes.
    pub title: &'static str,
    /// What goes wrong when it does not.
    pub why: &'static str,
    /// How it is found out, and what that cannot show.
    pub how: &'static str,
    /// What fixes it, in a sentence; a finding has the commands.
    pub remedy: &'static str,
    /// AWS actions whose answers the check needs, as IAM policies write them.
    pub actions: &'static [&'static str],
    /// The AWS pages behind it.
    pub docs: &'static [&'static str],
    /// IDs of the checks that fail as a symptom when this one fails.
    #[serde(rename = "explains")]
    pub symptoms: &'static [&'static str],
    /// IDs of the checks that cannot be judged before this one is fixed.
    pub masks: &'static [&'static str],
    /// How much a failure matters. Of `High` or more, an unknown makes the verdict inconclusive.
    pub severity: Severity,
    /// What the check says of a Terraform plan.
    #[serde(skip)]
    pub on_plan: OnPlan,
    /// How sure a failure is, and what overrules it.
    #[serde(skip)]
    pub inference: Inference,
}

/// What a check says of a Terraform plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnPlan {
    /// The plan holds what it looks at.
    Judges,
    /// It looks at what runs, and nothing runs yet.
    NothingRuns,
    /// It looks at whoever opens sessions, of which a plan says nothing.
    NotInPlan,
}

/// How a check knows that sessions fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inference {
    /// It reads a fact that no session can disprove: an expectation, this machine, a setting of the cluster.
    Direct,
    /// It infers the failure from facts.
    Inferred,
    /// It infers the failure, and takes rollouts into account itself.
    InferredDespiteRollout,
    /// It opened a session itself.
    Tried,
}

impl Inference {
    /// A session that opened disproves the failure.
    pub fn is_disproved_by_session(self) -> bool {
        matches!(
            self,
            Inference::Inferred | Inference::InferredDespiteRollout
        )
    }

    /// The failure ends when a rollout has replaced the tasks.
    pub fn ends_with_rollout(self) -> bool {
        self == Inference::Inferred
    }
}

impl Check {
    /// What most checks have in common, for `..Check::DEFAULT`: no failure is a symptom of theirs, they judge plans, and
    /// infer what they say. A test ensures that no check leaves out its texts.
    pub const DEFAULT: Check = Check {
        id: "",
        area: Area::Local,
        title: "",
        why: "",
        how: "",
        remedy: "",
        actions: &[],
        docs: &[],
        symptoms: &[],
        masks: &[],
        severity: Severity::Low,
        on_plan: OnPlan::Judges,
        inference: Inference::Inferred,
    };

    /// The subject is in order.
    pub fn pass(&'static self, subject: Subject, title: impl Into<String>) -> Finding {
        Finding::new(self, Status::Pass, subject, title)
    }

    /// The check does not apply; the title says why.
    pub fn skip(&'static self, subject: Subject, title: impl Into<String>) -> Finding {
        Finding::new(self, Status::Skip, subject, title)
    }

    /// Sessions work, or can work, but something is risky.
    pub fn warn(&'static self, subject: Subject, title: impl Into<String>) -> Finding {
        Finding::new(self, Status::Warn, subject, title)
    }

    /// Sessions fail, or an expectation is broken.
    pub fn fail(&'static self, subject: Subject, title: impl Into<String>) -> Finding {
        Finding::new(self, Status::Fail, subject, title)
    }

    /// The check could not decide; the title says why.
    pub fn unknown_because(&'static self, subject: Subject, title: impl Into<String>) -> Finding {
        Finding::new(self, Status::Unknown, subject, title)
    }

    /// A fact that the check needs could not be read.
    pub fn unknown(&'static self, subject: Subject, why: &Unavailable) -> Finding {
        let mut finding = self.unknown_because(subject, format!("Unknown: {why}"));
        finding.missing_permission = why.missing_permission();
        finding
    }

    /// The finding for a fact that must be there: `known` judges it, `absent` words its absence.
    pub fn judge<T>(
        &'static self,
        subject: Subject,
        fact: &Fact<T>,
        absent: impl FnOnce(Subject) -> Finding,
        known: impl FnOnce(Subject, &T) -> Finding,
    ) -> Finding {
        match fact {
            Fact::Known(value) => known(subject, value),
            Fact::Absent => absent(subject),
            Fact::Unavailable(why) => self.unknown(subject, why),
        }
    }
}
