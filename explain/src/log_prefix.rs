//! One line of a text, without what was put before it.

/// A line without the marks of whatever quoted, numbered, boxed or logged it.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'t> {
    pub text: &'t str,
    /// A time or a level stood before it: a program wrote it as a message of its own.
    pub is_logged: bool,
}

/// Marks before one line: of quotes in quotes, say.
const MOST_MARKS: usize = 16;
const LEVELS: [&str; 14] = [
    "trace", "debug", "info", "notice", "warn", "warning", "error", "err", "fatal", "critical",
    "panic", "severe", "group", "command",
];

impl<'t> Line<'t> {
    pub fn read(raw: &'t str) -> Line<'t> {
        let mut text = raw;
        let mut is_logged = false;
        for _ in 0..MOST_MARKS {
            let trimmed = text.trim_start();
            let (rest, logged) = without_prefix(trimmed);
            is_logged |= logged;
            text = rest;
            if rest.len() == trimmed.len() {
                break;
            }
        }
        Line {
            text: without_suffix(text.trim_start()),
            is_logged,
        }
    }
}

/// One mark less, and whether it was that of a log.
fn without_prefix(text: &str) -> (&str, bool) {
    let Some(first) = text.chars().next() else {
        return (text, false);
    };
    let rest = &text[first.len_utf8()..];
    match first {
        '│' | '┃' | '║' | '|' | '>' | '╷' | '╵' | '•' | '·' | '├' | '└' | '✘' | '✖' | '×' | '✗'
        | '❌' | '⚠' | '─' | '\u{fe0f}' => (rest, false),
        '*' | '-' | '+' if rest.starts_with(' ') => (rest, false),
        '#' if rest.starts_with("#[") => after_tag(&rest[1..]),
        '#' if rest.starts_with('#') || rest.starts_with(' ') || rest.is_empty() => (rest, false),
        ':' if rest.starts_with(':') => after_workflow_command(text),
        '[' => after_tag(text),
        '0'..='9' => after_number(text),
        _ => after_word(text),
    }
}

fn without_suffix(text: &str) -> &str {
    text.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '│' | '┃' | '║' | '|'))
}

/// `::error title=…::message` and `##[error]message` of CI servers.
fn after_workflow_command(text: &str) -> (&str, bool) {
    let end = text
        .bytes()
        .skip(2)
        .take(200)
        .zip(text.bytes().skip(3))
        .position(|pair| pair == (b':', b':'));
    match end {
        Some(end) => (&text[end + 4..], true),
        None => (text, false),
    }
}

/// `[ERROR]`, `[2026-11-30T03:00:00Z]`, `[ssm-agent-worker]`: one word, or a time.
fn after_tag(text: &str) -> (&str, bool) {
    let Some(end) = text.bytes().take(60).position(|byte| byte == b']') else {
        return (text, false);
    };
    let tag = text[1..end].trim();
    let is_time = tag.starts_with(|c: char| c.is_ascii_digit()) && tag.contains(':');
    let is_word = !tag.is_empty() && !tag.contains([' ', ':', '\'']);
    match is_time || is_word || tag.contains(" @ ") {
        true => (text[end + 1..].trim_start_matches(':'), true),
        false => (text, false),
    }
}

/// A time, a date, or the number of a line.
fn after_number(text: &str) -> (&str, bool) {
    let end = text
        .find(|c: char| {
            !(c.is_ascii_digit() || matches!(c, '-' | ':' | '.' | ',' | '/' | 'T' | 'Z' | '+'))
        })
        .unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let is_time = digits >= 4 && number.matches([':', '-', '/']).count() >= 2;
    let ends = rest.is_empty() || rest.starts_with([' ', '|', '│', '→', '\'']);
    let is_line_number = digits <= 6
        && (rest.trim_start().starts_with(['|', '│', '→', ')'])
            || number.len() == digits + 1 && number.ends_with([':', '.'])
            || rest.starts_with("  "));
    match () {
        () if is_time && ends => (rest, true),
        () if is_line_number => (rest.trim_start().trim_start_matches([')', '→']), false),
        () => (text, false),
    }
}

/// `ERROR:`, `Nov 30 03:00:00 host app[1]:`, `app-1  | `, `botocore.parsers - DEBUG - `.
fn after_word(text: &str) -> (&str, bool) {
    let end = text
        .find(|c: char| c.is_whitespace() || matches!(c, ':' | '|' | '['))
        .unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let spaced = rest.trim_start();
    if let Some(after) = spaced.strip_prefix("| ").or_else(|| spaced.strip_prefix("|\n"))
        && is_name(word)
        // And not the first cell of a table.
        && (word.ends_with(|c: char| c.is_ascii_digit()) || after.trim().contains(' '))
    {
        return (after, false);
    }
    if let Some(after) = spaced.strip_prefix("- ")
        && is_name(word)
        && (is_level(word) || word.contains('.') || word == "MainThread")
    {
        return (after, true);
    }
    if is_level(word) && word != "error" && word != "Error" && !rest.starts_with('[') {
        let after = rest.trim_start_matches([':', ' ']);
        // `Error` and `fatal` also begin sentences; a level is in capitals.
        if word.chars().all(|c| c.is_ascii_uppercase()) && !after.is_empty() {
            return (after, true);
        }
    }
    (text, false)
}

fn is_name(word: &str) -> bool {
    !word.is_empty()
        && word.len() <= 48
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))
}

fn is_level(word: &str) -> bool {
    LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_before_a_line_are_taken_off() {
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
            ("An error occurred", "An error occurred", false),
            ("Error: x", "Error: x", false),
            ("5 time(s): failed", "5 time(s): failed", false),
            ("", "", false),
        ] {
            assert_eq!(Line::read(raw), Line { text, is_logged }, "{raw}");
        }
    }
}
