//! `ecs-exec`: opens shells in ECS containers, and says why when it cannot.

#![forbid(unsafe_code)]
#![deny(clippy::print_stderr, clippy::print_stdout)]

#[macro_use]
mod say;

mod aws;
mod cli;
mod cli_error;
mod commands;
mod config;
mod custom_checks;
mod doctor;
mod environment;
mod exit;
mod facts;
mod files;
mod fix;
mod output;
mod report;
mod session;
mod signals;
mod target;
mod timeouts;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ColorChoice, CommandFactory, FromArgMatches};

use cli::{Cli, Command, SHORT_FORM};
use cli_error::CliError;

fn main() -> ExitCode {
    let cli = parse(std::env::args_os().collect());
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return refuse(&CliError::new(format!("cannot start: {error}"), "")),
    };
    let outcome = runtime.block_on(async {
        tokio::select! {
            // Signals are heard from the beginning.
            biased;
            number = interrupted(&cli.command) => Ok(exit::by_signal(number)),
            outcome = run(&cli) => outcome,
        }
    });
    runtime.shutdown_background();
    outcome.unwrap_or_else(|trouble| refuse(&trouble))
}

/// What begins with no command's name is a session: `ecs-exec SERVICE [CONTAINER] [COMMAND]`.
fn parse(mut arguments: Vec<OsString>) -> Cli {
    allow_rules_of_dashes(&mut arguments);
    if let [_, help, flag] = arguments.as_slice()
        && help == "help"
        && (flag == "--help" || flag == "-h")
    {
        arguments.remove(1);
    }
    let cli = read(&arguments);
    match &cli.command {
        Command::Other(words) => {
            // `SERVICE -- CMD ARG…` can only mean what it means after `exec`.
            let command = match words.iter().any(|word| word == "--") {
                true => "exec",
                false => SHORT_FORM,
            };
            let at = arguments.len() - words.len();
            // `-- SERVICE` means nothing else than SERVICE.
            match at
                .checked_sub(1)
                .filter(|before| arguments[*before] == "--")
            {
                Some(before) => arguments[before] = command.into(),
                None => arguments.insert(at, command.into()),
            }
            read(&arguments)
        }
        _ => cli,
    }
}

/// Help and errors of the command line itself heed `--color` too, which is not read yet when they are written.
fn read(arguments: &[OsString]) -> Cli {
    let command = || Cli::command().color(color(arguments));
    let matches = command().try_get_matches_from(arguments);
    let matches = matches.unwrap_or_else(|error| match error.kind() {
        // Flags alone: what could follow them is told.
        ErrorKind::MissingSubcommand => command()
            .try_get_matches_from(arguments.iter().take(1))
            .unwrap_or_else(|error| leave(&error)),
        _ => leave(&error),
    });
    let mut cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| leave(&error));
    cli.global.forget_empty_variables();
    cli
}

/// Ends with help, the version, or what is wrong with the command line.
fn leave(error: &clap::Error) -> ! {
    let status = match output::unless_reader_left(error.print()) {
        Ok(()) => error.exit_code(),
        Err(trouble) => {
            say!("{trouble}");
            i32::from(trouble.status)
        }
    };
    std::process::exit(status)
}

fn color(arguments: &[OsString]) -> ColorChoice {
    let own = arguments.iter().take_while(|argument| *argument != "--");
    let words: Vec<_> = own.map(|argument| argument.to_string_lossy()).collect();
    let apart = words.windows(2).find(|pair| pair[0] == "--color");
    let joined = words.iter().find_map(|word| word.strip_prefix("--color="));
    match apart.map(|pair| &*pair[1]).or(joined) {
        Some("always") => ColorChoice::Always,
        Some("never") => ColorChoice::Never,
        _ => ColorChoice::Auto,
    }
}

/// Error texts of the agent begin with a rule of dashes, which is no flag.
fn allow_rules_of_dashes(arguments: &mut Vec<OsString>) {
    let is_rule = |argument: &OsString| argument.to_string_lossy().starts_with("---");
    let explains = arguments.iter().any(|argument| argument == "explain");
    if let Some(at) = arguments.iter().position(is_rule).filter(|_| explains) {
        arguments.insert(at, "--".into());
    }
}

/// The number of the signal that ends the program: at once, unless there is something to be finished first.
async fn interrupted(command: &Command) -> i32 {
    match command {
        // While it changes things it stops between two steps, and says how far it is.
        Command::Fix(_) => fix::interrupted().await,
        Command::Doctor(arguments) if arguments.fix.fix => fix::interrupted().await,
        // Sessions end their remote side first.
        _ => session::ending_signals::interrupted().await,
    }
}

async fn run(cli: &Cli) -> Result<ExitCode, CliError> {
    let global = &cli.global;
    match &cli.command {
        Command::Short(arguments) => commands::exec::short(arguments, global).await,
        Command::Exec(arguments) => commands::exec::run(arguments, global).await,
        Command::Run(arguments) => commands::run::run(arguments, global).await,
        Command::Recipe(arguments) => commands::recipe::run(arguments, global).await,
        Command::List(arguments) => commands::list::run(arguments, global).await,
        Command::Logs(arguments) => commands::logs::run(arguments, global).await,
        Command::PortForward(arguments) => commands::port_forward::run(arguments, global).await,
        Command::Cp(arguments) => commands::cp::run(arguments, global).await,
        Command::Init(arguments) => commands::init::run(arguments, global).await,
        Command::Trust(arguments) => commands::trust::run(arguments),
        Command::Doctor(arguments) => commands::doctor::run(arguments, global).await,
        Command::Fix(arguments) => commands::fix::run(arguments, global).await,
        Command::Capture(arguments) => commands::capture::run(arguments, global).await,
        Command::RealNames(arguments) => commands::real_names::run(arguments),
        Command::Explain { words } => commands::explain::run(words, global).await,
        Command::Policy(arguments) => commands::policy::run(arguments, global).await,
        Command::Completions { shell } => commands::manual::completions(*shell),
        Command::Man { folder } => commands::manual::pages(folder.as_deref()),
        Command::Schema => output::print(&report::schema()).map(|()| ExitCode::SUCCESS),
        Command::Checks { format } => commands::checks::run(*format, global).await,
        Command::Evaluate => commands::evaluate::run(),
        Command::Other(_) => Err(CliError::new("there is no such command", "")),
    }
}

fn refuse(trouble: &CliError) -> ExitCode {
    say!("{trouble}");
    ExitCode::from(trouble.status)
}
