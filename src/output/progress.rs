//! A progress line on standard error.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle, TermLike};
use model::text;

use super::look::width;
use crate::aws::call_log;
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
        let progress = Progress(bar.with_style(style()));
        progress.say(message);
        if !progress.0.is_hidden() {
            progress.0.enable_steady_tick(Duration::from_millis(120));
        }
        progress
    }

    /// Replaces the message.
    pub fn say(&self, message: &str) {
        self.0.set_message(text::sanitize_line(message));
    }

    /// Clears the line.
    pub fn end(self) {}
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// `⠁ Reading coder-production-cluster from AWS (3 s, 41 calls)`
fn style() -> ProgressStyle {
    let already = call_log::count();
    let style = ProgressStyle::default_spinner().with_key(
        "so_far",
        move |state: &ProgressState, text: &mut dyn fmt::Write| {
            let calls = call_log::count().saturating_sub(already);
            let _ = text.write_str(&so_far(state.elapsed(), calls));
        },
    );
    // If the template were wrong, the line would lack time and calls.
    style
        .clone()
        .template("{spinner} {msg}{so_far}")
        .unwrap_or(style)
}

/// How long it has taken, and how many calls AWS has answered; nothing during the first second.
fn so_far(elapsed: Duration, calls: usize) -> String {
    match (elapsed.as_secs(), calls) {
        (0, _) => String::new(),
        (seconds, 0) => format!(" ({seconds} s)"),
        (seconds, calls) => format!(" ({seconds} s, {})", text::count(calls, "call")),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_says_how_long_it_has_taken() {
        let so_far = |millis, calls| so_far(Duration::from_millis(millis), calls);
        assert_eq!(so_far(900, 5), "");
        assert_eq!(so_far(1000, 0), " (1 s)");
        assert_eq!(so_far(3999, 1), " (3 s, 1 call)");
        assert_eq!(so_far(61_000, 41), " (61 s, 41 calls)");
    }
}
