use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::look::width;
use crate::cli::Global;

/// A line on standard error while facts are gathered; only on a terminal.
pub struct Progress(ProgressBar);

impl Progress {
    pub fn start(global: &Global, message: &str) -> Progress {
        let target = if global.quiet || !io::stderr().is_terminal() {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::term_like(Box::new(Errors))
        };
        let bar = ProgressBar::with_draw_target(None, target)
            .with_style(ProgressStyle::default_spinner())
            .with_message(model::text::sanitize_line(message));
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Progress(bar)
    }

    pub fn say(&self, message: &str) {
        self.0.set_message(model::text::sanitize_line(message));
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

/// Standard error, a little narrower than it is. The cursor waits at the end of the line, and what the terminal echoes
/// there of a Ctrl-C has room: otherwise it would begin a line, and the one above would not be cleared.
struct Errors;

const ROOM: usize = 4;

impl Errors {
    fn write(&self, text: fmt::Arguments) -> io::Result<()> {
        io::stderr().write_fmt(text)
    }

    /// A terminal takes 0 for 1.
    fn shift(&self, n: usize, direction: char) -> io::Result<()> {
        match n {
            0 => Ok(()),
            n => self.write(format_args!("\x1b[{n}{direction}")),
        }
    }
}

impl fmt::Debug for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("standard error")
    }
}

/// With the control sequences of ECMA-48.
impl TermLike for Errors {
    fn width(&self) -> u16 {
        u16::try_from(width(true).saturating_sub(ROOM)).unwrap_or(80)
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.shift(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.shift(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.shift(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.shift(n, 'D')
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write(format_args!("{text}\n"))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.write(format_args!("{text}"))
    }

    fn clear_line(&self) -> io::Result<()> {
        self.write(format_args!("\r\x1b[2K"))
    }

    fn flush(&self) -> io::Result<()> {
        io::stderr().flush()
    }
}
