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

use std::io::{self, BufWriter, Write};

use diagnosis::{Report, Verdict};
use serde::Serialize;

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
    // The larger ones are written piece by piece: of a fleet they are larger than what they are made of.
    let mut to = BufWriter::with_capacity(64 * 1024, to);
    match format {
        Format::Json => json::write(reports, &mut to)?,
        Format::Junit => junit::write(reports, &mut to)?,
        Format::Sarif => sarif::write(reports, locations, &mut to)?,
        Format::Human => {
            let pages = each(&|report| human::render(report, look));
            to.write_all((pages + &human::overview(reports)).as_bytes())?;
        }
        Format::Markdown => to.write_all(each(&markdown::render).as_bytes())?,
        Format::Github => {
            for report in reports {
                to.write_all(github::render(report, locations).as_bytes())?;
            }
        }
    }
    to.flush()
}

/// A document of JSON for people to read too.
fn write_json(document: &impl Serialize, to: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *to, document)?;
    to.write_all(b"\n")
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
fn fixes_in_lines<'f>(report: &Report, ids: impl Iterator<Item = &'f str>) -> Vec<String> {
    let mut lines = Vec::new();
    for fix in ids.filter_map(|id| report.fix(id)) {
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
