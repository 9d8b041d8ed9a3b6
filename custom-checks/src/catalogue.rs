//! What `ecs-exec checks` says of the user's own checks.

use std::time::Duration;

use model::Severity;

use crate::expressions::Expression;
use crate::programs::{Environment, Program};

/// One check of the user's.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Entry {
    pub id: String,
    pub area: &'static str,
    pub title: String,
    pub why: String,
    pub severity: Severity,
    /// AWS actions whose answers it needs, where it says so.
    pub actions: Vec<String>,
    /// Why nothing is known of it, where a program does not say what it is.
    pub trouble: Option<String>,
}

/// All of them: the expressions in the order of the file, then the programs by name. Asks each program what it
/// is, and waits for it as long as `timeout`.
pub fn catalogue(
    expressions: &[Expression],
    programs: &[Program],
    timeout: Duration,
    environment: &Environment,
) -> Vec<Entry> {
    let expressions = expressions.iter().map(|expression| {
        let check = expression.check();
        Entry {
            id: check.id.to_owned(),
            area: check.area.name(),
            title: check.title.to_owned(),
            why: check.why.to_owned(),
            severity: check.severity,
            actions: Vec::new(),
            trouble: None,
        }
    });
    let answers = crate::programs::all_metadata(programs, timeout, environment);
    let programs = programs.iter().zip(answers).map(|(program, answer)| {
        let check = program.check();
        let entry = Entry {
            id: check.id.to_owned(),
            area: check.area.name(),
            title: check.title.to_owned(),
            why: String::new(),
            severity: check.severity,
            actions: Vec::new(),
            trouble: None,
        };
        match answer {
            Ok(metadata) => Entry {
                title: metadata.title,
                why: metadata.why,
                severity: metadata.severity,
                actions: metadata.actions,
                ..entry
            },
            Err(trouble) => Entry {
                trouble: Some(trouble),
                ..entry
            },
        }
    });
    expressions.chain(programs).collect()
}
