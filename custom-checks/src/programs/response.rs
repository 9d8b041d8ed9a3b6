//! What a program prints, and the findings it stands for.

use checks::text::{clean_block, clean_line};
use checks::{Disposition, Finding, Fix, Severity, Status, Subject};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::PROTOCOL;
use super::exec_check::Program;
use super::process::Failure;
use crate::check::{Fixes, shortened};

const MOST_FINDINGS: usize = 1000;
const MOST_COMMANDS: usize = 20;
const LONGEST_TITLE: usize = 300;
const LONGEST_DETAIL: usize = 4000;
const LONGEST_COMMAND: usize = 4000;
/// Of a finding's evidence, in bytes of JSON.
const MOST_EVIDENCE: usize = 16 << 10;

#[derive(Debug, Deserialize)]
pub struct Answer {
    findings: Vec<Said>,
}

#[derive(Debug, Deserialize)]
struct Said {
    status: Status,
    title: String,
    #[serde(default)]
    detail: String,
    subject: SaidSubject,
    severity: Option<Severity>,
    #[serde(default)]
    evidence: Map<String, Value>,
    fix: Option<SaidFix>,
}

#[derive(Debug, Deserialize)]
struct SaidSubject {
    kind: String,
    id: String,
    service: Option<String>,
}

#[derive(Debug, Deserialize)]
struct SaidFix {
    title: String,
    #[serde(default)]
    explain: String,
    #[serde(default)]
    commands: Vec<String>,
}

/// Reads a document of the protocol, whichever it is.
pub fn document<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    let garbled = |error: serde_json::Error| {
        let detail = format!("What it printed is not what the protocol asks for: {error}.");
        Failure::new(
            "could not be understood",
            shortened(&detail, LONGEST_DETAIL),
        )
    };
    let value: Value = serde_json::from_slice(bytes).map_err(garbled)?;
    match value.get("protocol") {
        Some(version) if version.as_u64() == Some(PROTOCOL) => {
            serde_json::from_value(value).map_err(garbled)
        }
        Some(version) => {
            let version = shortened(&version.to_string(), 30);
            let detail =
                format!("It speaks version {version}, and this ecs-exec speaks {PROTOCOL}.");
            Err(Failure::new(
                "speaks another version of the protocol",
                detail,
            ))
        }
        None => Err(Failure::new(
            "could not be understood",
            "What it printed has no member \"protocol\".",
        )),
    }
}

/// The findings of an answer, within bounds, each with what it says made fit for a report.
pub fn findings(program: &Program, answer: Answer) -> Vec<Finding> {
    let mut fixes = Fixes::default();
    let said = answer.findings.len();
    let mut findings: Vec<Finding> = answer
        .findings
        .into_iter()
        .take(MOST_FINDINGS)
        .map(|said| finding(program, said, &mut fixes))
        .collect();
    if said > MOST_FINDINGS {
        let what = format!("had {said} findings; only the first {MOST_FINDINGS} are here");
        findings.push(failed(program, &Failure::new(what, "")));
    }
    findings
}

/// What is said of a program that gave no answer. A warning at most: it says nothing of sessions.
pub fn failed(program: &Program, failure: &Failure) -> Finding {
    let subject = Subject::new("program", program.name.as_str());
    let title = format!("The check program {} {}", program.name, failure.what);
    let mut details = Map::new();
    details.insert("path".to_owned(), program.path.display().to_string().into());
    if let Some(status) = failure.exit_status {
        details.insert("exit_status".to_owned(), status.into());
    }
    program
        .check()
        .warn(subject, title)
        .detail(failure.detail.clone())
        .evidence("details", Value::Object(details))
        .harmless()
}

fn finding(program: &Program, said: Said, fixes: &mut Fixes) -> Finding {
    let check = program.check();
    let title = line(&said.title, LONGEST_TITLE);
    let subject = Subject {
        kind: line(&said.subject.kind, 50).into(),
        id: line(&said.subject.id, LONGEST_TITLE).into(),
        service: said
            .subject
            .service
            .map(|name| line(&name, LONGEST_TITLE).into()),
    };
    let mut finding = Finding::new(check, said.status, subject, title);
    finding.detail = block(&said.detail).into();
    finding.cause = cause(program);
    if let Some(severity) = said.severity {
        finding.severity = severity;
    }
    if !said.evidence.is_empty() {
        finding
            .evidence
            .insert("details", evidence(said.evidence).into());
    }
    match said.fix {
        Some(fix) => finding.fix(fixes.name(check.id, fix_of(fix))),
        None => finding,
    }
}

/// Words the same failure of many subjects.
fn cause(program: &Program) -> &'static str {
    program.check().title
}

/// All under one key: those of findings live as long as the process, and a program must not fill it with them.
fn evidence(evidence: Map<String, Value>) -> Value {
    let value = Value::Object(evidence);
    match value.to_string().len() {
        0..=MOST_EVIDENCE => value,
        size => Value::String(format!("{size} bytes of evidence were left out")),
    }
}

fn fix_of(said: SaidFix) -> Fix {
    let mut fix = Fix::new(
        "",
        Disposition::Manual,
        line(&said.title, LONGEST_TITLE),
        block(&said.explain),
    );
    let is_whole = |command: &String| command.chars().nth(LONGEST_COMMAND).is_none();
    // A command that is cut off would do something else than meant, and so would some of many.
    if said.commands.len() <= MOST_COMMANDS && said.commands.iter().all(is_whole) {
        fix.commands = said
            .commands
            .iter()
            .map(|command| clean_line(command))
            .collect();
    } else {
        fix.explain = "Its commands are too long to be shown.".to_owned();
    }
    fix
}

fn line(text: &str, most: usize) -> String {
    shortened(&clean_line(text), most)
}

fn block(text: &str) -> String {
    shortened(&clean_block(text), LONGEST_DETAIL)
}
