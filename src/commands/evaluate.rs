use std::io;
use std::process::ExitCode;

use ecs_exec_own::expressions::evaluate;

use crate::trouble::Trouble;

pub fn run() -> Result<ExitCode, Trouble> {
    evaluate(io::stdin().lock(), io::stdout().lock())
        .map(|()| ExitCode::SUCCESS)
        .map_err(|error| Trouble::new(format!("the expressions cannot be evaluated: {error}"), ""))
}
