//! What a program says of itself.

use std::sync::Arc;
use std::time::Duration;

use checks::Severity;
use checks::text::{clean_block, clean_line};
use serde::Deserialize;

use super::environment::Environment;
use super::exec_check::Program;
use super::process::{Bounds, output};
use super::response::document;
use crate::check::shortened;

/// What `ecs-exec-check-NAME --metadata` prints.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Metadata {
    /// What holds where the check passes.
    pub title: String,
    #[serde(default)]
    pub why: String,
    #[serde(default = "medium")]
    pub severity: Severity,
    /// AWS actions whose answers it needs, as IAM policies write them.
    #[serde(default)]
    pub actions: Vec<String>,
}

fn medium() -> Severity {
    Severity::Medium
}

impl Program {
    /// Asks the program what it is; a sentence, where it does not tell.
    pub fn metadata(
        &self,
        timeout: Duration,
        environment: &Environment,
    ) -> Result<Metadata, String> {
        let asked = output(
            &self.path,
            &["--metadata"],
            Arc::from([]),
            Bounds::of_program(timeout),
            environment,
        )
        .and_then(|bytes| document::<Metadata>(&bytes));
        match asked {
            Ok(metadata) => Ok(metadata.bounded()),
            Err(failure) => Err(clean_line(&format!(
                "The check program {} {}. {}",
                self.name, failure.what, failure.detail
            ))),
        }
    }
}

/// The same of all, in their order.
pub fn all_metadata(
    programs: &[Program],
    timeout: Duration,
    environment: &Environment,
) -> Vec<Result<Metadata, String>> {
    super::each(programs, |program| program.metadata(timeout, environment))
}

impl Metadata {
    fn bounded(self) -> Metadata {
        Metadata {
            title: shortened(&clean_line(&self.title), 300),
            why: shortened(&clean_block(&self.why), 4000),
            severity: self.severity,
            actions: self
                .actions
                .iter()
                .take(100)
                .map(|action| shortened(&clean_line(action), 100))
                .collect(),
        }
    }
}
