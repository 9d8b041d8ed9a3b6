//! What users of docker, kubectl and the AWS CLI type, and what they mean.

use std::ffi::OsString;

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{Cli, SHORT_FORM};

/// Flags of `aws ecs execute-command` that no other command has first.
const EXECUTE_COMMAND_FLAGS: [&str; 4] = ["--task", "--container", "--interactive", "--command"];

/// Flags of the AWS CLI that change nothing about a session.
const AWS_CLI_SWITCHES: [&str; 4] = [
    "--no-cli-pager",
    "--no-paginate",
    "--cli-auto-prompt",
    "--no-cli-auto-prompt",
];

/// The same, each with a value.
const AWS_CLI_OPTIONS: [&str; 5] = [
    "--output",
    "--query",
    "--cli-binary-format",
    "--cli-read-timeout",
    "--cli-connect-timeout",
];

/// Removes what this program has no use for from a pasted `aws ecs execute-command …`, whole or only its flags.
pub fn adapt_aws_cli_line(arguments: &mut Vec<OsString>) {
    const COMMAND: &str = "execute-command";
    let words = words_before_dashes(arguments);
    let at = words.iter().position(|word| word == COMMAND);
    let starts_as_one = words.get(1).is_some_and(|first| {
        ["aws", "ecs", COMMAND].contains(&first.as_str()) || first.starts_with("--")
    });
    let has_its_flags = words
        .iter()
        .any(|word| EXECUTE_COMMAND_FLAGS.contains(&flag_of(word)));
    if !starts_as_one || (at.is_none() && (names_command(&words) || !has_its_flags)) {
        return;
    }
    let is_prefix = |position: usize, word: &str| {
        at.is_some() && (position == 1 && word == "aws")
            || at == Some(position + 1) && word == "ecs"
    };
    let mut position = 0;
    let mut is_value = false;
    arguments.retain(|_| {
        let word = words.get(position).map_or("", String::as_str);
        let next = words.get(position + 1).map(String::as_str);
        let flag = flag_of(word);
        let has_value = AWS_CLI_OPTIONS.contains(&flag)
            || flag == "--color"
                && [Some("on"), Some("off")]
                    .contains(&word.split_once('=').map_or(next, |(_, value)| Some(value)));
        let is_useless =
            is_value || has_value || AWS_CLI_SWITCHES.contains(&word) || is_prefix(position, word);
        is_value = !is_value && has_value && flag == word;
        position += 1;
        !is_useless
    });
}

/// The command of a line that starts with flags of a session, such as `-it SERVICE -- CMD` or the pasted flags of
/// `aws ecs execute-command`; `None` for any other line.
pub fn implied_command(arguments: &[OsString]) -> Option<&'static str> {
    let words = words_before_dashes(arguments);
    if !words.get(1)?.starts_with('-') || names_command(&words) {
        return None;
    }
    let unknown_flag = unknown_argument(arguments)?;
    let with_command = |command: &'static str| {
        let mut arguments = arguments.to_vec();
        arguments.insert(1, command.into());
        arguments
    };
    let parses = |command: &&&'static str| {
        let arguments = with_command(command);
        Cli::command().try_get_matches_from(arguments).is_ok()
    };
    let parsed = ["exec", SHORT_FORM].iter().find(parses).copied();
    // A session has the first flag, but something behind it is wrong.
    parsed.or_else(|| {
        let in_session = unknown_argument(&with_command("exec"));
        (in_session.as_ref() != Some(&unknown_flag)).then_some("exec")
    })
}

fn unknown_argument(arguments: &[OsString]) -> Option<String> {
    unexpected_argument(&Cli::command().try_get_matches_from(arguments).err()?)
}

/// The argument that clap does not expect; `None` if it reports something else.
pub fn unexpected_argument(error: &clap::Error) -> Option<String> {
    match error.kind() {
        ErrorKind::UnknownArgument => invalid_argument(error),
        _ => None,
    }
}

fn invalid_argument(error: &clap::Error) -> Option<String> {
    match error.get(ContextKind::InvalidArg)? {
        ContextValue::String(wrong) => Some(wrong.clone()),
        _ => None,
    }
}

fn words_before_dashes(arguments: &[OsString]) -> Vec<String> {
    let words = arguments.iter().take_while(|word| *word != "--");
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect()
}

fn flag_of(word: &str) -> &str {
    word.split_once('=').map_or(word, |(flag, _)| flag)
}

fn names_command(words: &[String]) -> bool {
    let program = Cli::command();
    let mut words = words.iter().skip(1);
    words.any(|word| program.find_subcommand(word).is_some())
}

