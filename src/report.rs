//! One file per format, all of the same report.

mod github;
mod human;
mod json;
mod junit;
mod markdown;
mod paint;
mod picture;
mod place;
mod sarif;
mod schema;

use std::io::{self, Write};

use ecs_exec_checks::Report;

use crate::cli::Format;

pub use place::Places;
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

pub fn write(
    report: &Report,
    format: Format,
    look: &Look,
    places: &Places,
    to: &mut dyn Write,
) -> io::Result<()> {
    let text = match format {
        Format::Json => return json::write(report, to),
        Format::Human => human::render(report, look),
        Format::Markdown => markdown::render(report),
        Format::Junit => junit::render(report),
        Format::Sarif => sarif::render(report, places),
        Format::Github => github::render(report, places),
    };
    to.write_all(text.as_bytes())
}

/// The human report as a text.
pub fn human(report: &Report, look: &Look) -> String {
    human::render(report, look)
}

/// Only what is behind it all and how it is mended, for a person.
pub fn causes(report: &Report, look: &Look) -> String {
    human::causes(report, look)
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
