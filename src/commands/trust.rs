//! Trusts the configuration file of a project.

use std::path::PathBuf;
use std::process::ExitCode;

use model::text::sanitize_line;

use crate::cli::Trust;
use crate::cli_error::CliError;
use crate::config::trust::{self, ProjectFile};
use crate::config::{FILE_NAME, found};
use crate::output::print;

pub fn run(arguments: &Trust) -> Result<ExitCode, CliError> {
    if arguments.list {
        let paths = trust::list();
        print(
            &paths
                .iter()
                .map(|path| format!("{path}\n"))
                .collect::<String>(),
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    let path = file(arguments)?;
    if arguments.revoke {
        let shown = path.display();
        match trust::revoke(&path)? {
            true => say!("{shown} is no longer trusted."),
            false => say!("{shown} was not trusted."),
        }
        return Ok(ExitCode::SUCCESS);
    }
    let file = ProjectFile::read(&path)?;
    let commands = file.commands()?;
    if commands.is_empty() {
        say!("{} only names places: it needs no trust.", file.shown());
        return Ok(ExitCode::SUCCESS);
    }
    file.trust()?;
    say!("{} is trusted. It sets:", file.shown());
    for command in commands {
        say!("  {}", sanitize_line(&command));
    }
    Ok(ExitCode::SUCCESS)
}

fn file(arguments: &Trust) -> Result<PathBuf, CliError> {
    match &arguments.file {
        Some(folder) if folder.is_dir() => Ok(folder.join(FILE_NAME)),
        Some(file) => Ok(file.clone()),
        None => found().ok_or_else(|| {
            CliError::new(
                format!("there is no {FILE_NAME} in this folder or above it"),
                "Name one: ecs-exec trust FILE.",
            )
        }),
    }
}
