//! What the terminal can show: colors, Unicode, and its size.

use std::env;
use std::io::{self, IsTerminal};

use crossterm::terminal::size;

use crate::cli::{Color, Global};
use crate::environment::variable;
use crate::formats::Look;

/// Columns of text that does not go to a terminal.
const DEFAULT_WIDTH: usize = 100;

/// How text on standard output, or in a file, looks.
pub fn look(global: &Global, to_file: bool) -> Look {
    let terminal = !to_file && io::stdout().is_terminal();
    Look {
        verbose: global.verbose,
        ..look_of(global, terminal)
    }
}

/// How text on standard error looks.
pub fn look_of_errors(global: &Global) -> Look {
    look_of(global, io::stderr().is_terminal())
}

fn look_of(global: &Global, terminal: bool) -> Look {
    Look {
        color: has_color(global.color, terminal),
        unicode: has_unicode(),
        width: width(terminal),
        verbose: false,
    }
}

/// <https://no-color.org>
fn has_color(flag: Color, terminal: bool) -> bool {
    match flag {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            terminal
                && variable("NO_COLOR").is_none()
                && env::var_os("TERM").is_none_or(|term| term != "dumb")
        }
    }
}

/// Whether the locale is UTF-8, or none is set.
fn has_unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(variable);
    locale.is_none_or(|locale| {
        let locale = locale.to_string_lossy().to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// Columns of standard output.
pub fn text_width() -> usize {
    width(io::stdout().is_terminal())
}

/// Columns of the terminal; a default for other outputs.
pub fn width(terminal: bool) -> usize {
    match size() {
        Ok((columns, _)) if terminal => usize::from(columns).max(1),
        _ => DEFAULT_WIDTH,
    }
}

/// The last lines of a text that fit on the terminal, and the number of rows they take up.
pub fn last_lines_that_fit(text: &str) -> (String, usize) {
    let height = size().map_or(1000, |(_, rows)| usize::from(rows));
    let width = width(true);
    let rows_of = |line: &str| textwrap::core::display_width(line).div_ceil(width).max(1);
    let mut rows = 0;
    let mut lines = Vec::new();
    for line in text.lines().rev() {
        // Two rows stay free below: the progress line, and the cursor.
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
