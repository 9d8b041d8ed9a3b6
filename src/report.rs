//! One file per format, all of the same report.

mod github;
pub mod human;
mod json;
mod junit;
mod location;
mod markdown;
mod paint;
mod picture;
mod sarif;
mod schema;

use std::io::{self, Write};

use ecs_exec_checks::{Report, Verdict};

use crate::cli::Format;

pub use location::Locations;
pub use schema::schema;

/// How the human report looks.
pub struct Look {
    pub color: bool,
    pub unicode: bool,
    /// Columns to wrap prose at; commands are never wrapped.
    pub width: usize,
    /// Every finding, not only those that need attention.
    pub verbose: bool,
}

/// Writes the reports of one run: of one cluster as a rule, of several where several were asked about.
pub fn write(
    reports: &[Report],
    format: Format,
    look: &Look,
    locations: &Locations,
    to: &mut dyn Write,
) -> io::Result<()> {
    let each = |render: &dyn Fn(&Report) -> String| -> String {
        let pages: Vec<String> = reports.iter().map(render).collect();
        pages.join("\n")
    };
    let text = match format {
        Format::Json => return json::write(reports, to),
        Format::Human => each(&|report| human::render(report, look)) + &human::overview(reports),
        Format::Markdown => each(&markdown::render),
        Format::Junit => return junit::write(reports, to),
        Format::Sarif => return sarif::write(reports, locations, to),
        Format::Github => reports
            .iter()
            .map(|report| github::render(report, locations))
            .collect(),
    };
    to.write_all(text.as_bytes())
}

/// The worst of several verdicts.
pub fn verdict(reports: &[Report]) -> Verdict {
    let is = |verdict| reports.iter().any(|report| report.verdict == verdict);
    if is(Verdict::Fail) {
        Verdict::Fail
    } else if is(Verdict::Inconclusive) {
        Verdict::Inconclusive
    } else {
        Verdict::Pass
    }
}

/// The human report as a text.
pub fn human(report: &Report, look: &Look) -> String {
    human::render(report, look)
}

/// Only what is behind it all and how it is mended, for a person.
pub fn causes(report: &Report, look: &Look) -> String {
    human::causes(report, look)
}

/// What mends something, in plain lines: each fix, and its commands below it.
fn fixes_in_lines(report: &Report, ids: &[String]) -> Vec<String> {
    let mut lines = Vec::new();
    for fix in ids.iter().filter_map(|id| report.fix(id)) {
        lines.push(format!("Fix ({}): {}", fix.disposition.word(), fix.title));
        lines.extend(fix.commands.iter().map(|command| format!("  {command}")));
    }
    lines
}

/// Permissions of the caller that would have told more.
fn missing_permissions(report: &Report) -> Vec<&str> {
    let mut missing: Vec<&str> = report
        .findings
        .iter()
        .filter_map(|finding| finding.missing_permission.as_deref())
        .collect();
    missing.sort_unstable();
    missing.dedup();
    missing
}
