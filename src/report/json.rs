use std::io::{self, Write};

use ecs_exec_checks::Report;
use ecs_exec_checks::report::{SCHEMA_VERSION, Summary, Tool, Verdict};
use schemars::JsonSchema;
use serde::Serialize;

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

/// Piece by piece: a fleet's report is larger than what it was made of.
pub fn write(reports: &[Report], to: &mut dyn Write) -> io::Result<()> {
    let mut to = io::BufWriter::with_capacity(64 * 1024, to);
    match reports {
        [] => return Ok(()),
        [one] => serde_json::to_writer_pretty(&mut to, one)?,
        [first, ..] => {
            let several = Several {
                schema_version: SCHEMA_VERSION,
                tool: &first.tool,
                generated_at: &first.generated_at,
                verdict: super::verdict(reports),
                summary: reports.iter().map(|report| &report.summary).sum(),
                reports,
            };
            serde_json::to_writer_pretty(&mut to, &several)?;
        }
    }
    to.write_all(b"\n")?;
    to.flush()
}
