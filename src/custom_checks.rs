//! The user's own checks: expressions of the configuration, and programs on PATH.

use std::env;
use std::thread;
use std::time::Duration;

use checks::capture::mask;
use checks::facts::Facts;
use checks::{Check, Finding, Selection};
use custom_checks::expressions::{self, Expression};
use custom_checks::programs::{self, Environment, Program};

use crate::cli::EVALUATE;
use crate::config::{Plugins, Settings};

#[derive(Default)]
pub struct CustomChecks {
    expressions: Vec<Expression>,
    programs: Vec<Program>,
    timeout: Duration,
}

impl CustomChecks {
    /// Takes the expressions out of the settings, and finds the programs.
    pub fn find(settings: &mut Settings) -> CustomChecks {
        CustomChecks::search(settings)()
    }

    /// The same, while something else is done: the search has begun, and is waited for by calling what is returned.
    pub fn search(settings: &mut Settings) -> impl FnOnce() -> CustomChecks + Send + use<> {
        let Plugins {
            enabled,
            timeout_seconds,
        } = settings.plugins;
        let expressions = std::mem::take(&mut settings.own);
        let path = env::var_os("PATH").filter(|_| enabled).unwrap_or_default();
        let searched = path.clone();
        let search = thread::Builder::new().spawn(move || programs::find(&searched));
        move || CustomChecks {
            expressions,
            programs: match search {
                Ok(search) => search.join().unwrap_or_default(),
                Err(_) => programs::find(&path),
            },
            timeout: Duration::from_secs(timeout_seconds),
        }
    }

    pub fn checks(&self) -> Vec<&'static Check> {
        let expressions = self.expressions.iter().map(Expression::check);
        expressions
            .chain(self.programs.iter().map(Program::check))
            .collect()
    }

    /// What they are, as `ecs-exec checks` lists them; programs are asked for it.
    pub fn catalogue(&self) -> Vec<custom_checks::Entry> {
        custom_checks::catalogue(
            &self.expressions,
            &self.programs,
            self.timeout,
            &environment(),
        )
    }

    /// Only those that are selected are run.
    pub fn only(mut self, selection: &Selection) -> CustomChecks {
        self.expressions
            .retain(|expression| selection.includes(expression.check()));
        self.programs
            .retain(|program| selection.includes(program.check()));
        self
    }

    /// Whether there is anything to run.
    pub fn is_empty(&self) -> bool {
        self.expressions.is_empty() && self.programs.is_empty()
    }

    /// What they find; takes a while. Nothing takes longer than `most`.
    pub fn findings(&self, facts: &Facts, most: Duration) -> Vec<Finding> {
        let mut findings = self.evaluated(facts, most.min(programs::TIMEOUT));
        if !self.programs.is_empty() {
            findings.extend(self.programs(facts, most.min(self.timeout)));
        }
        findings
    }

    fn evaluated(&self, facts: &Facts, timeout: Duration) -> Vec<Finding> {
        match env::current_exe() {
            Ok(program) => expressions::run_apart(
                &self.expressions,
                facts,
                (&program, &[EVALUATE]),
                timeout,
                &environment(),
            ),
            Err(_) => Vec::new(),
        }
    }

    fn programs(&self, facts: &Facts, timeout: Duration) -> Vec<Finding> {
        let json = serde_json::to_vec(facts).unwrap_or_default();
        let mut findings = programs::run(&self.programs, &json, timeout, &environment());
        for finding in &mut findings {
            finding.title = mask(&finding.title).into();
            finding.detail = mask(&finding.detail).into();
        }
        findings
    }
}

/// Nothing secret goes to a program.
fn environment() -> Environment {
    Environment::of(env::vars_os())
}
