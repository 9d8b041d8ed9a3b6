use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::Global;

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
