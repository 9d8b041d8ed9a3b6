//! A progress line on standard error.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
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
            ProgressDrawTarget::term_like(Box::new(NarrowStderr::default()))
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

/// Progress lines are not drawn while this is kept.
pub struct Pause(());

/// Clears the progress line, so that a question can take its place.
pub fn pause() -> Pause {
    let mut screen = screen();
    screen.is_paused = true;
    if std::mem::take(&mut screen.has_line) {
        let _ = write!(io::stderr(), "{CLEAR_LINE}");
    }
    Pause(())
}

impl Drop for Pause {
    fn drop(&mut self) {
        screen().is_paused = false;
    }
}

const CLEAR_LINE: &str = "\r\x1b[2K";

/// What standard error shows. A lock, because another thread draws the spinner.
struct Screen {
    is_paused: bool,
    has_line: bool,
}

fn screen() -> MutexGuard<'static, Screen> {
    static SCREEN: Mutex<Screen> = Mutex::new(Screen {
        is_paused: false,
        has_line: false,
    });
    SCREEN.lock().unwrap_or_else(PoisonError::into_inner)
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
/// terminal echoes would start a new line, and the progress line above would stay. It holds what is to be drawn until the
/// drawing is complete, so that a pause does not cut it in two.
#[derive(Debug, Default)]
struct NarrowStderr(Mutex<String>);

impl NarrowStderr {
    fn add(&self, text: &str) -> io::Result<()> {
        self.drawn().push_str(text);
        Ok(())
    }

    /// Moves the cursor by the control sequences of ECMA-48, in which a count of 0 means 1.
    fn move_cursor(&self, n: usize, direction: char) -> io::Result<()> {
        match n {
            0 => Ok(()),
            n => self.add(&format!("\x1b[{n}{direction}")),
        }
    }

    fn drawn(&self) -> MutexGuard<'_, String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TermLike for NarrowStderr {
    fn width(&self) -> u16 {
        u16::try_from(width(true).saturating_sub(4)).unwrap_or(80)
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'D')
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.add(&format!("{text}\n"))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.add(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.add(CLEAR_LINE)
    }

    fn flush(&self) -> io::Result<()> {
        let drawn = std::mem::take(&mut *self.drawn());
        let mut screen = screen();
        if screen.is_paused {
            return Ok(());
        }
        screen.has_line = true;
        let mut stderr = io::stderr();
        stderr.write_all(drawn.as_bytes())?;
        stderr.flush()
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
