//! The terminal's raw mode: every key goes to the remote side, Ctrl-C too.

use std::future::pending;
use std::io;
use std::panic;

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};

use crate::signals::{CONTINUE, STOP, Signals};

/// The terminal in raw mode. When dropped, it is as it was before.
pub struct RawMode {
    job_control: Signals,
}

impl RawMode {
    /// Fails if standard input is no terminal.
    pub fn enter() -> io::Result<RawMode> {
        let raw = RawMode {
            job_control: Signals::watch(&[STOP, CONTINUE]),
        };
        enable_raw_mode()?;
        // A panic aborts and drops nothing.
        let next = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let _ = disable_raw_mode();
            next(info);
        }));
        Ok(raw)
    }

    /// Gives the terminal back and stops this program, as Ctrl-Z does with others.
    pub fn suspend(&self) {
        let _ = disable_raw_mode();
        #[cfg(unix)]
        {
            use rustix::process::{Signal, getpid, kill_process};
            let _ = kill_process(getpid(), Signal::STOP);
        }
    }

    /// Stops with the job and, when it continues, enters raw mode again: the shell has changed the mode meanwhile.
    pub async fn follow_job_control(raw: &mut Option<RawMode>) {
        let Some(raw) = raw else {
            return pending().await;
        };
        match raw.job_control.next().await {
            STOP => raw.suspend(),
            _ => {
                let _ = disable_raw_mode();
                let _ = enable_raw_mode();
            }
        }
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        let _ = disable_raw_mode();
    }
}
