//! One line of a text: what was put before it, and whether somebody typed it.

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
        '│' | '┃' | '║' | '|' | '>' | '╷' | '╵' | '•' | '·' | '├' | '└' | '✘' | '✖' | '×' | '✗' | '❌' | '⚠'
        | '─' | '\u{fe0f}' => (rest, false),
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
    let end = text.bytes().skip(2).take(200).zip(text.bytes().skip(3)).position(|pair| pair == (b':', b':'));
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
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | ':' | '.' | ',' | '/' | 'T' | 'Z' | '+')))
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

/// What stands behind the prompt of a shell.
#[derive(Debug, PartialEq, Eq)]
pub struct Prompt<'t> {
    pub command: &'t str,
}

/// A line that somebody typed: it begins with a prompt, or it is a command of a kind that is run for sessions.
///
/// `line` is the same without the marks of quoting and logging, as in a ticket or in the log of a CI server.
pub fn prompt<'t>(raw: &'t str, line: &Line<'t>) -> Option<Prompt<'t>> {
    let text = raw.trim();
    let typed = |text: &'t str| after_prompt(text).or_else(|| is_command(text).then_some(text));
    let command = typed(text).or_else(|| {
        let is_marked = line.text.len() < text.len();
        let inner = line.text.strip_prefix("Run ").unwrap_or(line.text);
        is_marked.then(|| typed(inner)).flatten()
    })?;
    Some(Prompt {
        command: command.trim(),
    })
}

fn after_prompt(text: &str) -> Option<&str> {
    for mark in ["❯", "➜", "λ ", "PS>", "$ ", "% ", "+ ", "++ "] {
        if let Some(rest) = text.strip_prefix(mark) {
            return Some(rest);
        }
    }
    if matches!(text, "$" | "%") {
        return Some("");
    }
    // `#` alone is the prompt of root as well as a mark of quoting: typed is what begins like the name of a program.
    if let Some(rest) = text.strip_prefix("# ") {
        let word = rest.split(' ').next().unwrap_or_default();
        let is_program = word.starts_with(|c: char| c.is_ascii_lowercase() || matches!(c, '/' | '.'))
            && !word.ends_with([':', ',', '.'])
            && word.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '0'..='9' | '-' | '_' | '/' | '.'));
        return (is_program && !reads_like_a_sentence(rest)).then_some(rest);
    }
    let end = text
        .char_indices()
        .take(120)
        .find(|(at, c)| matches!(c, '$' | '#' | '%' | '>' | '❯') && is_place(&text[..*at]))?;
    let rest = &text[end.0 + end.1.len_utf8()..];
    let closes = rest.is_empty() || rest.starts_with(' ') || end.1 == '>';
    closes.then_some(rest)
}

/// What a shell writes before the mark of its prompt.
fn is_place(text: &str) -> bool {
    let mut place = text.trim();
    if let Some(rest) = place.strip_prefix('(')
        && let Some((_, rest)) = rest.split_once(") ")
    {
        place = rest;
    }
    let bytes = place.as_bytes();
    let is_drive = bytes.len() >= 3 && bytes[0].is_ascii_alphabetic() && place[1..].starts_with(":\\");
    let one_word = !place.contains(' ');
    let first = place.trim_start_matches('[').split(' ').next().unwrap_or_default();
    let user_at_host = first.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && !host.is_empty() && !user.contains([':', '/', '\'', '='])
    }) && place.split(' ').count() <= 3;
    place.starts_with("PS ") && !place.contains("': ")
        || is_drive
        || one_word && place.starts_with(['/', '~']) && !place.contains([':', '\''])
        || one_word && (place.starts_with("sh-") || place.starts_with("bash-")) && place[2..].contains(|c: char| c.is_ascii_digit())
        || user_at_host
}

const PROGRAMS: [&str; 17] = [
    "aws", "sudo", "copilot", "ecs-exec", "ecsta", "ecsk", "ecsgo", "ecspresso", "ecsher", "docker", "kubectl", "export",
    "terraform", "winpty", "saml2aws", "aws-vault", "npx",
];

