//! The reports of a run: one file per format, all from the same `Report`; `wording` holds what they share.

mod github;
pub mod human;
mod json;
mod junit;
mod markdown;
mod paint;
mod picture;
mod sarif;
mod schema;
mod source_location;
mod wording;

use diagnosis::{Report, Verdict};
use serde::Serialize;

use crate::cli::Format;

pub use human::render as human;
pub use human::root_causes as causes;
pub use schema::schema;
pub use source_location::SourceLocations;

/// How the human report looks.
pub struct Look {
    pub color: bool,
    pub unicode: bool,
    /// Columns to wrap prose at; commands are never wrapped.
    pub width: usize,
    /// Show every finding, not only those that need attention.
    pub verbose: bool,
}

/// The reports of one run, one for each cluster, in a format.
pub fn render(
    reports: &[Report],
    format: Format,
    look: &Look,
    locations: &SourceLocations,
) -> String {
    let pages = |separator: &str, page: &dyn Fn(&Report) -> String| {
        let pages: Vec<String> = reports.iter().map(page).collect();
        pages.join(separator)
    };
    match format {
        Format::Human => pages("\n", &|report| human(report, look)) + &human::overview(reports),
        Format::Json => json::render(reports),
        Format::Markdown => pages("\n", &markdown::render),
        Format::Junit => junit::render(reports),
        Format::Sarif => sarif::render(reports, locations),
        Format::Github => pages("", &|report| github::render(report, locations)),
    }
}

/// Indented JSON with a line end.
fn pretty_json(document: &impl Serialize) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default() + "\n"
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
