//! `ecs-exec`: opens shells in ECS containers, and says why when it cannot.

#![forbid(unsafe_code)]

mod cli;
mod commands;
mod config;
mod facts;
mod output;
mod report;
mod target;
mod trouble;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};
use trouble::Trouble;

/// What a shell reports for a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return refuse(&Trouble::new(format!("cannot start: {error}"), "")),
    };
    let outcome = runtime.block_on(async {
        tokio::select! {
            outcome = run(&cli) => outcome,
            _ = tokio::signal::ctrl_c() => Ok(ExitCode::from(INTERRUPTED)),
        }
    });
    runtime.shutdown_background();
    outcome.unwrap_or_else(|trouble| refuse(&trouble))
}

async fn run(cli: &Cli) -> Result<ExitCode, Trouble> {
    match &cli.command {
        Command::Doctor(arguments) => commands::doctor::run(arguments, &cli.global).await,
        Command::Explain { words } => commands::explain::run(words),
        Command::Checks { format } => commands::checks::run(*format),
    }
}

fn refuse(trouble: &Trouble) -> ExitCode {
    eprintln!("{trouble}");
    ExitCode::from(2)
}
