//! What is made of the command line's own description: manual pages and completions.

use std::path::Path;
use std::process::ExitCode;

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::cli::Cli;
use crate::files::write_file;
use crate::output::print;
use crate::trouble::Trouble;

const NAME: &str = "ecs-exec";

pub fn completions(shell: Shell) -> Result<ExitCode, Trouble> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut visible(), NAME, &mut script);
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if shell == Shell::Bash {
        // Below a program with a dash in its name the generator's two halves spell subcommands in two ways.
        // <https://github.com/clap-rs/clap/issues/6421>
        script = script.replace("ecs__subcmd__exec", "ecs__exec");
    }
    print(&script)?;
    Ok(ExitCode::SUCCESS)
}

/// The program without its hidden commands, which the generators would offer too.
fn visible() -> Command {
    let program = Cli::command();
    let commands = program
        .get_subcommands()
        .filter(|command| !command.is_hide_set());
    Command::new(NAME)
        .version(env!("CARGO_PKG_VERSION"))
        .args(program.get_arguments().cloned())
        .subcommands(commands.cloned())
}

/// `ecs-exec.1` to standard output, or it and `ecs-exec-COMMAND.1` to a folder.
pub fn pages(folder: Option<&Path>) -> Result<ExitCode, Trouble> {
    let mut program = Cli::command();
    program.build();
    let Some(folder) = folder else {
        print(&page(program)?)?;
        return Ok(ExitCode::SUCCESS);
    };
    std::fs::create_dir_all(folder).map_err(|error| {
        Trouble::new(format!("{} cannot be made: {error}", folder.display()), "")
    })?;
    let commands = program
        .get_subcommands()
        .filter(|command| !command.is_hide_set() && command.get_name() != "help");
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

fn page(command: Command) -> Result<String, Trouble> {
    let mut page = Vec::new();
    Man::new(command)
        .render(&mut page)
        .map_err(|error| Trouble::new(format!("the page cannot be made: {error}"), ""))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
