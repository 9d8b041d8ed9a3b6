//! A list on standard error that typing filters. Arrow keys move, Enter chooses, Esc leaves.

use std::io;

use crossterm::cursor::Show;
use crossterm::execute;
use crossterm::terminal::size;
use inquire::list_option::ListOption;
use inquire::ui::RenderConfig;
use inquire::{InquireError, Select};
use jiff::Timestamp;
use model::text::{sanitize_line, span};
use textwrap::core::display_width;
use tokio::task::spawn_blocking;

use crate::cli::Global;
use crate::cli_error::CliError;
use crate::output::{look_of_errors, start_within};
use crate::signals::INTERRUPT;

/// The most rows that a menu shows at once.
const ROWS: usize = 12;
/// Names are not cut to fewer columns.
const NAME: usize = 20;

/// One choice: what its columns show, and what it stands for.
pub struct Row<T> {
    pub cells: Vec<String>,
    pub value: T,
}

/// `started 3 h ago`; empty if the time is unknown.
pub fn age(what: &str, at: Option<Timestamp>) -> String {
    let seconds = at.map(|at| Timestamp::now().as_second() - at.as_second());
    seconds.map_or(String::new(), |seconds| {
        format!("{what} {} ago", span(seconds))
    })
}

/// Shows the rows, and returns the value of the chosen one. The cells are aligned and cut to the terminal's width.
///
/// # Errors
/// Esc and Ctrl-C, and a terminal that cannot be used.
pub async fn choose<T>(
    question: &str,
    mut rows: Vec<Row<T>>,
    global: &Global,
) -> Result<T, CliError> {
    let look = look_of_errors(global);
    let cells = clean(&rows);
    // Two columns for the mark of the selected row, and one for the cursor.
    let lines = lines(&cells, look.width.saturating_sub(3), look.ellipsis());
    let question = sanitize_line(question);
    let colors = match look.color {
        true => RenderConfig::default_colored(),
        false => RenderConfig::empty(),
    };
    let help = match look.unicode {
        true => "type to filter, ↑↓ move, Enter chooses, Esc leaves",
        false => "type to filter, arrows move, Enter chooses, Esc leaves",
    };
    let _restored = Restored::now();
    let answer = spawn_blocking(move || {
        // What is cut off is found all the same.
        let score = |filter: &str, line: &String, shown: &str, at: usize| {
            let whole = cells.get(at).map(|row| row.join(" "));
            let whole = whole.as_deref().unwrap_or(shown);
            Select::DEFAULT_SCORER(filter, line, whole, at)
        };
        let name = |chosen: ListOption<&String>| {
            let row = cells.get(chosen.index).and_then(|row| row.first());
            row.unwrap_or(chosen.value).clone()
        };
        Select::new(&question, lines)
            .with_render_config(colors)
            .with_page_size(page_size())
            .with_help_message(help)
            .with_scorer(&score)
            .with_formatter(&name)
            .raw_prompt()
    });
    match answer.await {
        Ok(Ok(chosen)) => Ok(rows.swap_remove(chosen.index).value),
        Ok(Err(InquireError::OperationInterrupted | InquireError::OperationCanceled)) => {
            Err(CliError::cut_off("nothing was chosen", INTERRUPT))
        }
        Ok(Err(error)) => Err(CliError::new(format!("cannot ask: {error}"), "")),
        Err(_) => Err(CliError::new("cannot ask", "")),
    }
}

/// Gives the terminal back as it was, also if a signal ends the question while a thread waits for a key.
struct Restored {
    #[cfg(unix)]
    mode: Option<rustix::termios::Termios>,
}

impl Restored {
    fn now() -> Restored {
        Restored {
            #[cfg(unix)]
            mode: rustix::termios::tcgetattr(io::stdin()).ok(),
        }
    }
}

impl Drop for Restored {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(mode) = &self.mode {
            use rustix::termios::{OptionalActions, tcsetattr};
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, mode);
        }
        let _ = execute!(io::stderr(), Show);
    }
}

/// As many rows as the terminal has, besides the question and the help.
fn page_size() -> usize {
    let height = size().map_or(ROWS, |(_, height)| usize::from(height));
    height.saturating_sub(4).clamp(1, ROWS)
}

fn clean<T>(rows: &[Row<T>]) -> Vec<Vec<String>> {
    let rows = rows.iter();
    let cells = rows.map(|row| row.cells.iter().map(|cell| sanitize_line(cell)).collect());
    cells.collect()
}

/// Aligned columns. A long name is cut, so that the others have room.
fn lines(cells: &[Vec<String>], width: usize, ellipsis: &str) -> Vec<String> {
    let columns = cells.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |column: usize| {
        let cells = cells.iter().filter_map(|row| row.get(column));
        cells.map(|cell| display_width(cell)).max().unwrap_or(0)
    };
    let mut widths: Vec<usize> = (0..columns).map(widest).collect();
    let others: usize = widths.iter().skip(1).map(|width| width + 2).sum();
    if let Some(name) = widths.first_mut() {
        *name = (*name).min(width.saturating_sub(others).max(NAME));
    }
    let line = |row: &Vec<String>| {
        let padded = row.iter().zip(&widths).map(|(cell, width)| {
            let cell = cut(cell, *width, ellipsis);
            let gap = width.saturating_sub(display_width(&cell));
            format!("{cell}{}", " ".repeat(gap))
        });
        let line = padded.collect::<Vec<_>>().join("  ");
        cut(line.trim_end(), width, ellipsis)
    };
    cells.iter().map(line).collect()
}

fn cut(line: &str, width: usize, ellipsis: &str) -> String {
    if display_width(line) <= width {
        return line.to_owned();
    }
    let room = width.saturating_sub(display_width(ellipsis));
    start_within(line.chars(), room) + ellipsis
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_aligned_and_cut() {
        let row = |cells: &[&str]| Row {
            cells: cells.iter().map(|cell| (*cell).to_owned()).collect(),
            value: (),
        };
        let rows = [row(&["web", "2 running"]), row(&["worker\u{1b}[31m", ""])];
        let at = |width| lines(&clean(&rows), width, "…");
        assert_eq!(at(40), ["web         2 running", "worker[31m"]);
        assert_eq!(at(6)[0], "web  …");
        assert_eq!(cut("日本語日本語", 5, "…"), "日本…");
        // A long name leaves room for what tells services apart.
        let name = "customer-facing-payments-api-production-blue";
        let rows = [row(&[name, "2 running"]), row(&["web", "1 running"])];
        let at = |width| lines(&clean(&rows), width, "~");
        assert_eq!(at(40)[0], "customer-facing-payments-api~  2 running");
        assert_eq!(at(40)[1], "web                            1 running");
        assert_eq!(at(20)[0], "customer-facing-pay~");
    }
}
