//! What users of docker, kubectl and the AWS CLI type, and what they mean.

use std::ffi::OsString;

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{Cli, SHORT_FORM};
use crate::target::{nearest, similarity};

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

/// Words of other tools that are no commands here, and what does the same.
const OTHER_WORDS: [(&str, &str); 27] = [
    ("attach", "exec"),
    ("check", "doctor"),
    ("config", "init"),
    ("connect", "exec"),
    ("copy", "cp"),
    ("describe", "doctor"),
    ("diagnose", "doctor"),
    ("docker", "exec"),
    ("enter", "exec"),
    ("execute", "exec"),
    ("forward", "port-forward"),
    ("get", "list"),
    ("history", "sessions"),
    ("kubectl", "exec"),
    ("login", "exec"),
    ("pf", "port-forward"),
    ("ps", "list"),
    ("scp", "cp"),
    ("services", "list"),
    ("shell", "exec"),
    ("ssh", "exec"),
    ("start-session", "exec"),
    ("status", "list"),
    ("tail", "logs -f"),
    ("tasks", "list"),
    ("version", "--version"),
    ("who", "who-can"),
];

/// Longer names are misspelt in more ways than by a slip of the finger.
const SHORT_COMMAND: usize = 4;

/// Two names that are at least this similar (0 to 1) are taken for one, misspelt.
const MISSPELT: f64 = 0.8;

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

/// The command, or flag, that somebody means who writes this word in the place of a service.
pub fn meant_command(word: &str) -> Option<String> {
    let word = word.to_lowercase();
    let other = OTHER_WORDS.iter().find(|(other, _)| *other == word);
    if let Some((_, meant)) = other {
        return Some((*meant).to_owned());
    }
    let commands = commands();
    let near = nearest(&word, commands.iter().map(String::as_str));
    let near = near.into_iter().find(|near| match near.len() {
        0..=SHORT_COMMAND => is_slip(&word, near),
        _ => similarity(&word, near) >= MISSPELT,
    });
    near.map(str::to_owned)
}

/// Whether fingers slipped on a short name: two letters changed places, one came twice, or the last is missing. Many
/// services have names that are otherwise similar to a short one.
fn is_slip(word: &str, command: &str) -> bool {
    let (typed, meant) = (word.as_bytes(), command.as_bytes());
    let swapped = || {
        let mut pairs = (1..meant.len()).map(|at| {
            let mut other = meant.to_vec();
            other.swap(at - 1, at);
            other
        });
        meant.len() > 2 && pairs.any(|other| other == typed)
    };
    let doubled = || {
        let mut letters = (0..meant.len()).map(|at| {
            let mut other = meant.to_vec();
            other.insert(at, meant[at]);
            other
        });
        letters.any(|other| other == typed)
    };
    let cut =
        meant.len() == SHORT_COMMAND && meant.split_last().is_some_and(|(_, rest)| rest == typed);
    typed != meant && (cut || swapped() || doubled())
}

/// A known command that is similar to this one.
pub fn similar_command(word: &str) -> Option<String> {
    let commands = commands();
    let near = nearest(word, commands.iter().map(String::as_str));
    near.first().map(|near| (*near).to_owned())
}

fn commands() -> Vec<String> {
    let program = Cli::command();
    let visible = program
        .get_subcommands()
        .filter(|command| !command.is_hide_set());
    visible
        .map(|command| command.get_name().to_owned())
        .collect()
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
    fn misspelt_commands_are_distinguished_from_services() {
        for (word, meant) in [
            ("doctr", Some("doctor")),
            ("DOCTOR", Some("doctor")),
            ("ps", Some("list")),
            ("port-foward", Some("port-forward")),
            ("coder", None),
            ("web", None),
            ("main", None),
            ("docs", None),
            ("exce", Some("exec")),
            ("lsit", Some("list")),
            ("fxi", Some("fix")),
            ("mpc", Some("mcp")),
            ("log", Some("logs")),
            ("ini", Some("init")),
            ("execc", Some("exec")),
            ("tail", Some("logs -f")),
            ("scp", Some("cp")),
        ] {
            assert_eq!(meant_command(word).as_deref(), meant, "{word}");
        }
    }

    #[test]
    fn usual_names_of_services_are_no_commands() {
        for name in [
            "api",
            "app",
            "web",
            "worker",
            "db",
            "redis",
            "nginx",
            "proxy",
            "cron",
            "auth",
            "blog",
            "blogs",
            "logs-api",
            "init-db",
            "list-service",
            "execute-api",
            "exec-api",
            "copier",
            "runner",
            "tailor",
            "trusted",
            "dist",
            "last",
            "mist",
            "lint",
            "next",
            "sun",
            "mix",
            "fox",
            "max",
            "pc",
            "main",
            "men",
            "doc",
            "checkout",
            "catalog",
            "session",
            "recipes",
            "capture-service",
            "policies-api",
            "core",
            "cpu",
        ] {
            let meant = meant_command(name);
            let is_plural = ["session", "recipes"].contains(&name);
            assert!(meant.is_none() || is_plural, "{name}: {meant:?}");
        }
    }

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
