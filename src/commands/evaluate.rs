//! The hidden command that evaluates expressions for its parent process.

use std::io;
use std::process::ExitCode;

use custom_checks::expressions::serve;

use crate::cli_error::CliError;

/// Serves expressions from standard input until its end.
pub fn run() -> Result<ExitCode, CliError> {
    serve(io::stdin().lock(), io::stdout().lock())
        .map(|()| ExitCode::SUCCESS)
        .map_err(|error| CliError::new(format!("cannot evaluate the expressions: {error}"), ""))
}
