//! What shells complete. The script of `ecs-exec completions SHELL` runs this program for each press of Tab, with the
//! variable `ECS_EXEC_COMPLETE`; clap_complete finds which argument the cursor is in, and this module gives its values.
//! Nothing here asks AWS or waits.
//!
//! - `candidates`: the values of an argument, by the argument's name.
//! - `seen_names`: names that earlier commands read from AWS.

mod candidates;
pub mod seen_names;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::builder::Resettable::Reset;
use clap::{Arg, Args, Command, CommandFactory};
use clap_complete::engine::ArgValueCompleter;
use clap_complete::env::{CompleteEnv, Shells};

use crate::cli::{Cli, ShortForm};
use crate::cli_error::CliError;
use crate::output::print;

const NAME: &str = "ecs-exec";

/// The variable with the shell's name, if a shell asks.
const VARIABLE: &str = "ECS_EXEC_COMPLETE";

/// Prints the candidates if a shell asks for them.
pub fn answer_shell() -> Option<ExitCode> {
    std::env::var_os(VARIABLE)?;
    let folder = std::env::current_dir().ok();
    let answered = CompleteEnv::with_factory(completed_command)
        .var(VARIABLE)
        .completer(NAME)
        .try_complete(std::env::args_os(), folder.as_deref());
    match answered {
        Ok(true) => Some(ExitCode::SUCCESS),
        Ok(false) => None,
        // The shell shows no message while the user types.
        Err(_) => Some(ExitCode::FAILURE),
    }
}

/// `ecs-exec completions SHELL`: prints the script that registers this program with the shell.
pub fn registration(shell: clap_complete::Shell) -> Result<ExitCode, CliError> {
    let mut script = Vec::new();
    let shells = Shells::builtins();
    let name = shell.to_string();
    let Some(completer) = shells.completer(&name) else {
        let message = format!("there are no completions for {name}");
        return Err(CliError::new(message, ""));
    };
    completer
        .write_registration(VARIABLE, NAME, NAME, NAME, &mut script)
        .map_err(|error| CliError::file(format!("cannot create the completions: {error}")))?;
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if shell == clap_complete::Shell::Bash {
        script = with_whole_words(&script);
    }
    if shell == clap_complete::Shell::Zsh {
        // In a folder of `fpath` the file is the body of the function that zsh calls for the first Tab.
        script.push_str(
            "if [[ $funcstack[1] == _ecs-exec ]]; then _clap_dynamic_completer_ecs_exec \"$@\"; fi\n",
        );
    }
    print(&script)?;
    Ok(ExitCode::SUCCESS)
}

/// The script for bash, which sees the words as the user typed them, and returns what follows the last `=` or `:`.
fn with_whole_words(script: &str) -> String {
    const BEFORE: &str = "    local words=(\"${COMP_WORDS[@]}\")\n";
    const AFTER: &str = "    COMPREPLY=( $( \\\n";
    const ANSWERED: &str = "    if [[ $? != 0 ]]; then\n";
    const STRIP: &str = "    elif [[ -n \"$prefix\" ]]; then\n        COMPREPLY=(\"${COMPREPLY[@]#\"$prefix\"}\")\n";
    let whole = || {
        let (start, rest) = script.split_once(BEFORE)?;
        let (_, rest) = rest.split_once(AFTER)?;
        let (call, rest) = rest.split_once(ANSWERED)?;
        let (unset, rest) = rest.split_once("    elif ")?;
        let words = include_str!("completion/bash_words.sh");
        Some(format!(
            "{start}{words}{AFTER}{call}{ANSWERED}{unset}{STRIP}    elif {rest}"
        ))
    };
    whole().unwrap_or_else(|| script.to_owned())
}

/// The words of the command line that the user types, without the program's name.
fn typed_words() -> Vec<OsString> {
    let words = std::env::args_os().skip_while(|word| word != "--");
    words.skip(2).collect()
}

/// The program as shells see it: without hidden commands and flags, with the arguments of the short form
/// `ecs-exec SERVICE` at the top, and with values for arguments.
fn completed_command() -> Command {
    let program = Cli::command();
    let commands = program
        .get_subcommands()
        .filter(|command| !command.is_hide_set());
    let short_form = ShortForm::augment_args(Command::new(NAME));
    let completed = Command::new(NAME)
        .version(env!("CARGO_PKG_VERSION"))
        .args(program.get_arguments().map(with_values))
        .args(visible_arguments(&short_form));
    match is_short_form(&program) {
        true => completed,
        false => completed.subcommands(commands.map(completed_subcommand)),
    }
}

/// Whether a service is typed where a command could be: then no command follows.
fn is_short_form(program: &Command) -> bool {
    let mut words = typed_words();
    words.pop();
    let mut words = words.iter().map(|word| word.to_string_lossy());
    while let Some(word) = words.next() {
        let Some(flag) = word.strip_prefix("--") else {
            if word.starts_with('-') {
                continue;
            }
            return program.find_subcommand(&*word).is_none();
        };
        let takes_value = program.get_arguments().any(|argument| {
            argument.get_long() == Some(flag) && argument.get_action().takes_values()
        });
        if takes_value {
            words.next();
        }
    }
    false
}

fn completed_subcommand(command: &Command) -> Command {
    let name: &'static str = command.get_name().to_owned().leak();
    let aliases = command.get_visible_aliases().map(str::to_owned);
    let aliases: Vec<&'static str> = aliases.map(|alias| &*alias.leak()).collect();
    Command::new(name)
        .visible_aliases(aliases)
        .about(command.get_about().cloned().unwrap_or_default())
        .args(visible_arguments(command))
        // In place of the program's own, which are offered.
        .args(hidden_global_flags(command))
}

fn hidden_global_flags(command: &Command) -> impl Iterator<Item = Arg> {
    let arguments = command.get_arguments();
    let hidden = arguments.filter(|one| one.is_hide_set() && one.is_global_set());
    hidden.cloned()
}

fn visible_arguments(command: &Command) -> impl Iterator<Item = Arg> {
    let shown = command
        .get_arguments()
        .filter(|argument| !argument.is_hide_set());
    shown.map(with_values)
}

/// The rules between arguments may name a hidden one, so they are dropped.
fn with_values(argument: &Arg) -> Arg {
    let argument = argument.clone().conflicts_with(Reset).requires(Reset);
    let values = candidates::values(argument.get_id().as_str());
    match values {
        Some(values) if argument.get_possible_values().is_empty() => {
            let completer = move |typed: &std::ffi::OsStr| values.complete(typed);
            argument.add(ArgValueCompleter::new(completer))
        }
        Some(_) | None => argument,
    }
}
