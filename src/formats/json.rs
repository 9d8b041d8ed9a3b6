//! The JSON report; its schema is `schema`.

mod schema;

use diagnosis::Report;
use diagnosis::report::{SCHEMA_VERSION, Summary, Tool, Verdict};
use schemars::JsonSchema;
use serde::Serialize;

use super::pretty_json;

pub use schema::schema;

/// The reports of several clusters, with the worst verdict and the sum of the summaries.
#[derive(Serialize, JsonSchema)]
pub struct Several<'r> {
    schema_version: &'static str,
    tool: &'r Tool,
    generated_at: &'r str,
    verdict: Verdict,
    summary: Summary,
    reports: &'r [Report],
}

/// The report itself if there is one, else a [`Several`].
pub fn render(reports: &[Report]) -> String {
    match reports {
        [] => String::new(),
        [one] => pretty_json(one),
        [first, ..] => pretty_json(&Several {
            schema_version: SCHEMA_VERSION,
            tool: &first.tool,
            generated_at: &first.generated_at,
            verdict: super::verdict(reports),
            summary: reports.iter().map(|report| &report.summary).sum(),
            reports,
        }),
    }
}
