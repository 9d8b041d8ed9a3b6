//! One file per format, all of the same report.

mod human;
mod json;
mod paint;

use ecs_exec_checks::Report;

use crate::cli::Format;

/// How the human report looks.
pub struct Look {
    pub color: bool,
    pub unicode: bool,
    /// Columns to wrap prose at; commands are never wrapped.
    pub width: usize,
    /// Every finding, not only those that need attention.
    pub verbose: bool,
}

pub fn render(report: &Report, format: Format, look: &Look) -> String {
    match format {
        Format::Human => human::render(report, look),
        Format::Json => json::render(report),
    }
}

/// Only what is behind it all and how it is mended, for a person.
pub fn causes(report: &Report, look: &Look) -> String {
    human::causes(report, look)
}
