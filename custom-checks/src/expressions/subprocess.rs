//! Evaluates expressions in a process of their own, which can be ended: a short expression can ask for more time and
//! memory than there is.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use checks::facts::Facts;
use checks::tasks::Tasks;
use checks::{Finding, Fix, Severity, Status, Subject, World, iam};
use serde::{Deserialize, Serialize};

use super::config::load;
use super::expr_check::{Expression, File};
use super::run::run;
use crate::programs::Environment;
use crate::programs::process::{Bounds, Failure, output};

/// What the process may take of memory, in bytes.
const MOST_MEMORY: u64 = 2 << 30;
/// What it may print: of a large fleet each check has a finding for each task.
const MOST_OUTPUT: usize = 256 << 20;

/// What the process reads.
#[derive(Serialize, Deserialize)]
struct Question {
    files: Vec<File>,
    /// IDs of the checks that are to be evaluated.
    checks: Vec<String>,
    facts: Facts,
}

/// What it prints of each finding.
#[derive(Serialize, Deserialize)]
struct Answer {
    check: String,
    status: Status,
    severity: Severity,
    title: String,
    detail: String,
    subject: Subject,
    /// ARNs. `None`: all.
    tasks: Option<Vec<Arc<str>>>,
    missing_permission: Option<String>,
    fixes: Vec<Fix>,
}

/// What the checks find. `program` is this program, which evaluates with `arguments`; see [`evaluate`]. If one of the
/// checks takes more than `timeout` or the memory, the others are still heard.
pub fn run_apart(
    expressions: &[Expression],
    facts: &Facts,
    (program, arguments): (&Path, &[&str]),
    timeout: Duration,
    environment: &Environment,
) -> Vec<Finding> {
    let process = Process {
        facts,
        program,
        arguments,
        bounds: Bounds {
            timeout,
            most_output: MOST_OUTPUT,
        },
        environment,
    };
    let all: Vec<&Expression> = expressions.iter().collect();
    match (process.findings(&all), all.as_slice()) {
        (Ok(findings), _) => findings,
        (Err(failure), [one]) => vec![failed(one, facts, &failure)],
        (Err(_), several) => several
            .iter()
            .flat_map(|one| {
                let findings = process.findings(&[one]);
                findings.unwrap_or_else(|failure| vec![failed(one, facts, &failure)])
            })
            .collect(),
    }
}

struct Process<'p> {
    facts: &'p Facts,
    program: &'p Path,
    arguments: &'p [&'p str],
    bounds: Bounds,
    environment: &'p Environment,
}

impl Process<'_> {
    fn findings(&self, expressions: &[&Expression]) -> Result<Vec<Finding>, Failure> {
        if expressions.is_empty() {
            return Ok(Vec::new());
        }
        let files: BTreeMap<&str, &File> = expressions
            .iter()
            .map(|expression| (expression.file.name.as_str(), &*expression.file))
            .collect();
        let question = serde_json::json!({
            "files": files.values().collect::<Vec<_>>(),
            "checks": expressions.iter().map(|expression| expression.check().id).collect::<Vec<_>>(),
            "facts": self.facts,
        });
        let question = serde_json::to_vec(&question).unwrap_or_default();
        let printed = output(
            self.program,
            self.arguments,
            Arc::from(question),
            self.bounds,
            self.environment,
        )?;
        let answers: Vec<Answer> = serde_json::from_slice(&printed)
            .map_err(|error| Failure::new("gave no answer", format!("{error}.")))?;
        let by_id: HashMap<&str, &Expression> = expressions
            .iter()
            .map(|expression| (expression.check().id, *expression))
            .collect();
        let findings = answers.into_iter().filter_map(|answer| {
            let expression = by_id.get(answer.check.as_str())?;
            Some(finding(expression, answer, self.facts))
        });
        Ok(findings.collect())
    }
}

fn finding(expression: &Expression, answer: Answer, facts: &Facts) -> Finding {
    let mut finding = Finding::new(
        expression.check(),
        answer.status,
        answer.subject,
        answer.title,
    )
    .cause(expression.cause)
    .missing(answer.missing_permission);
    finding.severity = answer.severity;
    finding.detail = answer.detail.into();
    for fix in answer.fixes {
        finding = finding.fix(fix);
    }
    match answer.tasks {
        Some(arns) => {
            let tasks = arns
                .iter()
                .filter_map(|arn| facts.tasks.get(&**arn)?.known());
            finding.on(Tasks::of(tasks))
        }
        None => finding,
    }
}

/// What is said of a check that cannot be evaluated within its bounds: nothing about sessions.
fn failed(expression: &Expression, facts: &Facts, failure: &Failure) -> Finding {
    let check = expression.check();
    let what = match failure.was_killed() {
        true => format!("needed more than {} GB of memory", MOST_MEMORY >> 30),
        false => failure.what.clone(),
    };
    check
        .unsure(
            Subject::new("cluster", facts.cluster_name.as_str()),
            format!("The expression of {} {what}", check.id),
        )
        .detail(format!(
            "It was ended. Make the expression simpler: fewer loops within loops. {}",
            failure.detail
        ))
}

/// The other side: reads a question, prints the answers. Its memory is bounded from here on.
pub fn evaluate(input: impl Read, mut output: impl Write) -> io::Result<()> {
    bound_resources();
    let question: Question = serde_json::from_reader(io::BufReader::new(input))?;
    let mut expressions = Vec::new();
    for file in &question.files {
        let loaded = load(&file.text, &file.name).map_err(io::Error::other)?;
        expressions.extend(loaded);
    }
    expressions.retain(|expression| {
        let mut checks = question.checks.iter();
        checks.any(|id| id == expression.check().id)
    });
    let simulations = iam::settled(&question.facts);
    let world = World::new(&question.facts, &simulations);
    let answers: Vec<Answer> = run(&expressions, &world).into_iter().map(answer).collect();
    serde_json::to_writer(&mut output, &answers)?;
    output.flush()
}

fn answer(finding: Finding) -> Answer {
    let tasks = finding.tasks.names();
    Answer {
        check: finding.check.id.to_owned(),
        status: finding.status,
        severity: finding.severity,
        tasks: tasks.map(|names| names.iter().map(|name| name.arn().clone()).collect()),
        title: finding.title.into_owned(),
        detail: finding.detail.into_owned(),
        subject: finding.subject,
        missing_permission: finding.missing_permission.map(String::from),
        fixes: finding.fixes.iter().map(|fix| (**fix).clone()).collect(),
    }
}

/// Where the system can: memory, and CPU time for the case that nobody is left to end the process.
#[cfg(unix)]
fn bound_resources() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    const MOST_CPU_SECONDS: u64 = 15;
    let bound = |resource, most: u64| {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        // Fails where less is allowed already.
        let _ = setrlimit(resource, limit);
    };
    bound(Resource::As, MOST_MEMORY);
    bound(Resource::Cpu, MOST_CPU_SECONDS);
    bound(Resource::Core, 0);
    // Nobody is left to hear the answer when the program that asked has been interrupted.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
}

#[cfg(not(unix))]
fn bound_resources() {}
