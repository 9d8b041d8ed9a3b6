//! Checks that are programs: `ecs-exec-check-NAME` on PATH. What they read and print is in `custom-checks/README.md`.
//!
//! A program that fails hurts nobody: it gives one warning of its own, and the others are heard.

mod environment;
mod exec_check;
mod metadata;
pub(crate) mod process;
mod process_group;
mod response;
mod run;

pub use environment::Environment;
pub use exec_check::{Program, find};
pub use metadata::{Metadata, all_metadata};
pub use run::run;

/// The version of the protocol that is spoken here.
pub const PROTOCOL: u64 = 1;
/// How long a program may take, where nobody says otherwise.
pub const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);
/// How many programs run at once.
const AT_ONCE: usize = 8;

/// Does the same to each program, several at once; the answers come in the order of the programs.
fn each<T: Send>(programs: &[Program], work: impl Fn(&Program) -> T + Sync) -> Vec<T> {
    let mut answers = Vec::with_capacity(programs.len());
    for some in programs.chunks(AT_ONCE) {
        std::thread::scope(|scope| {
            let work = &work;
            let running: Vec<_> = some
                .iter()
                .map(|program| {
                    (
                        program,
                        std::thread::Builder::new().spawn_scoped(scope, move || work(program)),
                    )
                })
                .collect();
            for (program, thread) in running {
                // Without a thread, or where one died, it is done here.
                let answer = thread.ok().and_then(|thread| thread.join().ok());
                answers.push(answer.unwrap_or_else(|| work(program)));
            }
        });
    }
    answers
}
