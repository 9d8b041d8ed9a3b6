use std::borrow::Cow;

use serde::Serialize;

use crate::facts::{Fact, Unavailable};
use crate::finding::{Finding, Severity, Status, Subject};

/// Areas of what the user expects, not of what a session needs.
pub const EXPECTATION_AREAS: [&str; 3] = ["policy", "custom", "program"];

/// One thing that a session needs, how it is found out, and why it matters.
///
/// A check lives in a file of its own, `checks/src/AREA/NAME.rs`, as a constant `CHECK` and a function `run`, and has
/// one line in `checks/src/registry.rs`.
#[derive(Debug, Serialize)]
pub struct Check {
    /// `area.kebab-name`; stable, scripts rely on it.
    pub id: &'static str,
    /// What holds when the check passes.
    pub title: &'static str,
    /// What goes wrong when it does not.
    pub why: &'static str,
    /// How it is found out, and what that cannot show.
    pub how: &'static str,
    /// What mends it, in a sentence; a finding has the commands.
    pub remedy: &'static str,
    /// AWS actions whose answers the check needs, as IAM policies write them.
    pub actions: &'static [&'static str],
    /// The AWS pages behind it.
    pub docs: &'static [&'static str],
    /// IDs of the checks that fail as a symptom when this one fails.
    pub explains: &'static [&'static str],
    /// IDs of the checks that cannot be judged before this one is mended.
    pub masks: &'static [&'static str],
    /// How much a failure matters. Of `High` or more, an unknown makes the verdict inconclusive.
    pub severity: Severity,
}

impl Check {
    pub fn area(&self) -> &'static str {
        let dot = self.id.bytes().position(|byte| byte == b'.');
        dot.map_or(self.id, |dot| &self.id[..dot])
    }

    pub fn pass(&'static self, subject: Subject, title: impl Into<Cow<'static, str>>) -> Finding {
        Finding::new(self, Status::Pass, subject, title)
    }

    /// The check does not apply; the title says why.
    pub fn skip(&'static self, subject: Subject, title: impl Into<Cow<'static, str>>) -> Finding {
        Finding::new(self, Status::Skip, subject, title)
    }

    pub fn warn(&'static self, subject: Subject, title: impl Into<Cow<'static, str>>) -> Finding {
        Finding::new(self, Status::Warn, subject, title)
    }

    pub fn fail(&'static self, subject: Subject, title: impl Into<Cow<'static, str>>) -> Finding {
        Finding::new(self, Status::Fail, subject, title)
    }

    /// The check could not decide; the title says what it could not see.
    pub fn unsure(&'static self, subject: Subject, title: impl Into<Cow<'static, str>>) -> Finding {
        Finding::new(self, Status::Unknown, subject, title)
    }

    /// A fact that the check needs could not be read.
    pub fn unknown(&'static self, subject: Subject, why: &Unavailable) -> Finding {
        let mut finding = self.unsure(subject, format!("Could not see this, because {why}"));
        finding.missing_permission = why.missing_permission().map(Into::into);
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