fn is_command(text: &str) -> bool {
    let mut words = text.split(' ').filter(|word| !word.is_empty());
    let first = words
        .by_ref()
        .find(|word| !word.contains('=') || word.starts_with('-'))
        .unwrap_or_default();
    let name = first.rsplit(['/', '\\']).next().unwrap_or(first);
    // Without a prompt, a sentence too may begin with the name of a program.
    PROGRAMS.contains(&name.trim_end_matches(".exe"))
        && words.next().is_some_and(|word| ["ecs", "ssm", "sts", "sso", "svc", "task", "exec"].contains(&word) || text.contains(" -"))
        && !reads_like_a_sentence(text)
}

fn reads_like_a_sentence(text: &str) -> bool {
    text.contains(": ")
        || text.ends_with(['.', ':'])
        || [" failed", " error", " is not ", " was not ", " because ", " the "]
            .iter()
            .any(|word| text.contains(word))
}

/// The line after goes on with the same command.
pub fn goes_on(command: &str) -> bool {
    // A backtick at the end, as PowerShell has it, is a quote by now.
    command.ends_with(['\\', '^', '|']) || command.ends_with(" '") || command.ends_with("&&")
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
            ("app-1  | agent isn't running.", "agent isn't running.", false),
            ("  12 | text", "text", false),
            ("12: text", "text", false),
            ("2026-11-30T03:00:00.000Z [ERROR] exec: 'x'", "exec: 'x'", true),
            ("2026-11-23 01:54:12,550 - MainThread - botocore.retryhandler - DEBUG - No retry", "No retry", true),
            ("[2026-05-03T09:09:04+01:00] Exec", "Exec", true),
            ("##[error]Process completed", "Process completed", true),
            ("::error title=x::The execute", "The execute", true),
            ("ERROR [ssm-agent-worker] [MessageService] Failed", "Failed", true),
            ("2021-03-24 20:14:23 ERROR [run @ agent.go.104] error occurred", "error occurred", true),
            ("✘ execute command", "execute command", false),
            ("[SSL: CERTIFICATE_VERIFY_FAILED] x", "[SSL: CERTIFICATE_VERIFY_FAILED] x", false),
            ("An error occurred", "An error occurred", false),
            ("Error: x", "Error: x", false),
            ("5 time(s): failed", "5 time(s): failed", false),
            ("", "", false),
        ] {
            assert_eq!(Line::read(raw), Line { text, is_logged }, "{raw}");
        }
    }

    #[test]
    fn what_somebody_typed() {
        for (raw, command) in [
            ("$ aws ecs list-tasks", "aws ecs list-tasks"),
            ("% ls", "ls"),
            ("# redis-cli ping", "redis-cli ping"),
            ("/ # curl http://db", "curl http://db"),
            ("root@ip-10-0-0-20:/app# ./long", "./long"),
            ("jo@mac ~ % aws s3 ls", "aws s3 ls"),
            ("[ec2-user@ip-10 ~]$ aws s3 ls", "aws s3 ls"),
            ("(venv) jo@mac x $ make", "make"),
            ("PS C:\\Users\\jo> aws ecs", "aws ecs"),
            ("C:\\Users\\jo>aws ecs", "aws ecs"),
            ("bash-5.1# ls", "ls"),
            ("sh-4.2$ ls", "ls"),
            ("~ ❯ aws ecs x", "aws ecs x"),
            ("aws ecs execute-command --cluster prod", "aws ecs execute-command --cluster prod"),
            ("AWS_PROFILE=x aws ecs list-tasks", "AWS_PROFILE=x aws ecs list-tasks"),
            ("> aws ecs list-tasks", "aws ecs list-tasks"),
            ("+ aws ecs list-tasks", "aws ecs list-tasks"),
        ] {
            assert_eq!(prompt(raw, &Line::read(raw)).map(|typed| typed.command), Some(command), "{raw}");
        }
        for raw in [
            "# An error occurred (X) when",
            "# taskRoleArn is not being used.",
            "# role in your task definition and try again.",
            "> The execute command failed",
            "aws: error: argument operation: Invalid choice",
            "docker exec failed: x",
            "User: arn:aws:iam::1:user/jo is # not",
            "bash: aws: command not found",
            "Error: foo@bar > baz",
        ] {
            assert_eq!(prompt(raw, &Line::read(raw)), None, "{raw}");
        }
    }
}
