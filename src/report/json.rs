use std::io::{self, Write};

use ecs_exec_checks::Report;

/// Piece by piece: a fleet's report is larger than what it was made of.
pub fn write(report: &Report, to: &mut dyn Write) -> io::Result<()> {
    let mut to = io::BufWriter::with_capacity(64 * 1024, to);
    serde_json::to_writer_pretty(&mut to, report)?;
    to.write_all(b"\n")?;
    to.flush()
}
