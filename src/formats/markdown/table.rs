//! Tables of evidence and of findings, with the same row only once.

use std::collections::HashMap;
use std::fmt::Write;

use diagnosis::report::{Report, RootCause};
use model::{Finding, Status};

use super::escape::{code, prose};

/// More rows would bury the rest of a ticket.
const MAX_EVIDENCE: usize = 20;
const MAX_FINDINGS: usize = 100;

/// The evidence of a root cause.
pub fn evidence(page: &mut String, report: &Report, cause: &RootCause) {
    let findings = report.findings_of(cause);
    let rows = findings
        .filter(|finding| finding.status.needs_attention())
        .flat_map(|finding| {
            let subject = code(&finding.subject.id);
            let evidence = finding.evidence.iter();
            evidence.map(move |(name, value)| {
                format!(
                    "| {subject} | {} | {}",
                    code(name),
                    code(&value.to_string())
                )
            })
        });
    let rows: Vec<String> = count(rows).into_iter().map(|(row, _)| row).collect();
    if !rows.is_empty() {
        page.push_str("| Subject | Evidence | Value |\n| --- | --- | --- |\n");
        write(page, &rows, MAX_EVIDENCE);
    }
}

/// Findings with status, check, service and title.
pub fn findings(page: &mut String, findings: &[&Finding]) {
    let rows = findings.iter().map(|finding| {
        let service = finding
            .subject
            .service
            .as_deref()
            .map_or(String::new(), code);
        let causes = match finding.caused_by.as_slice() {
            [] => String::new(),
            causes => format!(" (caused by {})", super::code_list(causes)),
        };
        let (check, title) = (code(finding.check.id), prose(&finding.title));
        let status = status(finding.status);
        format!("| {status} | {check} | {service} | {title}{causes}")
    });
    let rows = count(rows).into_iter().map(|(row, count)| match count {
        1 => row,
        many => format!("{row} (× {many})"),
    });
    page.push_str("| Status | Check | Service | Finding |\n| --- | --- | --- | --- |\n");
    write(page, &rows.collect::<Vec<_>>(), MAX_FINDINGS);
}

fn status(status: Status) -> String {
    let symbol = match status {
        Status::Pass => "✅",
        Status::Warn => "⚠️",
        Status::Fail => "❌",
        Status::Unknown => "❔",
        Status::Skip => "➖",
    };
    format!("{symbol} {}", status.word())
}

/// Each distinct row and how often it occurs, in the order of the first occurrence.
fn count(rows: impl Iterator<Item = String>) -> Vec<(String, usize)> {
    let mut distinct: Vec<(String, usize)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for row in rows {
        let place = *places.entry(row.clone()).or_insert(distinct.len());
        match distinct.get_mut(place) {
            Some((_, count)) => *count += 1,
            None => distinct.push((row, 1)),
        }
    }
    distinct
}

fn write(page: &mut String, rows: &[String], limit: usize) {
    for row in rows.iter().take(limit) {
        let _ = writeln!(page, "{row} |");
    }
    if let Some(more) = rows.len().checked_sub(limit).filter(|more| *more > 0) {
        let _ = write!(page, "\n{more} more rows are in the JSON report.\n");
    }
    page.push('\n');
}
