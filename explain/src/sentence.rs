//! A sentence of a transcript.

use std::sync::LazyLock;

use regex::Regex;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sentence {
    /// As `normalize::compact` returns it.
    pub text: String,
    /// The API operation that failed, if this sentence or one before it names it.
    pub operation: Option<String>,
    /// Printed while a session was open: by the plugin, the agent, or the program in the container.
    pub in_session: bool,
}

static MESSAGE_START: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        ^( An\ error\ occurred | Traceback\  | SessionId: | Exiting\ session | ---------- | Command\ '
        | Cannot\ perform\ start\ session | Unable\ to\ start\ command | usage:
        # The program that reports an error, or the type of the error.
        | \./[^\ :]*:
        | [^\ :]* (Exception|Error) \s*:
        | (?i: ([^\ :]*/)? (-?(ba|z|k|mk|c|tc|da|a|fi)?sh
            | env | sudo | aws | make | error | fatal | exec | which | session-manager-plugin) \s* : ) )",
    )
    .ok()
});

/// Whether a line starts a message of its own, rather than continuing the one before it.
pub fn starts_message(line: &str) -> bool {
    MESSAGE_START
        .as_ref()
        .is_some_and(|regex| regex.is_match(line))
}

/// How botocore, the other SDKs and CloudTrail name the operation that failed.
static OPERATION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"whencallingthe(.*?)(?:operation|$)|operationerror[^:]*:([a-z0-9]*)|'eventname':'([^']*)'",
    )
    .ok()
});

/// The API operation that a compact sentence names.
pub fn failed_operation(text: &str) -> Option<&str> {
    let captures = OPERATION.as_ref()?.captures(text)?;
    let mut groups = captures.iter().skip(1).flatten();
    groups.next().map(|operation| operation.as_str())
}
