//! What the terminal can show: colors, Unicode, and its size.

use std::ffi::OsString;
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
    let look = look_of(global, terminal);
    Look {
        verbose: global.verbose,
        // Only a flag colors a file: a variable is meant for what is shown.
        color: look.color && (!to_file || global.color == Color::Always),
        ..look
    }
}

/// How text on standard error looks.
pub fn look_of_errors(global: &Global) -> Look {
    look_of(global, io::stderr().is_terminal())
}

fn look_of(global: &Global, terminal: bool) -> Look {
    Look {
        color: has_color(global.color, terminal, &variable),
        unicode: has_unicode(),
        width: width(terminal),
        verbose: false,
    }
}

/// <https://no-color.org>, <https://bixense.com/clicolors>: `NO_COLOR` wins over `CLICOLOR_FORCE`.
fn has_color(
    flag: Color,
    terminal: bool,
    variable: &dyn Fn(&'static str) -> Option<OsString>,
) -> bool {
    let is_set = |name| variable(name).is_some_and(|value| value != "0");
    match flag {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if variable("NO_COLOR").is_some() => false,
        Color::Auto if is_set("CLICOLOR_FORCE") => true,
        Color::Auto => {
            terminal
                && variable("CLICOLOR").is_none_or(|value| value != "0")
                && variable("TERM").is_none_or(|term| term != "dumb")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_decide_about_color() {
        let color = |flag, terminal, set: &[(&str, &str)]| {
            let variable = |name: &'static str| {
                let mut set = set.iter();
                let (_, value) = set.find(|(other, _)| *other == name)?;
                Some(OsString::from(value))
            };
            has_color(flag, terminal, &variable)
        };
        let force = ("CLICOLOR_FORCE", "1");
        assert!(color(Color::Auto, true, &[]));
        assert!(!color(Color::Auto, false, &[]));
        assert!(color(Color::Auto, false, &[force]));
        assert!(!color(Color::Auto, false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!color(Color::Auto, true, &[force, ("NO_COLOR", "1")]));
        assert!(!color(Color::Auto, true, &[("CLICOLOR", "0")]));
        assert!(!color(Color::Auto, true, &[("TERM", "dumb")]));
        assert!(!color(Color::Never, true, &[force]));
        assert!(color(Color::Always, false, &[("NO_COLOR", "1")]));
    }
}
