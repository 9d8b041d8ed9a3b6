use std::io;
use std::process::ExitCode;

use custom_checks::expressions::evaluate;

use crate::cli_error::CliError;

pub fn run() -> Result<ExitCode, CliError> {
    evaluate(io::stdin().lock(), io::stdout().lock())
        .map(|()| ExitCode::SUCCESS)
        .map_err(|error| CliError::new(format!("the expressions cannot be evaluated: {error}"), ""))
}
