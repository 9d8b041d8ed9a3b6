//! Standard output holds the report alone; everything else goes to standard error.

use std::env;
use std::fs::{self, File};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use comfy_table::{ContentArrangement, Table, presets};
use ecs_exec_checks::Report;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::{Color, Format, Global, ReportFlags, WantedFormat};
use crate::config;
use crate::environment::variable;
use crate::report::{self, Locations, Look};
use crate::trouble::Trouble;

/// Writes the reports of a run in every format that was asked for. What has no file goes to standard output; where
/// everything has one, so does a human report, unless it is to be quiet.
pub fn write(reports: &[Report], arguments: &ReportFlags, global: &Global) -> Result<(), Trouble> {
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

fn wanted(arguments: &ReportFlags, global: &Global) -> Result<Vec<WantedFormat>, Trouble> {
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
            return Err(Trouble::new(
                "two reports would go to the same location",
                "Give each but one a file of its own: --format json=report.json --format markdown=ticket.md",
            ));
        }
    }
    let apart = wanted
        .iter()
        .filter(|wanted| wanted.file == arguments.output)
        .count();
    if apart == 0 && (arguments.output.is_some() || !global.quiet) {
        wanted.push(to_output(Format::Human));
    }
    Ok(wanted)
}

/// The page that GitHub shows of a step. <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>
fn summarize(reports: &[Report], locations: &Locations, global: &Global) -> Result<(), Trouble> {
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

/// Writes a whole file or none: what is there stays until the new one is complete.
pub fn write_file(path: &Path, text: &str) -> Result<(), Trouble> {
    write_with(path, |to| to.write_all(text.as_bytes()))
}

fn write_with(
    path: &Path,
    write: impl Fn(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Trouble> {
    let to_file = |path: &Path| {
        let mut file = File::create(path)?;
        write(&mut file)
    };
    // Devices and pipes cannot be replaced, only written to.
    if path.exists() && !path.is_file() {
        return to_file(path).map_err(|error| unwritable(path, &error));
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let written = to_file(&part).and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written.map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &io::Error) -> Trouble {
    Trouble::new(format!("{} cannot be written: {error}", path.display()), "")
}

/// The human report for standard error, without colours.
pub fn summary(report: &Report, global: &Global) -> String {
    let look = Look {
        color: false,
        ..look_of_errors(global)
    };
    report::human(report, &look)
}

/// The last lines of a text that fit on the terminal, and how many rows they take up there.
pub fn that_fit(text: &str) -> (String, usize) {
    const DEFAULT: (usize, usize) = (100, 1000);
    let (width, height) = terminal_size::terminal_size().map_or(DEFAULT, |(width, height)| {
        (usize::from(width.0).max(1), usize::from(height.0))
    });
    let rows_of = |line: &str| textwrap::core::display_width(line).div_ceil(width).max(1);
    let mut rows = 0;
    let mut lines = Vec::new();
    for line in text.lines().rev() {
        // Below the last one a line says that AWS is asked, and then stands the cursor.
        if rows + rows_of(line) + 2 > height {
            break;
        }
        rows += rows_of(line);
        lines.push(line);
    }
    lines.reverse();
    let text = lines.iter().map(|line| format!("{line}\n")).collect();
    (text, rows)
}

pub fn print(text: &str) -> Result<(), Trouble> {
    let mut stdout = io::stdout().lock();
    unless_reader_left(
        stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush()),
    )
}

/// A reader that has gone away, as `head` does, is no error.
fn unless_reader_left(written: io::Result<()>) -> Result<(), Trouble> {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Trouble::new(
            format!("standard output cannot be written to: {error}"),
            "",
        )),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn look(global: &Global, to_file: bool) -> Look {
    let terminal = !to_file && io::stdout().is_terminal();
    Look {
        color: wants_color(global.color, terminal),
        unicode: has_unicode(),
        width: width(terminal),
        verbose: global.verbose,
    }
}

/// How text on standard error looks.
pub fn look_of_errors(global: &Global) -> Look {
    let terminal = io::stderr().is_terminal();
    Look {
        color: wants_color(global.color, terminal),
        unicode: has_unicode(),
        width: width(terminal),
        verbose: false,
    }
}

/// <https://no-color.org>
fn wants_color(wish: Color, terminal: bool) -> bool {
    match wish {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            terminal
                && variable("NO_COLOR").is_none()
                && env::var_os("TERM").is_none_or(|term| term != "dumb")
        }
    }
}

/// The locale decides; where none is set, so that nobody said otherwise, UTF-8 is the rule.
fn has_unicode() -> bool {
    ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .filter_map(|name| env::var(name).ok())
        .find(|value| !value.is_empty())
        .is_none_or(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        })
}

/// Columns of standard output; a moderate number where it is no terminal.
pub fn text_width() -> usize {
    width(io::stdout().is_terminal())
}

fn width(terminal: bool) -> usize {
    const DEFAULT: usize = 100;
    if !terminal {
        return DEFAULT;
    }
    terminal_size::terminal_size().map_or(DEFAULT, |(width, _)| usize::from(width.0))
}

/// A table without lines, for people; its columns are aligned and never cut.
pub fn table(columns: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(columns.to_vec());
    table
}

/// The table's text, without what comes after the last word of a line.
pub fn plain_table(table: &Table) -> String {
    table
        .lines()
        .map(|line| format!("{}\n", line.trim()))
        .collect()
}

/// A line on standard error while facts are gathered; only on a terminal.
pub struct Progress(ProgressBar);

impl Progress {
    pub fn start(global: &Global, message: &str) -> Progress {
        let target = if global.quiet || !io::stderr().is_terminal() {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bar = ProgressBar::with_draw_target(None, target)
            .with_style(ProgressStyle::default_spinner())
            .with_message(ecs_exec_checks::text::clean_line(message));
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Progress(bar)
    }

    pub fn say(&self, message: &str) {
        self.0
            .set_message(ecs_exec_checks::text::clean_line(message));
    }

    pub fn end(self) {
        self.0.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
