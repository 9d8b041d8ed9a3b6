//! The reports of a run: one file per [`Format`], all from the same `Report`. `fold` puts together what says the same, `path`
//! is what pictures show, `wording` has the words that formats share.
//!
//! A new format is a variant of [`Format`], an arm of [`Format::render`], and a file here.

mod fold;
mod github;
mod html;
pub mod human;
mod json;
mod junit;
pub mod markdown;
mod path;
mod sarif;
mod wording;

use clap::ValueEnum;
use diagnosis::{Report, Verdict};
use serde::Serialize;

use crate::source_location::SourceLocations;

pub use github::error as github_error;
pub use human::render as human;
pub use human::root_causes as causes;
pub use json::schema as json_schema;

/// How the human report looks.
pub struct Look {
    pub color: bool,
    pub unicode: bool,
    /// Columns to wrap prose at; commands are never wrapped.
    pub width: usize,
    /// Show every finding, not only those that need attention.
    pub verbose: bool,
}

impl Look {
    /// What stands for text that is cut off.
    pub fn ellipsis(&self) -> &'static str {
        match self.unicode {
            true => "…",
            false => "...",
        }
    }
}

/// The formats of a report, under the names that `--format` accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a terminal.
    Human,
    /// For programs; `ecs-exec schema` prints its schema.
    Json,
    /// For a ticket.
    Markdown,
    /// For a ticket without Markdown, or an attachment: one file that needs no network.
    Html,
    /// For CI servers.
    Junit,
    /// For code scanning.
    Sarif,
    /// For GitHub Actions: annotations, and a summary of the step.
    Github,
}

impl Format {
    /// `human, json, …, sarif or github`, for help and errors.
    pub fn names() -> String {
        let formats = Format::value_variants().iter();
        let values = formats.filter_map(Format::to_possible_value);
        let names: Vec<String> = values.map(|value| value.get_name().to_owned()).collect();
        let names = names.join(", ");
        match names.rsplit_once(", ") {
            Some((others, last)) => format!("{others} or {last}"),
            None => names,
        }
    }

    /// The reports of one run, one for each cluster.
    pub fn render(self, reports: &[Report], look: &Look, locations: &SourceLocations) -> String {
        let pages = |separator: &str, page: &dyn Fn(&Report) -> String| {
            let pages: Vec<String> = reports.iter().map(page).collect();
            pages.join(separator)
        };
        match self {
            Format::Human => pages("\n", &|report| human(report, look)) + &human::overview(reports),
            Format::Json => json::render(reports),
            Format::Markdown => pages("\n", &markdown::render),
            Format::Html => html::render(reports),
            Format::Junit => junit::render(reports),
            Format::Sarif => sarif::render(reports, locations),
            Format::Github => github::render(reports, locations),
        }
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
