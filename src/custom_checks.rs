//! The user's own checks: expressions of the configuration, and programs on PATH.

use std::env;
use std::time::Duration;

use custom_checks::expressions::{ExprCheck, Subprocess};
use custom_checks::programs::{self, Environment, ExecCheck};
use diagnosis::Selection;
use model::facts::Facts;
use model::secrets::mask;
use model::{Check, Finding};

use crate::cli::EVALUATE;
use crate::config::Settings;

/// The custom checks of this run.
#[derive(Default)]
pub struct CustomChecks {
    expressions: Vec<ExprCheck>,
    programs: Vec<ExecCheck>,
    program_timeout: Duration,
}

impl CustomChecks {
    /// Takes the expressions out of the settings, and searches PATH for programs.
    pub fn find(settings: &mut Settings) -> CustomChecks {
        let path = env::var_os("PATH").filter(|_| settings.program_timeout.is_some());
        CustomChecks {
            expressions: std::mem::take(&mut settings.custom_checks),
            programs: programs::find(&path.unwrap_or_default()),
            program_timeout: settings.program_timeout.unwrap_or_default(),
        }
    }

    /// For the selection by `--only` and `--skip`.
    pub fn checks(&self) -> Vec<&'static Check> {
        let expressions = self.expressions.iter().map(ExprCheck::check);
        let programs = self.programs.iter().map(ExecCheck::check);
        expressions.chain(programs).collect()
    }

    /// The entries of `ecs-exec checks`. Runs each program for its metadata.
    pub fn catalogue(&self) -> Vec<custom_checks::CatalogueEntry> {
        let (expressions, programs) = (&self.expressions, &self.programs);
        custom_checks::catalogue(expressions, programs, self.program_timeout, &environment())
    }

    /// Keeps the selected checks only.
    pub fn only(mut self, selection: &Selection) -> CustomChecks {
        self.expressions
            .retain(|one| selection.includes(one.check()));
        self.programs.retain(|one| selection.includes(one.check()));
        self
    }

    /// Whether no custom check runs.
    pub fn is_empty(&self) -> bool {
        self.expressions.is_empty() && self.programs.is_empty()
    }

    /// Runs the checks. Blocks, but at most for about `max` each for expressions and programs.
    pub fn findings(&self, facts: &Facts, max: Duration) -> Vec<Finding> {
        let mut findings = self.run_expressions(facts, max.min(programs::DEFAULT_TIMEOUT));
        if !self.programs.is_empty() {
            findings.extend(self.run_programs(facts, max.min(self.program_timeout)));
        }
        findings
    }

    fn run_expressions(&self, facts: &Facts, timeout: Duration) -> Vec<Finding> {
        let Ok(program) = env::current_exe() else {
            return Vec::new();
        };
        let subprocess = Subprocess {
            program,
            argument: EVALUATE,
            timeout,
            environment: environment(),
        };
        subprocess.run(&self.expressions, facts)
    }

    fn run_programs(&self, facts: &Facts, timeout: Duration) -> Vec<Finding> {
        let json = serde_json::to_vec(facts).unwrap_or_default();
        let mut findings = programs::run(&self.programs, &json, timeout, &environment());
        for finding in &mut findings {
            finding.title = mask(&finding.title);
            finding.detail = mask(&finding.detail);
        }
        findings
    }
}

/// Without anything secret.
fn environment() -> Environment {
    Environment::of(env::vars_os())
}
