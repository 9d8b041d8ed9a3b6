//! Whether somebody typed a line.

use super::log_prefix::Line;

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
        let is_program = word
            .starts_with(|c: char| c.is_ascii_lowercase() || matches!(c, '/' | '.'))
            && !word.ends_with([':', ',', '.'])
            && word
                .chars()
                .all(|c| c.is_ascii_lowercase() || matches!(c, '0'..='9' | '-' | '_' | '/' | '.'));
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
    let is_drive =
        bytes.len() >= 3 && bytes[0].is_ascii_alphabetic() && place[1..].starts_with(":\\");
    let one_word = !place.contains(' ');
    let first = place
        .trim_start_matches('[')
        .split(' ')
        .next()
        .unwrap_or_default();
    let user_at_host = first.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && !host.is_empty() && !user.contains([':', '/', '\'', '='])
    }) && place.split(' ').count() <= 3;
    place.starts_with("PS ") && !place.contains("': ")
        || is_drive
        || one_word && place.starts_with(['/', '~']) && !place.contains([':', '\''])
        || one_word
            && (place.starts_with("sh-") || place.starts_with("bash-"))
            && place[2..].contains(|c: char| c.is_ascii_digit())
        || user_at_host
}

const PROGRAMS: [&str; 17] = [
    "aws",
    "sudo",
    "copilot",
    "ecs-exec",
    "ecsta",
    "ecsk",
    "ecsgo",
    "ecspresso",
    "ecsher",
    "docker",
    "kubectl",
    "export",
    "terraform",
    "winpty",
    "saml2aws",
    "aws-vault",
    "npx",
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
        && words.next().is_some_and(|word| {
            ["ecs", "ssm", "sts", "sso", "svc", "task", "exec"].contains(&word)
                || text.contains(" -")
        })
        && !reads_like_a_sentence(text)
}

fn reads_like_a_sentence(text: &str) -> bool {
    text.contains(": ")
        || text.ends_with(['.', ':'])
        || [
            " failed",
            " error",
            " is not ",
            " was not ",
            " because ",
            " the ",
        ]
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
            (
                "aws ecs execute-command --cluster prod",
                "aws ecs execute-command --cluster prod",
            ),
            (
                "AWS_PROFILE=x aws ecs list-tasks",
                "AWS_PROFILE=x aws ecs list-tasks",
            ),
            ("> aws ecs list-tasks", "aws ecs list-tasks"),
            ("+ aws ecs list-tasks", "aws ecs list-tasks"),
        ] {
            assert_eq!(
                prompt(raw, &Line::read(raw)).map(|typed| typed.command),
                Some(command),
                "{raw}"
            );
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
