//! What programs print: metadata, and findings. Bounds both, and removes what could harm a terminal.

use model::text::{sanitize_block, sanitize_line};
use model::{Disposition, Finding, Fix, Severity, Status, Subject};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::exec_check::ExecCheck;
use super::process::ProgramError;
use crate::check::{FixIds, default_severity, truncate};

/// The version of the protocol.
const PROTOCOL: u64 = 1;

const MAX_FINDINGS: usize = 1000;
const MAX_COMMANDS: usize = 20;
/// In characters.
const MAX_TITLE: usize = 300;
/// In characters; of a finding's detail, a fix's explanation, and a command.
const MAX_TEXT: usize = 4000;
/// Of a finding's evidence, in bytes of JSON.
const MAX_EVIDENCE: usize = 16 << 10;

/// What `ecs-exec-check-NAME --metadata` prints.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Metadata {
    /// What holds if the check passes.
    pub title: String,
    /// What goes wrong if it fails.
    #[serde(default)]
    pub why: String,
    /// How much a failure matters, unless a finding says otherwise.
    #[serde(default = "default_severity")]
    pub severity: Severity,
    /// AWS actions whose answers the check needs, as IAM policies write them.
    #[serde(default)]
    pub actions: Vec<String>,
}

#[derive(Deserialize)]
struct Response {
    findings: Vec<ProgramFinding>,
}

#[derive(Deserialize)]
struct ProgramFinding {
    status: Status,
    title: String,
    #[serde(default)]
    detail: String,
    subject: Subject,
    severity: Option<Severity>,
    #[serde(default)]
    evidence: Map<String, Value>,
    fix: Option<ProgramFix>,
}

#[derive(Deserialize)]
struct ProgramFix {
    title: String,
    #[serde(default)]
    explain: String,
    #[serde(default)]
    commands: Vec<String>,
}

/// Reads what a program prints with `--metadata`.
pub fn metadata(bytes: &[u8]) -> Result<Metadata, ProgramError> {
    let metadata: Metadata = document(bytes)?;
    let actions = metadata.actions.iter().take(100);
    Ok(Metadata {
        title: line(&metadata.title, MAX_TITLE),
        why: block(&metadata.why),
        severity: metadata.severity,
        actions: actions.map(|action| line(action, 100)).collect(),
    })
}

/// Reads what a program prints for the facts.
pub fn findings(program: &ExecCheck, bytes: &[u8]) -> Result<Vec<Finding>, ProgramError> {
    let response: Response = document(bytes)?;
    let fix_ids = FixIds::default();
    let count = response.findings.len();
    let mut findings: Vec<Finding> = response
        .findings
        .into_iter()
        .take(MAX_FINDINGS)
        .map(|from| finding(program, from, &fix_ids))
        .collect();
    if count > MAX_FINDINGS {
        let limit = MAX_FINDINGS;
        let error = ProgramError::TooManyFindings { count, limit };
        findings.push(program_failed(program, &error));
    }
    Ok(findings)
}

/// The finding about a program without a usable answer: a harmless warning, because it says nothing about sessions.
pub fn program_failed(program: &ExecCheck, error: &ProgramError) -> Finding {
    let mut details = Map::new();
    details.insert("path".to_owned(), program.path.display().to_string().into());
    if let ProgramError::Exit { status, .. } = error {
        details.insert("exit_status".to_owned(), (*status).into());
    }
    program
        .check()
        .warn(
            Subject::new("program", program.name.as_str()),
            format!("The check program {} {error}", program.name),
        )
        .detail(error.detail())
        .evidence("details", Value::Object(details))
        .severity(Severity::Low)
}

fn document<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ProgramError> {
    let invalid = |error: serde_json::Error| {
        let detail = format!("Its output does not follow the protocol: {error}.");
        ProgramError::InvalidAnswer(truncate(&detail, MAX_TEXT))
    };
    let value: Value = serde_json::from_slice(bytes).map_err(invalid)?;
    match value.get("protocol") {
        Some(version) if version.as_u64() == Some(PROTOCOL) => {
            serde_json::from_value(value).map_err(invalid)
        }
        Some(version) => {
            let version = truncate(&version.to_string(), 30);
            let detail =
                format!("It speaks version {version}, and this ecs-exec speaks {PROTOCOL}.");
            Err(ProgramError::OtherProtocol(detail))
        }
        None => Err(ProgramError::InvalidAnswer(
            "Its output has no member \"protocol\".".to_owned(),
        )),
    }
}

fn finding(program: &ExecCheck, from: ProgramFinding, fix_ids: &FixIds) -> Finding {
    let check = program.check();
    let subject = Subject {
        kind: line(&from.subject.kind, 50).into(),
        id: line(&from.subject.id, MAX_TITLE).into(),
        service: from
            .subject
            .service
            .map(|name| line(&name, MAX_TITLE).into()),
    };
    let title = line(&from.title, MAX_TITLE);
    let mut finding = Finding::new(check, from.status, subject, title)
        .detail(block(&from.detail))
        .group_title(check.title);
    if let Some(severity) = from.severity {
        finding.severity = severity;
    }
    if !from.evidence.is_empty() {
        // All below one key: keys of evidence are never freed, and a program must not add to them.
        finding = finding.evidence("details", evidence(from.evidence));
    }
    finding.fix_some(from.fix.map(|from| fix_ids.assign(check.id, fix(from))))
}

fn evidence(evidence: Map<String, Value>) -> Value {
    let value = Value::Object(evidence);
    match value.to_string().len() {
        0..=MAX_EVIDENCE => value,
        size => Value::String(format!("{size} bytes of evidence were left out")),
    }
}

fn fix(from: ProgramFix) -> Fix {
    let title = line(&from.title, MAX_TITLE);
    let mut fix = Fix::new("", Disposition::Manual, title, block(&from.explain));
    let is_short = |command: &String| command.chars().nth(MAX_TEXT).is_none();
    // A truncated command, or only some of the commands, would do something else than intended.
    if from.commands.len() <= MAX_COMMANDS && from.commands.iter().all(is_short) {
        fix.commands = from
            .commands
            .iter()
            .map(|text| sanitize_line(text))
            .collect();
    } else {
        fix.explain = "Its commands are too long to be shown.".to_owned();
    }
    fix
}

fn line(text: &str, max: usize) -> String {
    truncate(&sanitize_line(text), max)
}

fn block(text: &str) -> String {
    truncate(&sanitize_block(text), MAX_TEXT)
}
