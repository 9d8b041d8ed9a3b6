//! A progress line on standard error.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::look::width;
use crate::cli::Global;

/// A line with a spinner while the program waits; only on a terminal. It is cleared when dropped.
pub struct Progress(ProgressBar);

impl Progress {
    /// Shows the line, unless `--quiet` is given.
    pub fn start(global: &Global, message: &str) -> Progress {
        let target = if global.quiet || !io::stderr().is_terminal() {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::term_like(Box::new(NarrowStderr))
        };
        let bar = ProgressBar::with_draw_target(None, target);
        let progress = Progress(bar.with_style(ProgressStyle::default_spinner()));
        progress.say(message);
        if !progress.0.is_hidden() {
            progress.0.enable_steady_tick(Duration::from_millis(120));
        }
        progress
    }

    /// Replaces the message.
    pub fn say(&self, message: &str) {
        self.0.set_message(model::text::sanitize_line(message));
    }

    /// Clears the line.
    pub fn end(self) {}
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Standard error, four columns narrower: indicatif leaves the cursor in the last column, where the `^C` that the
/// terminal echoes would start a new line, and the progress line above would stay.
#[derive(Debug)]
struct NarrowStderr;

/// Moves the cursor by the control sequences of ECMA-48, in which a count of 0 means 1.
fn move_cursor(n: usize, direction: char) -> io::Result<()> {
    match n {
        0 => Ok(()),
        n => write!(io::stderr(), "\x1b[{n}{direction}"),
    }
}

impl TermLike for NarrowStderr {
    fn width(&self) -> u16 {
        u16::try_from(width(true).saturating_sub(4)).unwrap_or(80)
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        move_cursor(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        move_cursor(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        move_cursor(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        move_cursor(n, 'D')
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        writeln!(io::stderr(), "{text}")
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        write!(io::stderr(), "{text}")
    }

    fn clear_line(&self) -> io::Result<()> {
        write!(io::stderr(), "\r\x1b[2K")
    }

    fn flush(&self) -> io::Result<()> {
        io::stderr().flush()
    }
}
