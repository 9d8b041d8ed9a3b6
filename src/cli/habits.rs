//! What users of docker, kubectl and the AWS CLI type, and what they mean.

use std::ffi::OsString;

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Cli;
use crate::target::{nearest, similarity};

/// Flags of `aws ecs execute-command` that no other command has first.
const EXECUTE_COMMAND_FLAGS: [&str; 4] = ["--task", "--container", "--interactive", "--command"];

/// Words of other tools that are no commands here, and what does the same.
const OTHER_WORDS: [(&str, &str); 14] = [
    ("config", "init"),
    ("connect", "exec"),
    ("check", "doctor"),
    ("describe", "doctor"),
    ("diagnose", "doctor"),
    ("get", "list"),
    ("login", "exec"),
    ("ps", "list"),
    ("services", "list"),
    ("shell", "exec"),
    ("ssh", "exec"),
    ("status", "list"),
    ("tasks", "list"),
    ("version", "--version"),
];

/// Two names that are at least this similar (0 to 1) are taken for one, misspelt.
const MISSPELT: f64 = 0.8;

/// Whether these are the pasted flags of `aws ecs execute-command`, which names no command of this program.
pub fn are_flags_of_execute_command(arguments: &[OsString]) -> bool {
    let mut words = arguments
        .iter()
        .skip(1)
        .take_while(|word| *word != "--")
        .map(|word| word.to_string_lossy());
    let is_one =
        |word: &str| EXECUTE_COMMAND_FLAGS.contains(&word.split('=').next().unwrap_or_default());
    let program = Cli::command();
    let starts_with_flag = arguments
        .get(1)
        .is_some_and(|word| word.to_string_lossy().starts_with("--"));
    let names_command = arguments.iter().skip(1).any(|word| {
        word.to_str()
            .is_some_and(|word| program.find_subcommand(word).is_some())
    });
    starts_with_flag && !names_command && words.any(|word| is_one(&word))
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
    let near = near
        .into_iter()
        .find(|near| similarity(&word, near) >= MISSPELT && near.len() > 3);
    near.map(str::to_owned)
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

/// Adds what to type instead to an error about a word that has no place: `run SERVICE ls`.
pub fn explain_usage_error(error: &mut clap::Error, arguments: &[OsString]) {
    let words: Vec<_> = arguments
        .iter()
        .map(|word| word.to_string_lossy())
        .collect();
    let Some(ContextValue::String(wrong)) = error.get(ContextKind::InvalidArg) else {
        return;
    };
    let takes_command = words.iter().any(|word| word == "run" || word == "exec");
    let at = words.iter().position(|word| *word == wrong.as_str());
    let Some(at) = at.filter(|_| {
        error.kind() == ErrorKind::UnknownArgument && takes_command && !wrong.starts_with('-')
    }) else {
        return;
    };
    let (before, after) = words.split_at(at);
    // Long flags behind the command are likely those of this program.
    let after = after.iter().filter(|word| *word != "--");
    let after = after
        .take_while(|word| !word.starts_with("--"))
        .map(AsRef::as_ref);
    let tip = format!(
        "put the command after --: ecs-exec {} -- {}",
        before[1..].join(" "),
        shell_words::join(after)
    );
    let tip = model::text::sanitize_line(&tip);
    error.insert(
        ContextKind::Suggested,
        ContextValue::StyledStrs(vec![tip.into()]),
    );
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
        ] {
            assert_eq!(meant_command(word).as_deref(), meant, "{word}");
        }
    }

    #[test]
    fn pasted_flags_of_the_aws_cli_are_recognised() {
        let are = |line: &str| {
            let words = line.split(' ').map(OsString::from).collect::<Vec<_>>();
            are_flags_of_execute_command(&words)
        };
        assert!(are(
            "ecs-exec --cluster c --task t --container x --interactive --command /bin/sh"
        ));
        assert!(are("ecs-exec --task=t"));
        for other in [
            "ecs-exec coder --task t",
            "ecs-exec --cluster c doctor --task t",
            "ecs-exec --cluster c",
            "ecs-exec --cluster c -- --task",
        ] {
            assert!(!are(other), "{other}");
        }
    }
}
