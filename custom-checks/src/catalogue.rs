//! What `ecs-exec checks` and `ecs-exec explain` say about custom checks.

use std::time::Duration;

use model::{Check, Severity};

use crate::expressions::ExprCheck;
use crate::programs::{self, Environment, ExecCheck};

/// One custom check. Its JSON is part of `ecs-exec checks --format json`.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct CatalogueEntry {
    /// `custom.NAME` or `program.NAME`.
    pub id: String,
    /// `custom` or `program`.
    pub area: &'static str,
    /// What the check looks for.
    pub title: String,
    /// What goes wrong if it fails; can be empty.
    pub why: String,
    /// How much a failure matters.
    pub severity: Severity,
    /// AWS actions whose answers the check needs, if it names them.
    pub actions: Vec<String>,
    /// Why a program did not describe itself.
    #[serde(rename = "trouble")]
    pub error: Option<String>,
}

/// All custom checks: the expressions in the order of the file, then the programs by name. Runs each program with
/// `--metadata` and waits for it at most `timeout`.
pub fn catalogue(
    expr_checks: &[ExprCheck],
    exec_checks: &[ExecCheck],
    timeout: Duration,
    environment: &Environment,
) -> Vec<CatalogueEntry> {
    let expressions = expr_checks.iter().map(|one| entry(one.check()));
    let answers = programs::metadata(exec_checks, timeout, environment);
    let programs = exec_checks.iter().zip(answers).map(|(program, answer)| {
        let mut entry = entry(program.check());
        match answer {
            Ok(metadata) => {
                entry.title = metadata.title;
                entry.why = metadata.why;
                entry.severity = metadata.severity;
                entry.actions = metadata.actions;
            }
            Err(error) => entry.error = Some(error),
        }
        entry
    });
    expressions.chain(programs).collect()
}

fn entry(check: &'static Check) -> CatalogueEntry {
    CatalogueEntry {
        id: check.id.to_owned(),
        area: check.area.name(),
        title: check.title.to_owned(),
        why: check.why.to_owned(),
        severity: check.severity,
        actions: Vec::new(),
        error: None,
    }
}
