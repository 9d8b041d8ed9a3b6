use std::sync::Arc;
use std::time::Duration;

use checks::Finding;

use super::environment::Environment;
use super::exec_check::Program;
use super::process::{Bounds, output};
use super::response::{Answer, document, failed, findings};

/// Gives the facts (a snapshot's JSON) to each program, several at once, and collects what they find, in the
/// order of the programs. Each may take as long as `timeout`.
pub fn run(
    programs: &[Program],
    facts_json: &[u8],
    timeout: Duration,
    environment: &Environment,
) -> Vec<Finding> {
    let facts: Arc<[u8]> = Arc::from(facts_json);
    let bounds = Bounds::of_program(timeout);
    let answers = super::each(programs, |program| {
        let answer = output(&program.path, &[], Arc::clone(&facts), bounds, environment)
            .and_then(|bytes| document::<Answer>(&bytes));
        match answer {
            Ok(answer) => findings(program, answer),
            Err(failure) => vec![failed(program, &failure)],
        }
    });
    answers.into_iter().flatten().collect()
}
