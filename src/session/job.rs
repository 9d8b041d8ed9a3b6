//! A command that runs in a container, and whose output and exit status come back.

use std::io::{self, IsTerminal, Read};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use model::text::sanitize_line;

use super::end::SessionEnd;
use super::open::Unopened;
use super::spot::{self, Encryption, Named, Spot};
use super::wrapped::{Encoded, Garbled, Gate, INPUT_END_LINES, Reader, Status, Wrapped};
use super::{Flow, Local, OutputSink, RemoteText, carry, failure, open, to_standard_output};
use crate::aws::Aws;
use crate::cli::Global;
use crate::cli_error::{CliError, without_number};
use crate::config::Settings;
use crate::exit;
use crate::signals::BROKEN_PIPE;

/// A command to run, and how.
pub struct Job<'a> {
    pub aws: &'a Aws,
    pub settings: &'a Settings,
    pub global: &'a Global,
    pub words: &'a [String],
    pub timeout: Option<Duration>,
    pub ask_doctor: bool,
}

impl Job<'_> {
    /// In one container, with this process's standard output, and its input unless there is to be none.
    pub async fn alone(&self, named: &Named, no_input: bool) -> Result<ExitCode, CliError> {
        let found = spot::find(self.aws, self.settings, self.global, named).await?;
        found.encryption.warn_if_unknown();
        let spot = &found.spots[0];
        let stdin = io::stdin();
        let input: Option<Box<dyn Read + Send>> = match no_input || has_no_input() {
            true => None,
            false => Some(Box::new(stdin)),
        };
        let end = self
            .once(spot, &found.encryption, input, Box::new(to_standard_output))
            .await?;
        match end {
            SessionEnd::Signal(signal) => Ok(exit::by_signal(signal)),
            end => Ok(ExitCode::from(self.report(spot, end).await)),
        }
    }

    /// Runs it in one container and gives out what it prints.
    pub async fn once(
        &self,
        spot: &Spot,
        encryption: &Encryption,
        input: Option<Box<dyn Read + Send>>,
        mut sink: OutputSink,
    ) -> Result<SessionEnd, CliError> {
        let wrapped = Wrapped::new(self.words, input.is_some());
        let opened = match open(self.aws, self.settings, spot, encryption, &wrapped.command).await {
            Ok(opened) => opened,
            Err(Unopened::Cancelled(signal)) => return Ok(SessionEnd::Signal(signal)),
            Err(Unopened::Refused(refused)) => {
                return match self.aws.rejected() {
                    Some(trouble) => Err(trouble),
                    None => Ok(SessionEnd::Failed {
                        has_begun: false,
                        why: failure::words(&refused),
                    }),
                };
            }
        };
        let gate = Gate::default();
        let reader = Arc::new(Mutex::new(wrapped.reader()));
        let input = input.map(|input| Box::new(Encoded::new(input, gate.clone())) as Box<_>);
        let taking = reader.clone();
        let mut local = Local::given(
            input,
            INPUT_END_LINES,
            Box::new(move |bytes: &[u8]| {
                let Ok(mut reader) = taking.lock() else {
                    return Err(io::Error::other("the output was lost"));
                };
                let output = reader.take(bytes).map_err(io::Error::other)?;
                if let Some(code) = reader.input_code() {
                    gate.open(code);
                }
                let flow = match output.is_empty() {
                    true => Flow::Continue,
                    false => sink(&output)?,
                };
                Ok(match reader.status() {
                    Some(_) => Flow::Done,
                    None => flow,
                })
            }),
        );
        let end = carry(self.aws, opened, &mut local, self.timeout).await;
        let reader = reader
            .lock()
            .map_err(|_| CliError::unopened("the output was lost", ""))?;
        if reader.may_be_altered() {
            say!(
                "warning: output of {} may be altered: the container has neither base64 nor od (with dd) to carry it, and the agent drops bytes of U+FFFD",
                sanitize_line(&spot.container)
            );
        }
        Ok(end_of(end, &reader))
    }

    /// Says why it did not end well, if it did not; gives the exit status.
    pub async fn report(&self, spot: &Spot, end: SessionEnd) -> u8 {
        match end {
            SessionEnd::Exit(status) => status,
            SessionEnd::TimedOut => {
                say!("error: the command did not end in time, and was cut off");
                exit::TIMED_OUT
            }
            SessionEnd::Signal(_) | SessionEnd::Left => exit::UNOPENED,
            SessionEnd::Unwritten(error) => unwritten(&error),
            SessionEnd::Closed(why) => {
                let why = why.unwrap_or_else(|| RemoteText::new(ENDED_BEFORE));
                self.tell(spot, (failure::NOT_RUN, &why)).await
            }
            SessionEnd::Failed { has_begun, why } => {
                let what = match has_begun {
                    true => failure::NOT_RUN_TO_ITS_END,
                    false => failure::NOT_RUN,
                };
                self.tell(spot, (what, &why)).await
            }
        }
    }

    async fn tell(&self, spot: &Spot, told: (&str, &RemoteText)) -> u8 {
        failure::tell(self.settings, self.global, spot, told, self.ask_doctor).await;
        exit::UNOPENED
    }
}

const ENDED_BEFORE: &str = "the session ended before the command did";

/// Says that output could not be written, unless its reader has gone, as `head` does; gives the exit status.
pub fn unwritten(error: &io::Error) -> u8 {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return exit::of_signal(BROKEN_PIPE);
    }
    let why = without_number(&error.to_string());
    say!(
        "error: standard output cannot be written to: {}",
        sanitize_line(&why)
    );
    exit::UNOPENED
}

/// Whether there is nothing to be read: a terminal is the user's own, and the null device is empty.
fn has_no_input() -> bool {
    io::stdin().is_terminal() || is_null_device()
}

#[cfg(unix)]
fn is_null_device() -> bool {
    use std::os::unix::fs::{FileTypeExt, MetadataExt};
    let device = |path| {
        let found = std::fs::metadata(path).ok()?;
        found.file_type().is_char_device().then(|| found.rdev())
    };
    let null = device("/dev/null");
    null.is_some() && device("/dev/stdin") == null
}

#[cfg(not(unix))]
fn is_null_device() -> bool {
    false
}

/// What became of the session, as the command's output tells it.
fn end_of(end: SessionEnd, reader: &Reader) -> SessionEnd {
    let failed = |why| SessionEnd::Failed {
        has_begun: reader.has_begun(),
        why,
    };
    match (end, reader.status()) {
        (SessionEnd::Unwritten(error), _) => match garbled(&error) {
            Some(why) => failed(RemoteText::new(why)),
            None => SessionEnd::Unwritten(error),
        },
        (_, Some(Status::Exited(status))) => SessionEnd::Exit(status),
        (_, Some(Status::NoInputTools)) => SessionEnd::not_begun(
            "the container lacks base64 or sed (without stty od and tr too), by which standard input is passed on; -n passes none",
        ),
        (SessionEnd::Failed { why, .. } | SessionEnd::Closed(Some(why)), None) => failed(why),
        (SessionEnd::Closed(None), None) => {
            let said = RemoteText::new(reader.said());
            failed(match said.is_empty() {
                true => RemoteText::new(ENDED_BEFORE),
                false => said.after(ENDED_BEFORE),
            })
        }
        (end, None) => end,
    }
}

/// Why the output was none that could be written, where that is what failed.
fn garbled(error: &io::Error) -> Option<String> {
    error
        .get_ref()?
        .downcast_ref::<Garbled>()
        .map(Garbled::to_string)
}
