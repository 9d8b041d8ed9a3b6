//! Checks that are programs: `ecs-exec-check-NAME` on PATH. `custom-checks/README.md` describes the protocol.
//!
//! A program that fails gives one warning of its own. The other programs still count.
//!
//! - `exec_check`: finds the programs.
//! - `environment`: the variables that a program gets.
//! - `process_group`: starts and kills a program together with its children.
//! - `process`: runs a program within limits of time and output.
//! - `response`: what programs print: their metadata, and findings.

mod environment;
mod exec_check;
pub(crate) mod process;
mod process_group;
mod response;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use model::Finding;
use model::text::sanitize_line;

pub use environment::Environment;
pub use exec_check::{ExecCheck, find};
use process::run_program;
pub use response::Metadata;

/// How long a program can run unless the configuration says otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
/// How much a program can print, in bytes.
const MAX_OUTPUT: usize = 4 << 20;
/// How many programs run at once.
const CONCURRENCY: usize = 8;

/// Gives the facts (a snapshot's JSON) to each program and collects their findings, in the order of the programs.
/// Each program can run as long as `timeout`.
pub fn run(
    programs: &[ExecCheck],
    facts_json: &[u8],
    timeout: Duration,
    environment: &Environment,
) -> Vec<Finding> {
    let facts: Arc<[u8]> = Arc::from(facts_json);
    let findings = in_parallel(programs, |program| {
        let command = environment.command(&program.path);
        run_program(command, Arc::clone(&facts), timeout, MAX_OUTPUT)
            .and_then(|bytes| response::findings(program, &bytes))
            .unwrap_or_else(|error| vec![response::program_failed(program, &error)])
    });
    findings.into_iter().flatten().collect()
}

/// Asks each program what it checks; an error is a sentence.
pub fn metadata(
    programs: &[ExecCheck],
    timeout: Duration,
    environment: &Environment,
) -> Vec<Result<Metadata, String>> {
    in_parallel(programs, |program| {
        let mut command = environment.command(&program.path);
        command.arg("--metadata");
        run_program(command, Arc::default(), timeout, MAX_OUTPUT)
            .and_then(|bytes| response::metadata(&bytes))
            .map_err(|error| {
                let (name, detail) = (&program.name, error.detail());
                sanitize_line(&format!("The check program {name} {error}. {detail}"))
            })
    })
}

/// Does the same with several programs at once. The answers come in the order of the programs.
fn in_parallel<T: Send>(programs: &[ExecCheck], work: impl Fn(&ExecCheck) -> T + Sync) -> Vec<T> {
    let work = &work;
    let mut answers = Vec::new();
    for batch in programs.chunks(CONCURRENCY) {
        thread::scope(|scope| {
            let start = |program| thread::Builder::new().spawn_scoped(scope, move || work(program));
            let threads: Vec<_> = batch.iter().map(start).collect();
            for (program, thread) in batch.iter().zip(threads) {
                // Without a thread, the work is done here.
                let answer = thread.ok().and_then(|thread| thread.join().ok());
                answers.push(answer.unwrap_or_else(|| work(program)));
            }
        });
    }
    answers
}
