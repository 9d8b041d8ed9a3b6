//! Reads the command line, including the short form `ecs-exec SERVICE [CONTAINER] [COMMAND]`.

use std::ffi::OsString;
use std::io::{self, IsTerminal};

use clap::error::ErrorKind;
use clap::{ArgMatches, ColorChoice, CommandFactory, FromArgMatches};
use model::arn;
use model::text::{sanitize_block, sanitize_line};

use super::{Cli, Command, SHORT_FORM, console_url, habits, misspelt};
use crate::cli_error::CliError;
use crate::{exit, formats, output};

/// Parses the program's arguments; prints help, the version or a usage error and exits if that is what they ask for.
pub fn parse(mut arguments: Vec<OsString>) -> Cli {
    keep_dashed_rules(&mut arguments);
    if let [_, help, flag] = arguments.as_slice()
        && help == "help"
        && (flag == "--help" || flag == "-h")
    {
        arguments.remove(1);
    }
    console_url::replace(&mut arguments);
    habits::adapt_aws_cli_line(&mut arguments);
    if let Some(command) = habits::implied_command(&arguments) {
        arguments.insert(1, command.into());
    }
    if let [_, help, word] = arguments.as_slice()
        && help == "help"
        && let Some(word) = word.to_str()
        && Cli::command().find_subcommand(word).is_none()
        && let Some(near) = misspelt::similar_command(word)
    {
        exit_with_hint(word, &format!("Did you mean `ecs-exec help {near}`?"));
    }
    let cli = read(&arguments);
    let Command::Other(words) = &cli.command else {
        return cli;
    };
    // No command's name: a session. `SERVICE -- CMD ARG…` is only valid after `exec`.
    let command = match words.iter().any(|word| word == "--") {
        true => "exec",
        false => SHORT_FORM,
    };
    let at = arguments.len() - words.len();
    // `-- SERVICE` is the same as SERVICE.
    match at.checked_sub(1).filter(|at| arguments[*at] == "--") {
        Some(dashes) => arguments[dashes] = command.into(),
        None => arguments.insert(at, command.into()),
    }
    let word = words.first().and_then(|word| word.to_str());
    let mut cli = read_or(&arguments, |error| {
        if let Some(wrong) = habits::unexpected_argument(error)
            && let Some(word) = word
            && let Some(meant) = misspelt::meant_command(word)
        {
            let otherwise = match wrong.starts_with('-') {
                true => format!("sessions have no {}", sanitize_line(&wrong)),
                false => format!("ecs-exec exec {word} -- CMD"),
            };
            let hint =
                format!("Did you mean `ecs-exec {meant}`? If {word} is a service: {otherwise}.");
            exit_with_hint(word, &hint);
        }
    });
    if let Command::Exec(exec) = &mut cli.command {
        exec.is_implied = true;
    }
    cli
}

fn exit_with_hint(word: &str, hint: &str) -> ! {
    let what = format!("there is no command {}", sanitize_line(word));
    say!("{}", CliError::new(what, hint));
    std::process::exit(i32::from(exit::USAGE))
}

fn read(arguments: &[OsString]) -> Cli {
    read_or(arguments, |_| {})
}

/// Reads a line. `on_error` sees the error before it is printed, and may print a better one.
fn read_or(arguments: &[OsString], on_error: impl FnOnce(&clap::Error)) -> Cli {
    let command = || Cli::command().color(color(arguments));
    let matches = command().try_get_matches_from(arguments);
    let matches = matches.map_err(|mut error| {
        on_error(&error);
        habits::explain_usage_error(&mut error, arguments);
        error
    });
    let matches = matches.unwrap_or_else(|error| match error.kind() {
        // Only flags, or nothing at all: the user chooses the service on the terminal.
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            if output::can_ask() && io::stdout().is_terminal() =>
        {
            let with_exec = arguments.iter().cloned().chain(["exec".into()]);
            command()
                .try_get_matches_from(with_exec)
                .unwrap_or_else(|error| exit_with(&error, arguments))
        }
        // Without a terminal: the help, as without arguments.
        ErrorKind::MissingSubcommand => command()
            .try_get_matches_from(arguments.iter().take(1))
            .unwrap_or_else(|error| exit_with(&error, arguments)),
        _ => exit_with(&error, arguments),
    });
    let mut cli =
        Cli::from_arg_matches(&matches).unwrap_or_else(|error| exit_with(&error, arguments));
    cli.global.forget_empty_variables();
    cli.global.cluster_of_target = cluster_of_target(&matches);
    cli
}

fn cluster_of_target(matches: &ArgMatches) -> Option<String> {
    let (_, command) = matches.subcommand()?;
    let names = ["service", "services", "task"].into_iter();
    let mut named = names
        .filter_map(|name| command.try_get_raw(name).ok().flatten())
        .flatten();
    named.find_map(|target| arn::cluster(target.to_str()?))
}

fn exit_with(error: &clap::Error, arguments: &[OsString]) -> ! {
    annotate(error, arguments);
    let exit_code = match output::unless_reader_left(error.print()) {
        Ok(()) => error.exit_code(),
        Err(error) => {
            say!("{error}");
            i32::from(error.exit_code())
        }
    };
    std::process::exit(exit_code)
}

/// Usage errors are annotations too, if a report for GitHub Actions goes to standard output.
fn annotate(error: &clap::Error, arguments: &[OsString]) {
    let formats = values(arguments, "--format");
    if error.use_stderr() && formats.iter().any(|format| format == "github") {
        let message = error.render().to_string();
        // clap's own error follows; there is nobody to tell if standard output cannot be written.
        let _ = output::print(&formats::github_error(&sanitize_block(message.trim())));
    }
}

/// clap prints help and usage errors before it has parsed `--color`.
fn color(arguments: &[OsString]) -> ColorChoice {
    match last_value(arguments, "--color").as_deref() {
        Some("always") => ColorChoice::Always,
        Some("never") => ColorChoice::Never,
        _ => ColorChoice::Auto,
    }
}

/// The last value of a flag, before the command line is parsed.
pub fn last_value(arguments: &[OsString], flag: &str) -> Option<String> {
    values(arguments, flag).pop()
}

fn values(arguments: &[OsString], flag: &str) -> Vec<String> {
    let flags = arguments.iter().take_while(|argument| *argument != "--");
    let words: Vec<_> = flags.map(|flag| flag.to_string_lossy()).collect();
    let joined = |word: &str| Some(word.strip_prefix(flag)?.strip_prefix('=')?.to_owned());
    let values = words
        .iter()
        .enumerate()
        .filter_map(|(at, word)| match **word == *flag {
            true => words.get(at + 1).map(|value| value.to_string()),
            false => joined(word),
        });
    values.collect()
}

/// An error text of the agent starts with a rule of dashes, which `explain` must not take for a flag.
fn keep_dashed_rules(arguments: &mut Vec<OsString>) {
    let is_rule = |argument: &OsString| argument.to_string_lossy().starts_with("---");
    let explains = arguments.iter().any(|argument| argument == "explain");
    if let Some(at) = arguments.iter().position(is_rule).filter(|_| explains) {
        arguments.insert(at, "--".into());
    }
}
