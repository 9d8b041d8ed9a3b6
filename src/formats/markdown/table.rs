//! Tables of services, evidence and findings, with the same row only once.

use std::fmt::Write;

use diagnosis::report::{Report, RootCause};
use model::{Status, text};

use super::escape::{code, details, prose};
use crate::formats::fold::{self, FindingGroup};
use crate::formats::wording;

/// More rows would bury the rest of a ticket.
const MAX_EVIDENCE: usize = 20;
/// More rows are collapsed.
const MAX_OPEN_EVIDENCE: usize = 8;
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
    let rows = wording::distinct(rows);
    let table = |page: &mut String| {
        page.push_str("| Subject | Evidence | Value |\n| --- | --- | --- |\n");
        write(page, &rows, MAX_EVIDENCE);
    };
    match rows.len() {
        0 => {}
        1..=MAX_OPEN_EVIDENCE => table(page),
        _ => {
            details(page, "Evidence", table);
            page.push('\n');
        }
    }
}

/// A row for each service, or of many for each state that they are in.
pub fn services(page: &mut String, report: &Report) {
    let groups = fold::summarize_services(report);
    if groups.is_empty() {
        return;
    }
    page.push_str("\n| Services | | |\n| --- | --- | --- |\n");
    let rows = groups.iter().map(|group| {
        let state = prose(&wording::state_of_services(report, group));
        let many = group.services.len();
        let names = match group.status.needs_attention() || many == 1 {
            true => names(&group.services),
            false => String::new(),
        };
        let count = match many {
            1 => String::new(),
            many => format!(" {many}"),
        };
        format!("| {}{count} | {state} | {names}", symbol(group.status))
    });
    write(page, &rows.collect::<Vec<_>>(), MAX_FINDINGS);
}

/// Groups of findings with status, checks, services and title.
pub fn findings(page: &mut String, groups: &[FindingGroup]) {
    let rows = groups.iter().map(|group| {
        let finding = group.finding;
        let causes = match finding.caused_by.as_slice() {
            [] => String::new(),
            causes => format!(" (caused by {})", super::code_list(causes)),
        };
        let checks = super::code_list(&group.checks);
        let services = match finding.status {
            // Those of a failure are named at its root cause.
            Status::Fail if group.services.len() > fold::MAX_NAMED => {
                text::count(group.services.len(), "service")
            }
            _ => names(&group.services),
        };
        let (status, title) = (status(finding.status), prose(&group.title));
        format!(
            "| {status} | {checks} | {services} | {title}{}{causes}",
            group.more()
        )
    });
    page.push_str("| Status | Check | Service | Finding |\n| --- | --- | --- | --- |\n");
    write(page, &rows.collect::<Vec<_>>(), MAX_FINDINGS);
}

/// The first names as code.
fn names(services: &[&str]) -> String {
    let names: Vec<String> = services.iter().map(|service| code(service)).collect();
    text::short_list(&names, fold::MAX_NAMED)
}

fn status(status: Status) -> String {
    format!("{} {}", symbol(status), status.word())
}

fn symbol(status: Status) -> &'static str {
    match status {
        Status::Pass => "✅",
        Status::Warn => "⚠️",
        Status::Fail => "❌",
        Status::Unknown => "❔",
        Status::Skip => "➖",
    }
}

fn write(page: &mut String, rows: &[String], limit: usize) {
    for row in rows.iter().take(limit) {
        let _ = writeln!(page, "{row} |");
    }
    if let Some(more) = wording::left_out(rows.len(), limit, "more row") {
        let _ = write!(page, "\nThe JSON report has {more}.\n");
    }
    page.push('\n');
}
