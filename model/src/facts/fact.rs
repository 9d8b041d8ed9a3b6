//! A fact: known, absent, or unavailable for a reason.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::secrets::mask;

/// What we know of one thing in the world.
///
/// An answer that was refused is never the same as an empty one: a check that meets
/// `Unavailable` must answer `unknown`, and only `Absent` says that a thing is not there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact<T> {
    /// AWS answered with this.
    Known(T),
    /// AWS answered that there is none.
    Absent,
    /// There was no answer.
    Unavailable(Unavailable),
}

/// Nobody asked for it.
impl<T> Default for Fact<T> {
    fn default() -> Self {
        Fact::Unavailable(Unavailable::not_asked("nothing", "nobody asked for this"))
    }
}

/// Why a fact could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unavailable {
    /// The AWS action that would have told, as IAM policies write it (`iam:GetRole`), or a local step.
    pub action: String,
    /// What kept the answer away.
    pub reason: Reason,
    /// One line for a person; written by AWS, so sanitised before it is shown.
    pub message: String,
}

/// What keeps a fact from being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The caller lacks the permission.
    Denied,
    /// AWS kept answering that we ask too often.
    Throttled,
    /// No answer within the time allowed.
    TimedOut,
    /// The service could not be reached.
    Unreachable,
    /// AWS answered with another error, or with something that makes no sense.
    Failed,
    /// Nobody asked: an earlier fact was missing, or it is outside what this source can know.
    NotAsked,
}

impl<T> Fact<T> {
    /// The value, if it could be read and is there.
    pub fn known(&self) -> Option<&T> {
        match self {
            Fact::Known(value) => Some(value),
            Fact::Absent | Fact::Unavailable(_) => None,
        }
    }

    /// The value, to change it.
    pub fn known_mut(&mut self) -> Option<&mut T> {
        match self {
            Fact::Known(value) => Some(value),
            Fact::Absent | Fact::Unavailable(_) => None,
        }
    }

    /// AWS answered that there is none; an unread fact is not absent.
    pub fn is_absent(&self) -> bool {
        matches!(self, Fact::Absent)
    }

    /// Why the fact could not be read. `None`: it could.
    pub fn unavailable(&self) -> Option<&Unavailable> {
        match self {
            Fact::Unavailable(why) => Some(why),
            Fact::Known(_) | Fact::Absent => None,
        }
    }

    /// The same fact about a reference to the value.
    pub fn as_ref(&self) -> Fact<&T> {
        match self {
            Fact::Known(value) => Fact::Known(value),
            Fact::Absent => Fact::Absent,
            Fact::Unavailable(why) => Fact::Unavailable(why.clone()),
        }
    }

    /// Converts the value, if there is one.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Fact<U> {
        self.and_then(|value| Fact::Known(f(value)))
    }

    /// Looks the value up in another fact: what is absent or unavailable stays so.
    pub fn and_then<U>(self, f: impl FnOnce(T) -> Fact<U>) -> Fact<U> {
        match self {
            Fact::Known(value) => f(value),
            Fact::Absent => Fact::Absent,
            Fact::Unavailable(why) => Fact::Unavailable(why),
        }
    }
}

impl<T> From<Result<T, Unavailable>> for Fact<T> {
    fn from(result: Result<T, Unavailable>) -> Self {
        match result {
            Ok(value) => Fact::Known(value),
            Err(why) => Fact::Unavailable(why),
        }
    }
}

impl Unavailable {
    /// `action` as IAM policies write it; `message` is shown for reasons that do not explain themselves.
    pub fn new(
        action: impl Into<String>,
        reason: Reason,
        message: impl Into<String>,
    ) -> Unavailable {
        Unavailable {
            action: action.into(),
            reason,
            message: message.into(),
        }
    }

    /// A fact that no collector looked for.
    pub fn not_asked(action: impl Into<String>, message: impl Into<String>) -> Unavailable {
        Unavailable::new(action, Reason::NotAsked, message)
    }

    /// The action that the caller lacks, where that is the reason.
    pub fn missing_permission(&self) -> Option<String> {
        (self.reason == Reason::Denied).then(|| self.action.clone())
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = &self.action;
        match self.reason {
            Reason::Denied => write!(f, "missing permission {action}"),
            Reason::Throttled => write!(f, "AWS kept throttling {action}"),
            Reason::TimedOut => write!(f, "{action} did not answer in time"),
            Reason::Unreachable => {
                write!(f, "{action} could not be reached: {}", mask(&self.message))
            }
            Reason::Failed => write!(f, "{action} failed: {}", mask(&self.message)),
            Reason::NotAsked => f.write_str(&mask(&self.message)),
        }
    }
}
