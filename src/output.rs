//! Standard output holds the report alone; everything else goes to standard error.

use std::env;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::time::Duration;

use comfy_table::{ContentArrangement, Table, presets};
use ecs_exec_checks::Report;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::{Color, Doctor, Global};
use crate::report::{Look, render};
use crate::trouble::Trouble;

pub fn write(report: &Report, arguments: &Doctor, global: &Global) -> Result<(), Trouble> {
    let to_file = arguments.output.is_some();
    let text = render(report, arguments.format, &look(global, to_file));
    match &arguments.output {
        Some(path) => std::fs::write(path, text).map_err(|error| {
            Trouble::new(
                format!(
                    "the report cannot be written to {}: {error}",
                    path.display()
                ),
                "",
            )
        }),
        None => print(&text),
    }
}

/// A reader that has gone away, as `head` does, is no error.
pub fn print(text: &str) -> Result<(), Trouble> {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Trouble::new(
            format!("the report cannot be written: {error}"),
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
    let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    match wish {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            terminal && !set("NO_COLOR") && env::var_os("TERM").is_none_or(|term| term != "dumb")
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

    pub fn end(self) {
        self.0.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
