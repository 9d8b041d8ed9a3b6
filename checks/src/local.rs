//! The machine that runs ecs-exec.

pub mod aws_cli;
pub mod clock_skew;
pub mod credentials;
pub mod endpoint_reachable;
pub mod plugin_installed;
pub mod plugin_version;
pub mod region;

use model::check::Check;
use model::facts::Fact;
use model::finding::{Finding, Subject};

/// One finding about this machine.
fn judge_machine<T>(
    check: &'static Check,
    fact: &Fact<T>,
    absent: impl FnOnce(Subject) -> Finding,
    known: impl FnOnce(Subject, &T) -> Finding,
) -> Vec<Finding> {
    vec![check.judge(subject(), fact, absent, known)]
}

fn subject() -> Subject {
    Subject::new("machine", "local")
}
