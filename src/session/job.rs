//! A command that runs in a container, and whose output and exit status come back.

use std::io::{self, IsTerminal, Read, Write};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ecs_exec_checks::text::clean_line;

use super::open::{Outcome, Unopened};
use super::wrapped::{Encoded, Gate, Reader, Status, Wrapped};
use super::{Local, Named, Spot, Taker, carry, failure, open, spot};
use crate::aws::Aws;
use crate::cli::Global;
use crate::config::Settings;
use crate::exit;
use crate::trouble::Trouble;

/// A command to run, and how.
pub struct Job<'a> {
    pub aws: &'a Aws,
    pub settings: &'a Settings,
    pub global: &'a Global,
    pub words: &'a [String],
    pub timeout: Option<Duration>,
    pub ask_doctor: bool,
}

/// How a run ended.
pub enum End {
    Exited(u8),
    TimedOut,
    Signal(i32),
    /// It was never begun; the text says why.
    NotRun(String),
    /// It was cut off; the text says why.
    Failed(String),
}

impl Job<'_> {
    /// In one container, with this process's standard input and output.
    pub async fn alone(&self, named: &Named) -> Result<ExitCode, Trouble> {
        let found = spot::find(self.aws, self.settings, self.global, named).await?;
        let spot = &found.spots[0];
        let stdin = io::stdin();
        let input: Option<Box<dyn Read + Send>> = match stdin.is_terminal() {
            true => None,
            false => Some(Box::new(stdin)),
        };
        let write = |bytes: &[u8]| {
            let mut stdout = io::stdout().lock();
            let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
        };
        let end = self
            .once(spot, found.encrypted, input, Box::new(write))
            .await?;
        if let End::Signal(signal) = end {
            return Ok(exit::by_signal(signal));
        }
        Ok(ExitCode::from(self.report(spot, end).await))
    }

    /// Runs it in one container and gives out what it prints.
    pub async fn once(
        &self,
        spot: &Spot,
        encrypted: Option<bool>,
        input: Option<Box<dyn Read + Send>>,
        mut write: Taker,
    ) -> Result<End, Trouble> {
        let wrapped = Wrapped::new(self.words, input.is_some());
        let opened = match open(self.aws, self.settings, spot, encrypted, &wrapped.command).await {
            Ok(opened) => opened,
            Err(Unopened::Cancelled(signal)) => return Ok(End::Signal(signal)),
            Err(Unopened::Refused(refused)) => {
                return match self.aws.rejected() {
                    Some(trouble) => Err(trouble),
                    None => Ok(End::NotRun(failure::words(&refused))),
                };
            }
        };
        let gate = Gate::default();
        let reader = Arc::new(Mutex::new(wrapped.reader()));
        let input = input.map(|input| Box::new(Encoded::new(input, gate.clone())) as Box<_>);
        let taking = reader.clone();
        let mut local = Local::given(
            input,
            Box::new(move |bytes: &[u8]| {
                let Ok(mut reader) = taking.lock() else {
                    return;
                };
                let output = reader.take(bytes);
                if reader.has_begun() {
                    gate.open();
                }
                if !output.is_empty() {
                    write(&output);
                }
            }),
        );
        let outcome = carry(self.aws, opened, &mut local, self.timeout).await;
        let reader = reader
            .lock()
            .map_err(|_| Trouble::unopened("the output was lost", ""))?;
        Ok(end_of(outcome, &reader))
    }

    /// Says why it did not end well, if it did not; gives the exit status.
    pub async fn report(&self, spot: &Spot, end: End) -> u8 {
        match end {
            End::Exited(status) => status,
            End::TimedOut => {
                say!("error: the command did not end in time, and was cut off");
                exit::TIMED_OUT
            }
            End::Signal(_) => exit::UNOPENED,
            End::NotRun(said) => self.tell(spot, (failure::NOT_RUN, &said)).await,
            End::Failed(said) => self.tell(spot, (failure::NOT_RUN_TO_ITS_END, &said)).await,
        }
    }

    async fn tell(&self, spot: &Spot, told: (&str, &str)) -> u8 {
        failure::tell(self.settings, self.global, spot, told, self.ask_doctor).await;
        exit::UNOPENED
    }
}

fn end_of(outcome: Outcome, reader: &Reader) -> End {
    let cut_off = match reader.has_begun() {
        true => End::Failed,
        false => End::NotRun,
    };
    match (reader.status(), outcome) {
        (Some(Status::Exited(status)), _) => End::Exited(status),
        (Some(Status::NoInputTools), _) => End::NotRun(
            "the container has no base64 or no sed, by which standard input is passed on"
                .to_owned(),
        ),
        (None, Outcome::Cancelled(0)) => End::TimedOut,
        (None, Outcome::Cancelled(signal)) => End::Signal(signal),
        (None, Outcome::Failed(said)) => cut_off(said),
        (None, Outcome::Closed(Some(said))) => cut_off(said),
        (None, Outcome::Closed(None)) => {
            let said = clean_line(reader.said().trim());
            cut_off(match said.is_empty() {
                true => "the session ended before the command did".to_owned(),
                false => format!("the session ended before the command did: {said}"),
            })
        }
    }
}
