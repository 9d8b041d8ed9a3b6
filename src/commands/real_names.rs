//! `ecs-exec real-names`: replaces the made-up names in a text by the real ones.

use std::path::Path;
use std::process::ExitCode;

use capture::Pseudonyms;
use model::text::sanitize_block;

use crate::cli::RealNames;
use crate::cli_error::CliError;
use crate::files::read_at_most;
use crate::output;

/// The limit for captures, too.
const MAX_BYTES: u64 = 1 << 30;

/// `ecs-exec real-names`
pub fn run(arguments: &RealNames) -> Result<ExitCode, CliError> {
    let names = read(&arguments.names, "file of names")?;
    let names: Pseudonyms = serde_json::from_str(&names).map_err(|error| {
        CliError::new(
            format!(
                "{} is not a file of names: {error}",
                arguments.names.display()
            ),
            "Use the file that `ecs-exec capture --anonymize --names FILE` wrote.",
        )
    })?;
    let answer = read(&arguments.answer, "answer")?;
    output::print(&sanitize_block(&names.real(&answer)))?;
    Ok(ExitCode::SUCCESS)
}

fn read(path: &Path, what: &str) -> Result<String, CliError> {
    let bytes = read_at_most(path, MAX_BYTES, what)?;
    String::from_utf8(bytes)
        .map_err(|_| CliError::file(format!("{} is not UTF-8 text", path.display())))
}
