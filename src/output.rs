//! Where text goes: the report to standard output or files, everything else to standard error.

mod ask;
mod look;
mod open_line;
mod progress;
mod records;
mod table;

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use diagnosis::Report;

use crate::cli::{Doctor, Global, ReportFlags};
use crate::cli_error::CliError;
use crate::config;
use crate::environment::variable;
use crate::files::{unwritable, write_file};
use crate::formats::{self, Format, Look};
use crate::source_location::SourceLocations;

pub use ask::{ask, can_ask, confirm};
pub use look::{last_lines_that_fit, look_of_errors, text_width};
pub use open_line::OpenLine;
pub use progress::Progress;
pub use records::Records;
pub use table::{plain_table, start_within, table, without_middle};

use look::look;

/// Writes the reports of a run in the requested formats. If every format goes to a file, a human report goes to standard
/// output as well: `--quiet` silences standard error only.
pub fn write(reports: &[Report], doctor: &Doctor, global: &Global) -> Result<(), CliError> {
    let arguments = &doctor.report;
    let configuration = config::project_file(global);
    let locations = SourceLocations::read(
        arguments.terraform.as_deref(),
        doctor.facts.plan.as_deref(),
        configuration.as_deref(),
    )?;
    for (format, file) in formats(arguments)? {
        let look = look(global, file.is_some());
        let text = format.render(reports, &look, &locations);
        match file {
            Some(path) => write_file(path, &text)?,
            None => print(&text)?,
        }
        if format == Format::Github {
            write_step_summary(reports, &locations, global)?;
        }
    }
    Ok(())
}

/// The formats to write, each with its file; `None` is standard output.
fn formats(arguments: &ReportFlags) -> Result<Vec<(Format, Option<&Path>)>, CliError> {
    let default = arguments.output.as_deref();
    let requested = arguments.format.iter();
    let mut formats: Vec<_> = requested
        .map(|requested| (requested.format, requested.file.as_deref().or(default)))
        .collect();
    for (at, (_, file)) in formats.iter().enumerate() {
        if formats[..at].iter().any(|(_, other)| other == file) {
            return Err(CliError::new(
                "two reports go to the same place",
                "Give all but one a file: --format json=report.json --format markdown=ticket.md",
            ));
        }
    }
    if formats.iter().all(|(_, file)| *file != default) {
        formats.push((Format::Human, default));
    }
    Ok(formats)
}

/// Refuses flags that contradict each other, before AWS is asked.
pub fn ensure_valid(arguments: &ReportFlags) -> Result<(), CliError> {
    let formats = formats(arguments)?;
    let mut formats = formats.iter().map(|(format, _)| format);
    let locates = formats.any(|format| matches!(format, Format::Sarif | Format::Github));
    match arguments.terraform.is_some() && !locates {
        true => Err(CliError::new(
            "--terraform has no effect: only sarif and github reports locate findings in sources",
            "Add --format sarif or --format github, or remove --terraform. To check a Terraform plan: --plan FILE.",
        )),
        false => Ok(()),
    }
}

/// Prints an error because of which there is no report: to standard error, and as an annotation.
pub fn print_error(error: &CliError, arguments: Option<&ReportFlags>) {
    say!("{error}");
    if let Some(arguments) = arguments {
        annotate(error, arguments);
    }
}

/// Prints an error as an annotation if a report for GitHub Actions was requested. If another report would go to standard
/// output, the annotation goes to standard error, which the runner reads too.
pub fn annotate(error: &CliError, arguments: &ReportFlags) {
    let formats = &arguments.format;
    let github = formats
        .iter()
        .find(|requested| requested.format == Format::Github);
    let Some(github) = github else { return };
    let annotation = formats::github_error(&error.to_string());
    if github.file.is_some() || arguments.output.is_some() || print(&annotation).is_err() {
        say_part!("{annotation}");
    }
}

/// Appends the Markdown report to the summary of the GitHub Actions step.
/// <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>
fn write_step_summary(
    reports: &[Report],
    locations: &SourceLocations,
    global: &Global,
) -> Result<(), CliError> {
    let Some(path) = variable("GITHUB_STEP_SUMMARY") else {
        return Ok(());
    };
    let path = Path::new(&path);
    let look = look(global, true);
    let text = Format::Markdown.render(reports, &look, locations);
    let file = File::options().append(true).create(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| unwritable(path, &error))
}

/// The human report for standard error, without colors.
pub fn summary(report: &Report, global: &Global) -> String {
    let look = Look {
        color: false,
        ..look_of_errors(global)
    };
    formats::human(report, &look)
}

/// Prints a text to standard output.
pub fn print(text: &str) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    unless_reader_left(
        stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush()),
    )
}

/// A reader that closes the pipe early, as `head` does, is no error.
pub fn unless_reader_left(written: io::Result<()>) -> Result<(), CliError> {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(CliError::file(format!(
            "cannot write to standard output: {error}"
        ))),
        Ok(()) | Err(_) => Ok(()),
    }
}
