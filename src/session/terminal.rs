//! The terminal that a session takes over: raw while it runs, as it was afterwards, whatever happens.

use std::future::pending;
use std::io;
use std::panic;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicI32, Ordering};

use crossterm::terminal::size;
use ssm_channel::Input;
use tokio::sync::{mpsc, watch};

use crate::signals::{CONTINUE, ENDING, INTERRUPT, QUIT, STOP, Signals, TERMINATE};

/// What a terminal's size is taken for where there is none.
const SIZE: (u16, u16) = (80, 24);

/// Raw mode: every key goes to the remote side, Ctrl-C too. Dropped, the terminal is as it was.
pub struct Raw {
    #[cfg(unix)]
    before: rustix::termios::Termios,
    job_control: Signals,
}

impl Raw {
    pub fn enter() -> io::Result<Raw> {
        let raw = Raw {
            #[cfg(unix)]
            before: rustix::termios::tcgetattr(io::stdin())?,
            job_control: Signals::watch(&[STOP, CONTINUE]),
        };
        raw.set()?;
        // Without unwinding nothing is dropped on a panic.
        let next = panic::take_hook();
        let restore = raw.restorer();
        panic::set_hook(Box::new(move |info| {
            restore();
            next(info);
        }));
        Ok(raw)
    }

    /// Gives the terminal back and stops the program, as Ctrl-Z does with others.
    pub fn suspend(&self) {
        self.restorer()();
        #[cfg(unix)]
        {
            use rustix::process::{Signal, getpid, kill_process};
            let _ = kill_process(getpid(), Signal::STOP);
        }
    }

    /// What a shell does with jobs: one that was stopped finds the terminal as the shell needs it when it goes on.
    pub async fn follow_job_control(raw: &mut Option<Raw>) {
        let Some(raw) = raw else {
            return pending().await;
        };
        match raw.job_control.next().await {
            STOP => raw.suspend(),
            _ => {
                let _ = raw.set();
            }
        }
    }

    #[cfg(unix)]
    fn set(&self) -> io::Result<()> {
        use rustix::termios::{OptionalActions, tcsetattr};
        let mut raw = self.before.clone();
        raw.make_raw();
        Ok(tcsetattr(io::stdin(), OptionalActions::Now, &raw)?)
    }

    #[cfg(unix)]
    fn restorer(&self) -> impl Fn() + Send + Sync + 'static {
        use rustix::termios::{OptionalActions, tcsetattr};
        let before = self.before.clone();
        move || {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &before);
        }
    }

    #[cfg(not(unix))]
    fn set(&self) -> io::Result<()> {
        crossterm::terminal::enable_raw_mode()
    }

    #[cfg(not(unix))]
    fn restorer(&self) -> impl Fn() + Send + Sync + 'static {
        || {
            let _ = crossterm::terminal::disable_raw_mode();
        }
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        self.restorer()();
    }
}

/// Tells the remote side how large the terminal is, first and whenever that changes.
pub struct Sizes {
    to_remote: mpsc::Sender<Input>,
    #[cfg(unix)]
    changes: Option<tokio::signal::unix::Signal>,
    told: Option<(u16, u16)>,
}

impl Sizes {
    pub fn watch(to_remote: mpsc::Sender<Input>) -> Sizes {
        Sizes {
            to_remote,
            #[cfg(unix)]
            changes: {
                use tokio::signal::unix::{SignalKind, signal};
                signal(SignalKind::window_change()).ok()
            },
            told: None,
        }
    }

    /// Waits for the next change and tells it; the first time it tells at once.
    pub async fn follow(&mut self) {
        if self.told.is_some() {
            self.changed().await;
        }
        let (columns, rows) = size().unwrap_or(SIZE);
        if self.told != Some((columns, rows)) {
            self.told = Some((columns, rows));
            let _ = self.to_remote.send(Input::Size { columns, rows }).await;
        }
    }

    #[cfg(unix)]
    async fn changed(&mut self) {
        match &mut self.changes {
            Some(changes) => {
                changes.recv().await;
            }
            None => pending().await,
        }
    }

    #[cfg(not(unix))]
    async fn changed(&mut self) {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
}

/// The terminal in the hands of a program that was started: the keys that make signals are meant for it. They are
/// caught here and dropped; it does not inherit that.
pub struct IgnoreKeyboardSignals {
    ignored: tokio::task::JoinHandle<()>,
}

impl IgnoreKeyboardSignals {
    pub fn new() -> IgnoreKeyboardSignals {
        let mut signals = Signals::watch(&[INTERRUPT, QUIT, STOP]);
        let ignored = tokio::spawn(async move {
            loop {
                signals.next().await;
            }
        });
        IgnoreKeyboardSignals { ignored }
    }
}

impl Drop for IgnoreKeyboardSignals {
    fn drop(&mut self) {
        self.ignored.abort();
    }
}

/// How the terminal behaves; a program that is killed may leave it otherwise.
pub struct Attributes {
    #[cfg(unix)]
    of_input: Option<rustix::termios::Termios>,
}

impl Attributes {
    pub fn now() -> Attributes {
        Attributes {
            #[cfg(unix)]
            of_input: rustix::termios::tcgetattr(std::io::stdin()).ok(),
        }
    }

    pub fn restore(self) {
        #[cfg(unix)]
        if let Some(before) = self.of_input {
            use rustix::termios::{OptionalActions, tcsetattr};
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &before);
        }
    }
}

/// How many sessions are open or being opened: Ctrl-C is theirs, to take leave of the remote side.
static OPEN: LazyLock<watch::Sender<usize>> = LazyLock::new(|| watch::Sender::new(0));

/// The signal that came and ends sessions: none is begun any more. 0: none came.
static CAME: AtomicI32 = AtomicI32::new(0);

/// The number of a signal that ends the program, once no session has to be ended before. One that hangs up does so by
/// itself, and under nohup it does not.
pub async fn interrupted() -> i32 {
    let number = Signals::watch(&[INTERRUPT, TERMINATE]).next().await;
    CAME.store(number, Ordering::Relaxed);
    let _ = OPEN.subscribe().wait_for(|open| *open == 0).await;
    number
}

/// The number of the signal that came, if one did.
pub fn came() -> Option<i32> {
    Some(CAME.load(Ordering::Relaxed)).filter(|number| *number != 0)
}

/// The signals that end a session, from before it is asked for.
pub struct EndingSignals(Signals);

impl Drop for EndingSignals {
    fn drop(&mut self) {
        OPEN.send_modify(|open| *open -= 1);
    }
}

impl EndingSignals {
    pub fn watch() -> EndingSignals {
        OPEN.send_modify(|open| *open += 1);
        EndingSignals(Signals::watch(&ENDING))
    }

    /// The next signal's number. In raw mode Ctrl-C is a key and no signal; one that comes all the same was sent
    /// by someone.
    pub async fn next(&mut self, raw: bool) -> i32 {
        if raw && cfg!(not(unix)) {
            return pending().await;
        }
        let number = self.0.next().await;
        CAME.store(number, Ordering::Relaxed);
        number
    }

    /// The same where Ctrl-C is another's.
    pub async fn next_but_ctrl_c(&mut self) -> i32 {
        let mut number = self.0.next().await;
        while number == INTERRUPT {
            number = self.0.next().await;
        }
        CAME.store(number, Ordering::Relaxed);
        number
    }
}
