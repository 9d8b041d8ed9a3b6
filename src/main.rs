//! `ecs-exec`: opens shells in ECS containers, and says why when it cannot.
//!
//! A command reads its settings (`cli`, `config`), resolves what the user named (`target`), reads facts from AWS, a
//! capture or a plan (`collect`), and lets the `checks` crate judge them (`doctor`). `formats` and `output` write the
//! result, `apply` applies fixes, `session` opens sessions.

#![forbid(unsafe_code)]
#![deny(clippy::print_stderr, clippy::print_stdout)]

#[macro_use]
mod say;

mod apply;
mod aws;
mod cli;
mod cli_error;
mod collect;
mod commands;
mod completion;
mod config;
mod custom_checks;
mod doctor;
mod environment;
mod exit;
mod files;
mod formats;
mod output;
mod picker;
mod place;
mod session;
mod signals;
mod source_location;
mod state_file;
mod target;
mod timeouts;

use std::process::ExitCode;

use cli::{Cli, Command};
use cli_error::CliError;

fn main() -> ExitCode {
    if let Some(exit_code) = completion::answer_shell() {
        return exit_code;
    }
    let cli = cli::parse(std::env::args_os().collect());
    if cli.global.debug {
        aws::call_log::turn_on();
    }
    if cli.global.quiet {
        say::be_quiet();
    }
    run_to_completion(&cli).unwrap_or_else(|error| {
        output::print_error(&error, cli.command.report_flags());
        ExitCode::from(error.exit_code())
    })
}

fn run_to_completion(cli: &Cli) -> Result<ExitCode, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::new(format!("cannot start: {error}"), ""))?;
    let outcome = runtime.block_on(async {
        tokio::select! {
            // Watches for signals before the command starts.
            biased;
            number = ending_signal(&cli.command) => Ok(exit::by_signal(number)),
            outcome = run(cli) => outcome,
        }
    });
    runtime.shutdown_background();
    outcome
}

/// The number of the signal that ends the program at once.
async fn ending_signal(command: &Command) -> i32 {
    match command {
        // Stops between two steps, and says which steps are done.
        Command::Fix(_) => apply::interrupted().await,
        Command::Doctor(arguments) if arguments.fix.fix => apply::interrupted().await,
        // Closes the remote session first.
        _ => session::ending_signals::interrupted().await,
    }
}

async fn run(cli: &Cli) -> Result<ExitCode, CliError> {
    let global = &cli.global;
    match &cli.command {
        Command::Short(arguments) => commands::exec::short_form(arguments, global).await,
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
        Command::Sessions(arguments) => commands::sessions::run(arguments, global).await,
        Command::WhoCan(arguments) => commands::who_can::run(arguments, global).await,
        Command::Capture(arguments) => commands::capture::run(arguments, global).await,
        Command::RealNames(arguments) => commands::real_names::run(arguments),
        Command::Explain { words } => commands::explain::run(words, global).await,
        Command::Policy(arguments) => commands::policy::run(arguments, global).await,
        Command::Mcp(arguments) => commands::mcp::run(arguments, global).await,
        Command::Completions { shell } => completion::registration(*shell),
        Command::Man { folder } => commands::manual::pages(folder.as_deref()),
        Command::Schema => output::print(&formats::json_schema()).map(|()| ExitCode::SUCCESS),
        Command::Checks { format } => commands::checks::run(*format, global).await,
        Command::Evaluate => commands::evaluate::run(),
        Command::Other(_) => Err(CliError::new("there is no such command", "")),
    }
}
