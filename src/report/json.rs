use std::io::{self, Write};

use diagnosis::Report;
use diagnosis::report::{SCHEMA_VERSION, Summary, Tool, Verdict};
use schemars::JsonSchema;
use serde::Serialize;

use super::write_json;

/// The reports of several clusters, with the worst of their verdicts and the sum of their findings.
#[derive(Serialize, JsonSchema)]
pub struct Several<'r> {
    schema_version: &'static str,
    tool: &'r Tool,
    generated_at: &'r str,
    verdict: Verdict,
    summary: Summary,
    reports: &'r [Report],
}

pub fn write(reports: &[Report], to: &mut impl Write) -> io::Result<()> {
    match reports {
        [] => Ok(()),
        [one] => write_json(one, to),
        [first, ..] => {
            let several = Several {
                schema_version: SCHEMA_VERSION,
                tool: &first.tool,
                generated_at: &first.generated_at,
                verdict: super::verdict(reports),
                summary: reports.iter().map(|report| &report.summary).sum(),
                reports,
            };
            write_json(&several, to)
        }
    }
}
