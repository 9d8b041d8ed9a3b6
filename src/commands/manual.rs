//! `ecs-exec man`: generated from the command line's definition.

use std::path::Path;
use std::process::ExitCode;

use clap::{Arg, Command, CommandFactory};
use clap_mangen::Man;

use crate::cli::Cli;
use crate::cli_error::CliError;
use crate::files::write_file;
use crate::output::print;

const NAME: &str = "ecs-exec";

/// Prints `ecs-exec.1`, or writes it and every `ecs-exec-COMMAND.1` to a folder.
pub fn pages(folder: Option<&Path>) -> Result<ExitCode, CliError> {
    let mut program = Cli::command()
        .disable_help_subcommand(true)
        .mut_args(with_variable);
    program.build();
    let Some(folder) = folder else {
        print(&page(program)?)?;
        return Ok(ExitCode::SUCCESS);
    };
    std::fs::create_dir_all(folder)
        .map_err(|error| CliError::file(format!("cannot create {}: {error}", folder.display())))?;
    let commands = program
        .get_subcommands()
        .filter(|command| !command.is_hide_set());
    for command in commands {
        let name: &'static str = format!("{NAME}-{}", command.get_name()).leak();
        write_file(
            &folder.join(format!("{name}.1")),
            &page(command.clone().name(name))?,
        )?;
    }
    write_file(&folder.join(format!("{NAME}.1")), &page(program)?)?;
    Ok(ExitCode::SUCCESS)
}

/// Adds the environment variable of a flag, which the generator leaves out.
fn with_variable(argument: Arg) -> Arg {
    let variable = argument.get_env().map(|name| name.to_string_lossy());
    let help = argument.get_help().map(ToString::to_string);
    match (variable, help) {
        (Some(variable), Some(help)) => {
            let help = format!("{help} [variable: {variable}]");
            argument.help(help)
        }
        _ => argument,
    }
}

fn page(command: Command) -> Result<String, CliError> {
    let mut page = Vec::new();
    Man::new(command)
        .render(&mut page)
        .map_err(|error| CliError::file(format!("cannot create the manual page: {error}")))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
