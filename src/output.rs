//! Standard output holds the report alone; everything else goes to standard error.

mod answer;
mod look;
mod open_line;
mod progress;
mod table;

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use diagnosis::Report;

use crate::cli::{Format, Global, ReportFlags, WantedFormat};
use crate::cli_error::CliError;
use crate::config;
use crate::environment::variable;
use crate::files::{unwritable, write_with};
use crate::report::{self, Locations, Look};

pub use answer::ask;
pub use look::{look_of_errors, text_width, that_fit};
pub use open_line::OpenLine;
pub use progress::Progress;
pub use table::{plain_table, table};

use look::look;

/// Writes the reports of a run in every format that was asked for. What has no file goes to standard output; where
/// everything has one, so does a human report, unless it is to be quiet. Where nothing was asked for, that is it.
pub fn write(reports: &[Report], arguments: &ReportFlags, global: &Global) -> Result<(), CliError> {
    let configuration = config::project_file(global);
    let locations = Locations::read(arguments.terraform.as_deref(), configuration.as_deref())?;
    for wanted in wanted(arguments, global)? {
        let look = look(global, wanted.file.is_some());
        let render =
            |to: &mut dyn Write| report::write(reports, wanted.format, &look, &locations, to);
        match &wanted.file {
            Some(path) => write_with(path, render)?,
            None => unless_reader_left(render(&mut io::stdout().lock()))?,
        }
        if wanted.format == Format::Github {
            summarize(reports, &locations, global)?;
        }
    }
    Ok(())
}

fn wanted(arguments: &ReportFlags, global: &Global) -> Result<Vec<WantedFormat>, CliError> {
    let to_output = |format| WantedFormat {
        format,
        file: arguments.output.clone(),
    };
    let mut wanted: Vec<WantedFormat> = arguments
        .format
        .iter()
        .map(|wanted| match wanted.file {
            Some(_) => wanted.clone(),
            None => to_output(wanted.format),
        })
        .collect();
    for (at, one) in wanted.iter().enumerate() {
        if wanted[..at].iter().any(|other| other.file == one.file) {
            return Err(CliError::new(
                "two reports would go to the same place",
                "Give each but one a file of its own: --format json=report.json --format markdown=ticket.md",
            ));
        }
    }
    let apart = wanted
        .iter()
        .filter(|wanted| wanted.file == arguments.output)
        .count();
    let is_asked = wanted.is_empty() || arguments.output.is_some();
    if apart == 0 && (is_asked || !global.quiet) {
        wanted.push(to_output(Format::Human));
    }
    Ok(wanted)
}

/// The page that GitHub shows of a step. <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>
fn summarize(reports: &[Report], locations: &Locations, global: &Global) -> Result<(), CliError> {
    let Some(path) = variable("GITHUB_STEP_SUMMARY") else {
        return Ok(());
    };
    let path = Path::new(&path);
    let look = look(global, true);
    File::options()
        .append(true)
        .create(true)
        .open(path)
        .and_then(|mut file| report::write(reports, Format::Markdown, &look, locations, &mut file))
        .map_err(|error| unwritable(path, &error))
}

/// The human report for standard error, without colours.
pub fn summary(report: &Report, global: &Global) -> String {
    let look = Look {
        color: false,
        ..look_of_errors(global)
    };
    report::human(report, &look)
}

pub fn print(text: &str) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    unless_reader_left(
        stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush()),
    )
}

/// A reader that has gone away, as `head` does, is no error.
pub fn unless_reader_left(written: io::Result<()>) -> Result<(), CliError> {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(CliError::new(
            format!("standard output cannot be written to: {error}"),
            "",
        )),
        Ok(()) | Err(_) => Ok(()),
    }
}
