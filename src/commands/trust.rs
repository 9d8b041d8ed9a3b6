//! `ecs-exec trust`: trusts the configuration file of a project.

use std::path::PathBuf;
use std::process::ExitCode;

use model::text::sanitize_line;

use crate::cli::Trust;
use crate::cli_error::CliError;
use crate::config::trust::{self, ProjectFile};
use crate::config::{FILE_NAME, discovered_file};
use crate::output::print;

/// `ecs-exec trust`
pub fn run(arguments: &Trust) -> Result<ExitCode, CliError> {
    if arguments.list {
        let lines = trust::list().into_iter().map(|path| path + "\n");
        print(&lines.collect::<String>())?;
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
    let keys = file.trusted_keys()?;
    if keys.is_empty() {
        say!("{} sets no keys that need trust.", file.display());
        return Ok(ExitCode::SUCCESS);
    }
    file.trust()?;
    say!("{} is trusted. It sets:", file.display());
    for key in keys {
        say!("  {}", sanitize_line(&key));
    }
    Ok(ExitCode::SUCCESS)
}

fn file(arguments: &Trust) -> Result<PathBuf, CliError> {
    match &arguments.file {
        Some(folder) if folder.is_dir() => Ok(folder.join(FILE_NAME)),
        Some(file) => Ok(file.clone()),
        None => discovered_file().ok_or_else(|| {
            CliError::new(
                format!("no {FILE_NAME} in this folder or above it"),
                "Run: ecs-exec trust FILE",
            )
        }),
    }
}
