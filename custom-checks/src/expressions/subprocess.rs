//! Evaluates expressions in a child process that can be killed: a short expression can ask for more time and memory than
//! there is.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::time::Duration;

use aws_rules::iam;
use checks::FactIndex;
use model::facts::Facts;
use model::task_scope::TaskScope;
use model::{Finding, Fix, Severity, Status, Subject};
use serde::{Deserialize, Serialize};

use super::config::load;
use super::expr_check::ExprCheck;
use super::run::{cluster_subject, run};
use crate::programs::Environment;
use crate::programs::process::{ProgramError, run_program};
use crate::source::SourceFile;

/// How much memory the process can use, in bytes.
const MAX_MEMORY: u64 = 2 << 30;
/// How much it can print, in bytes: of a large fleet each check has a finding for each task.
const MAX_OUTPUT: usize = 256 << 20;

/// What the process reads. `S` and `F` are owned when it is read, and borrowed when it is written.
#[derive(Serialize, Deserialize)]
struct Request<S, F> {
    sources: Vec<S>,
    /// The IDs of the checks to evaluate.
    checks: BTreeSet<String>,
    facts: F,
}

/// What it prints for each finding.
#[derive(Serialize, Deserialize)]
struct Response {
    check: String,
    status: Status,
    severity: Severity,
    title: String,
    detail: String,
    subject: Subject,
    /// ARNs. `None`: all.
    tasks: Option<Vec<String>>,
    missing_permission: Option<String>,
    fixes: Vec<Fix>,
}

/// How to start the process.
#[derive(Debug, Clone)]
pub struct Subprocess {
    /// A program that calls [`serve`] if it gets `argument`.
    pub program: PathBuf,
    /// The argument that makes the program call [`serve`].
    pub argument: &'static str,
    /// How long all checks together can run, and then each of them alone.
    pub timeout: Duration,
    /// The variables that the process gets.
    pub environment: Environment,
}

impl Subprocess {
    /// The findings of the checks. If one check exceeds the time or the memory, the others are evaluated one by one.
    pub fn run(&self, checks: &[ExprCheck], facts: &Facts) -> Vec<Finding> {
        match (self.try_run(checks, facts), checks) {
            (Ok(findings), _) => findings,
            (Err(error), [one]) => vec![failed(one, facts, &error)],
            (Err(_), several) => several
                .iter()
                .flat_map(|one| self.run(std::slice::from_ref(one), facts))
                .collect(),
        }
    }

    fn try_run(&self, checks: &[ExprCheck], facts: &Facts) -> Result<Vec<Finding>, ProgramError> {
        if checks.is_empty() {
            return Ok(Vec::new());
        }
        let sources: BTreeSet<&SourceFile> = checks.iter().map(|one| &*one.source).collect();
        let request = Request {
            sources: Vec::from_iter(sources),
            checks: checks.iter().map(|one| one.check.id.to_owned()).collect(),
            facts,
        };
        let request = serde_json::to_vec(&request).unwrap_or_default().into();
        let mut command = self.environment.command(&self.program);
        command.arg(self.argument);
        let output = run_program(command, request, self.timeout, MAX_OUTPUT)?;
        let responses: Vec<Response> = serde_json::from_slice(&output)
            .map_err(|error| ProgramError::InvalidAnswer(format!("{error}.")))?;
        let findings = responses.into_iter().filter_map(|response| {
            let check = checks.iter().find(|one| one.check.id == response.check)?;
            Some(response.into_finding(check))
        });
        Ok(findings.collect())
    }
}

/// The finding about a check that exceeds its limits: it says nothing about sessions.
fn failed(check: &ExprCheck, facts: &Facts, error: &ProgramError) -> Finding {
    let check = check.check;
    let what = match error {
        ProgramError::Killed { .. } => {
            format!("needed more than {} GB of memory", MAX_MEMORY >> 30)
        }
        other => other.to_string(),
    };
    check
        .unknown_because(
            cluster_subject(facts),
            format!("The expression of {} {what}", check.id),
        )
        .detail(format!(
            "Make the expression simpler: fewer loops within loops. {}",
            error.detail()
        ))
}

impl Response {
    fn new(finding: Finding) -> Response {
        let tasks = finding.tasks.arns();
        Response {
            check: finding.check.id.to_owned(),
            status: finding.status,
            severity: finding.severity,
            tasks: tasks.map(<[String]>::to_vec),
            title: finding.title,
            detail: finding.detail,
            subject: finding.subject,
            missing_permission: finding.missing_permission,
            fixes: finding.fixes.to_vec(),
        }
    }

    fn into_finding(self, check: &ExprCheck) -> Finding {
        let mut finding = Finding::new(check.check, self.status, self.subject, self.title)
            .group_title(check.cause)
            .detail(self.detail)
            .missing(self.missing_permission);
        finding.severity = self.severity;
        finding.fixes = self.fixes;
        let tasks = self.tasks.map(|arns| TaskScope::Some(arns.into()));
        finding.tasks = tasks.unwrap_or(TaskScope::All);
        finding
    }
}

/// The child process's side: reads a request, limits its own resources, and prints the responses.
pub fn serve(input: impl Read, mut output: impl Write) -> io::Result<()> {
    limit_resources();
    let request: Request<SourceFile, Facts> = serde_json::from_reader(io::BufReader::new(input))?;
    let mut checks = Vec::new();
    for source in &request.sources {
        checks.extend(load(source).map_err(io::Error::other)?);
    }
    checks.retain(|one| request.checks.contains(one.check.id));
    let simulations = iam::resolve_simulations(&request.facts);
    let index = FactIndex::new(&request.facts, &simulations);
    let findings = run(&checks, &index).into_iter();
    let responses: Vec<Response> = findings.map(Response::new).collect();
    serde_json::to_writer(&mut output, &responses)?;
    output.flush()
}

/// Limits memory, and CPU time in case nobody is left to kill the process.
#[cfg(unix)]
fn limit_resources() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    const MAX_CPU_SECONDS: u64 = 15;
    let limit = |resource, max: u64| {
        let limit = Rlimit {
            current: Some(max),
            maximum: Some(max),
        };
        // Fails if the limit is lower already.
        let _ = setrlimit(resource, limit);
    };
    limit(Resource::As, MAX_MEMORY);
    limit(Resource::Cpu, MAX_CPU_SECONDS);
    limit(Resource::Core, 0);
    // Nobody reads the answer once the parent was interrupted.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
}

#[cfg(not(unix))]
fn limit_resources() {}
