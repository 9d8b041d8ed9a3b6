//! Strips what quotes, tables, line numbers and logs put before a line.

use std::sync::LazyLock;

use regex::Regex;

/// A line without its prefixes.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'t> {
    pub text: &'t str,
    /// A time, a level or a tag stood before it: a program logged it as a message of its own.
    pub is_logged: bool,
}

/// A quote of a quote of a log line has several.
const MAX_PREFIXES: usize = 16;

/// What quotes and tools put before a line. The group is the prefix, the rest has to follow it.
const MARKS: [&str; 8] = [
    // Quotes, boxes, tables, lists, comments.
    r"([│┃║|>╷╵•·├└✘✖×✗❌⚠─\x{fe0f}])",
    r"([*+-]) ",
    r"(#)(?:[# ]|$)",
    // Line numbers: `12 | text`, `12: text`, `12  text`.
    r"([0-9]{1,6}\s*[|│→)]+)",
    r"([0-9]{1,6}[:.])(?:[^0-9:.,/TZ+-]|$)",
    r"([0-9]{1,6})  ",
    // The service of Docker Compose, but no first cell of a table.
    r"([0-9A-Za-z_./-]*[0-9]\s*\| )",
    r"([0-9A-Za-z_./-]+\s*\| )\s*\S+ +\S",
];
/// What a program puts before a message that it logs.
const LOG_PREFIXES: [&str; 5] = [
    // A time.
    r"([0-9]+[-:/][0-9]{2,}[-:/][0-9:.,/TZ+-]*)(?:[ |│→']|$)",
    // `[ERROR]`, `##[error]`, `[2026-11-30T03:00:00Z]`, `[run @ agent.go.104]`
    r"((?:##)?\[\s*(?:[0-9][^\]]{0,30}:[^\]]{0,30}|[^\] :']+|[^\]]{0,30} @ [^\]]{0,30})\s*\]:*)",
    // `::error title=…::` of CI servers.
    r"(::.*?::)",
    // The name of a logger.
    r"((?:[0-9A-Za-z_/-]*\.[0-9A-Za-z_./-]*|MainThread|(?i:LEVELS))\s*- )",
    r"((?:LEVELS)[: ]+)\S",
];
const LEVELS: &str =
    "TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|FATAL|CRITICAL|PANIC|SEVERE|GROUP|COMMAND";
static MARK: LazyLock<Option<Regex>> = LazyLock::new(|| any_of(&MARKS));
static LOG_PREFIX: LazyLock<Option<Regex>> = LazyLock::new(|| any_of(&LOG_PREFIXES));

fn any_of(alternatives: &[&str]) -> Option<Regex> {
    let any = alternatives.join("|").replace("LEVELS", LEVELS);
    Regex::new(&format!("^(?:{any})")).ok()
}

/// The text after one prefix.
fn strip<'t>(prefix: &Option<Regex>, text: &'t str) -> Option<&'t str> {
    let captures = prefix.as_ref()?.captures(text)?;
    let group = captures.iter().skip(1).flatten().next()?;
    Some(text[group.end()..].trim_start())
}

impl<'t> Line<'t> {
    pub fn parse(raw: &'t str) -> Line<'t> {
        let mut text = raw.trim_start();
        let mut is_logged = false;
        for _ in 0..MAX_PREFIXES {
            if let Some(rest) = strip(&LOG_PREFIX, text) {
                text = rest;
                is_logged = true;
            } else if let Some(rest) = strip(&MARK, text) {
                text = rest;
            } else {
                break;
            }
        }
        // Tables and boxes also close a line.
        let is_border = |c: char| c.is_whitespace() || matches!(c, '│' | '┃' | '║' | '|');
        Line {
            text: text.trim_end_matches(is_border),
            is_logged,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_stripped() {
        for (raw, text, is_logged) in [
            ("│ Error: creating", "Error: creating", false),
            ("> > The execute", "The execute", false),
            ("# taskRoleArn is", "taskRoleArn is", false),
            ("* one", "one", false),
            ("| The execute failed |", "The execute failed", false),
            ("|    | goes on |", "goes on", false),
            (
                "app-1  | agent isn't running.",
                "agent isn't running.",
                false,
            ),
            ("  12 | text", "text", false),
            ("12: text", "text", false),
            (
                "2026-11-30T03:00:00.000Z [ERROR] exec: 'x'",
                "exec: 'x'",
                true,
            ),
            (
                "2026-11-23 01:54:12,550 - MainThread - botocore.retryhandler - DEBUG - No retry",
                "No retry",
                true,
            ),
            ("[2026-05-03T09:09:04+01:00] Exec", "Exec", true),
            ("##[error]Process completed", "Process completed", true),
            ("::error title=x::The execute", "The execute", true),
            (
                "ERROR [ssm-agent-worker] [MessageService] Failed",
                "Failed",
                true,
            ),
            (
                "2021-03-24 20:14:23 ERROR [run @ agent.go.104] error occurred",
                "error occurred",
                true,
            ),
            ("✘ execute command", "execute command", false),
            (
                "[SSL: CERTIFICATE_VERIFY_FAILED] x",
                "[SSL: CERTIFICATE_VERIFY_FAILED] x",
                false,
            ),
            (
                "[1: An error occurred (X) when calling the Y operation: no more than that]",
                "[1: An error occurred (X) when calling the Y operation: no more than that]",
                false,
            ),
            ("An error occurred", "An error occurred", false),
            ("Error: x", "Error: x", false),
            ("5 time(s): failed", "5 time(s): failed", false),
            ("", "", false),
        ] {
            assert_eq!(Line::parse(raw), Line { text, is_logged }, "{raw}");
        }
    }
}
