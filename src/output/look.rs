//! How text looks: what the terminal can show, and what the user wishes.

use std::env;
use std::io::{self, IsTerminal};

use crate::cli::{Color, Global};
use crate::environment::variable;
use crate::report::Look;

pub fn look(global: &Global, to_file: bool) -> Look {
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

pub fn width(terminal: bool) -> usize {
    const DEFAULT: usize = 100;
    if !terminal {
        return DEFAULT;
    }
    terminal_size::terminal_size().map_or(DEFAULT, |(width, _)| usize::from(width.0))
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