/// Adds what to type instead to an error about a word that has no place: `run SERVICE ls`, `SERVICE bash -l`.
pub fn explain_usage_error(error: &mut clap::Error, arguments: &[OsString]) {
    let words: Vec<String> = arguments
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let is_session = ["run", "exec", "execute-command", SHORT_FORM]
        .iter()
        .any(|command| words.iter().any(|word| word == command));
    let Some(wrong) = invalid_argument(error).filter(|_| is_session) else {
        return;
    };
    let tip = match error.kind() {
        ErrorKind::UnknownArgument if wrong == "--non-interactive" => {
            error.remove(ContextKind::SuggestedArg);
            Some("to run a command without a terminal: ecs-exec run SERVICE -- CMD".to_owned())
        }
        ErrorKind::UnknownArgument if !wrong.starts_with('-') => {
            let at = words.iter().position(|word| *word == wrong);
            at.map(|at| {
                short_form_with_dashes(&words, at)
                    .unwrap_or_else(|| after_dashes(&words[1..at], &[], &words[at..]))
            })
        }
        ErrorKind::UnknownArgument if error.get(ContextKind::SuggestedArg).is_some() => None,
        ErrorKind::UnknownArgument => {
            // clap's own tip is to pass the flag alone as the command.
            error.remove(ContextKind::Suggested);
            let at = words.iter().position(|word| word.starts_with(&wrong));
            at.and_then(|at| command_with_flags(arguments, &words, at))
        }
        // `SERVICE sh -c …`
        ErrorKind::ArgumentConflict => {
            let at = words.iter().position(|word| word == "-c");
            at.and_then(|at| command_with_flags(arguments, &words, at))
        }
        _ => None,
    };
    if let Some(tip) = tip {
        let tip = model::text::sanitize_line(&tip);
        error.insert(
            ContextKind::Suggested,
            ContextValue::StyledStrs(vec![tip.into()]),
        );
    }
}

/// What to type for `SERVICE CMD ARG ARG…`, where the word at this position is one too many. A container that has the
/// service's name is taken for one.
fn short_form_with_dashes(words: &[String], at: usize) -> Option<String> {
    let short_form = words.iter().position(|word| word == SHORT_FORM)?;
    let service = words.get(short_form + 1)?;
    let (container, command) = match &words[short_form + 2..] {
        [first, rest @ ..] if first == service => (Some(first), rest),
        rest => (None, rest),
    };
    if words[short_form..at]
        .iter()
        .any(|word| word.starts_with('-'))
    {
        return None;
    }
    let mut before = words[1..short_form].to_vec();
    before.push(service.clone());
    before.extend(
        container
            .into_iter()
            .flat_map(|name| ["-c".to_owned(), name.clone()]),
    );
    Some(after_dashes(&before, &[], command))
}

/// What to type for `SERVICE [CONTAINER] CMD -l`, where the flag at this position is the command's.
fn command_with_flags(arguments: &[OsString], words: &[String], at: usize) -> Option<String> {
    let matches = Cli::command().try_get_matches_from(&arguments[..at]).ok()?;
    let (_, session) = matches
        .subcommand()
        .filter(|(name, _)| *name == SHORT_FORM)?;
    let positional = |name| session.get_one::<String>(name);
    let program = positional("command").or(positional("container"))?;
    let mut before: Vec<String> = words[1..at]
        .iter()
        .filter(|word| *word != SHORT_FORM)
        .cloned()
        .collect();
    let of_program = before.iter().rposition(|word| word == program)?;
    before.remove(of_program);
    if positional("command").is_some() {
        let container = positional("container")?;
        let of_container = before.iter().rposition(|word| word == container)?;
        before.insert(of_container, "--container".to_owned());
    }
    let command = [program.clone(), words[at].clone()];
    Some(after_dashes(&before, &command, &words[at + 1..]))
}

/// `command`: what is the command's for certain.
fn after_dashes(before: &[String], command: &[String], rest: &[String]) -> String {
    let rest = rest.iter().filter(|word| *word != "--");
    // Long flags behind the command are likely those of this program.
    let rest = rest.take_while(|word| !word.starts_with("--"));
    format!(
        "put the command after --: ecs-exec {} -- {}",
        shell_words::join(before),
        shell_words::join(command.iter().chain(rest))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_start_with_flags_of_a_session_are_recognised() {
        let implied = |line: &str| {
            let words = line.split(' ').map(OsString::from).collect::<Vec<_>>();
            implied_command(&words)
        };
        for (line, command) in [
            (
                "ecs-exec --cluster c --task t --container x --interactive --command /bin/sh",
                Some("exec"),
            ),
            ("ecs-exec --task=t", Some("exec")),
            ("ecs-exec -it web -- ls", Some("exec")),
            ("ecs-exec -it web sh", Some(SHORT_FORM)),
            ("ecs-exec -it web --bogus", Some("exec")),
            ("ecs-exec coder --task t", None),
            ("ecs-exec --cluster c doctor --task t", None),
            ("ecs-exec --cluster c", None),
            ("ecs-exec --cluster c -- --task", None),
            ("ecs-exec -z web", None),
        ] {
            assert_eq!(implied(line), command, "{line}");
        }
    }

    #[test]
    fn only_lines_of_the_aws_cli_lose_its_flags() {
        for (line, adapted) in [
            (
                "aws ecs execute-command --output json --task t",
                "execute-command --task t",
            ),
            (
                "aws --color=on ecs execute-command --color auto",
                "execute-command --color auto",
            ),
            (
                "--task t --output text --interactive",
                "--task t --interactive",
            ),
            ("aws ecs", "aws ecs"),
            ("ecs --output json", "ecs --output json"),
            ("doctor --output report.json", "doctor --output report.json"),
            (
                "run web -- aws ecs execute-command --query x",
                "run web -- aws ecs execute-command --query x",
            ),
            (
                "explain aws ecs execute-command --query",
                "explain aws ecs execute-command --query",
            ),
        ] {
            let line = format!("ecs-exec {line}");
            let mut words = line.split(' ').map(OsString::from).collect::<Vec<_>>();
            adapt_aws_cli_line(&mut words);
            let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
            assert_eq!(words[1..].join(" "), adapted);
        }
    }
}
