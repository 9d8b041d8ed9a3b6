//! The error texts that are known: the files in `known-errors/`, which are read at first use.
//!
//! docs/adding-an-error-text.md describes the files.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer};

use super::pattern::{Pattern, Program};

/// The more specific errors come first: of several that match a sentence, the first one counts.
const FILES: [&str; 15] = [
    include_str!("../known-errors/session-logging.toml"),
    include_str!("../known-errors/plugin.toml"),
    include_str!("../known-errors/assume-role.toml"),
    include_str!("../known-errors/encryption.toml"),
    include_str!("../known-errors/command.toml"),
    include_str!("../known-errors/agent-in-session.toml"),
    include_str!("../known-errors/agent.toml"),
    include_str!("../known-errors/target.toml"),
    include_str!("../known-errors/caller-permissions.toml"),
    include_str!("../known-errors/credentials.toml"),
    include_str!("../known-errors/session.toml"),
    include_str!("../known-errors/local.toml"),
    include_str!("../known-errors/network.toml"),
    include_str!("../known-errors/general.toml"),
    include_str!("../known-errors/session-end.toml"),
];

/// A test reads all files, so that none is left out here.
static ERRORS: LazyLock<Vec<KnownErrors>> = LazyLock::new(|| {
    let files = FILES.iter();
    files.filter_map(|file| toml::from_str(file).ok()).collect()
});

/// A file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KnownErrors {
    source: Source,
    #[serde(rename = "error")]
    errors: Vec<KnownError>,
}

/// Who prints an error, and how much it says about the cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The plugin or the agent, even while a session is open.
    Session,
    /// AWS, this machine, or the agent in its log. In a session, a program in the container may print the same.
    Client,
    /// Like `Client`, but it has many causes: a more specific error of the same output takes precedence.
    General,
    /// Printed at the end of every session, also after success.
    SessionEnd,
}

/// A kind of error text. Any of its texts, failed calls and so on recognises it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownError {
    /// What is wrong, in a few words.
    pub title: String,
    #[serde(default)]
    pub(crate) texts: Vec<Pattern>,
    /// By the API operation that failed: what the sentence also contains.
    #[serde(default)]
    pub(crate) failed_calls: BTreeMap<String, Vec<Pattern>>,
    /// A shell, a language runtime or the agent does not find this program.
    pub(crate) missing_program: Option<Program>,
    /// The agent was asked to start a program by a Windows path: `fork/exec C:/…`.
    #[serde(default)]
    pub(crate) windows_path: bool,
    /// What the text means, and what causes it.
    #[serde(deserialize_with = "paragraph")]
    pub meaning: String,
    /// IDs of the checks that find the cause, the most likely one first.
    #[serde(default)]
    pub checks: Vec<String>,
    /// What to do about it.
    pub next: NextStep,
}

/// What to do about an error.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NextStep {
    /// Run the doctor on the target.
    Doctor,
    /// Run the doctor's checks of this machine.
    DoctorLocal,
    /// A command or a step. `REGION` stands for the region that the text mentions.
    Advice(#[serde(deserialize_with = "paragraph")] String),
}

/// A text without the line breaks of its file.
fn paragraph<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

impl KnownError {
    /// The patterns of its texts and failed calls.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.texts
            .iter()
            .chain(self.failed_calls.values().flatten())
    }
}

/// All known errors, the more specific ones first.
pub fn all() -> impl Iterator<Item = &'static KnownError> {
    with_sources().map(|(_, error)| error)
}

/// The same, each with its source.
pub fn with_sources() -> impl Iterator<Item = (Source, &'static KnownError)> {
    ERRORS
        .iter()
        .flat_map(|file| file.errors.iter().map(|error| (file.source, error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_read() {
        for file in FILES {
            let read = toml::from_str::<KnownErrors>(file);
            if let Err(error) = read {
                panic!("{error}");
            }
        }
        let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/known-errors"));
        let names = folder.unwrap().map(|entry| entry.unwrap().file_name());
        let names = names.filter(|name| name.to_str().unwrap().ends_with(".toml"));
        assert_eq!(names.count(), ERRORS.len());
    }

    #[test]
    fn every_error_has_patterns_and_an_explanation() {
        for error in all() {
            let is_recognised = error.patterns().next().is_some()
                || error.missing_program.is_some()
                || error.windows_path;
            assert!(is_recognised && !error.title.is_empty(), "{error:?}");
            assert!(!error.meaning.is_empty(), "{}", error.title);
            assert_ne!(
                error.next,
                NextStep::Advice(String::new()),
                "{}",
                error.title
            );
        }
    }

    #[test]
    fn no_phrase_is_too_short() {
        for error in all() {
            for phrase in error.patterns().flat_map(Pattern::phrases) {
                assert!(phrase.len() >= 4, "{}: {phrase}", error.title);
            }
        }
    }
}
