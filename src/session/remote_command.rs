//! Runs a command in a container without a person: its output comes back byte for byte, and its exit status.

use std::io::{self, IsTerminal, Read};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use model::text::sanitize_line;

use super::local_io::write_to_stdout;
use super::wrapped::{
    Encoded, Garbled, Gate, INPUT_END_LINES, InputMode, Reader, Status, WrappedCommand,
};
use super::{
    Context, ExecTarget, Flow, LocalIo, OutputSink, RemoteText, SessionEnd, TargetArgs,
    failure_report, report_unwritten_output, resolve_target, run_session,
};
use crate::cli_error::CliError;
use crate::exit;

const ENDED_BEFORE_COMMAND: &str = "the session ended before the command did";

/// A command to run, and how.
pub struct RemoteCommand<'a> {
    pub cx: Context<'a>,
    /// The program and its arguments.
    pub words: &'a [String],
    pub timeout: Option<Duration>,
    /// Ask the doctor if the command could not be run.
    pub ask_doctor: bool,
}

impl RemoteCommand<'_> {
    /// Runs it in one container with this process's standard output, and its standard input unless `no_input`.
    pub async fn run_in_one(
        &self,
        args: &TargetArgs,
        no_input: bool,
    ) -> Result<ExitCode, CliError> {
        let target = resolve_target(self.cx, args).await?;
        target.warn_if_encryption_is_unknown();
        // A terminal is the user's own, and the null device is empty.
        let has_input = !no_input && !io::stdin().is_terminal() && !is_null_device();
        let input = has_input.then(|| Box::new(io::stdin()) as Box<dyn Read + Send>);
        match self.run(&target, input, Box::new(write_to_stdout)).await? {
            SessionEnd::Signal(signal) => Ok(exit::by_signal(signal)),
            end => Ok(ExitCode::from(self.report(&target, end).await)),
        }
    }

    /// Runs it in a container and passes its output to the sink.
    pub async fn run(
        &self,
        target: &ExecTarget,
        input: Option<Box<dyn Read + Send>>,
        mut sink: OutputSink,
    ) -> Result<SessionEnd, CliError> {
        let mode = match input {
            Some(_) => InputMode::Buffered,
            None => InputMode::None,
        };
        let wrapped = WrappedCommand::new(self.words, mode);
        let gate = Gate::default();
        let reader = Arc::new(Mutex::new(wrapped.reader()));
        let lost = || io::Error::other("the output was lost");
        let input = input.map(|input| Box::new(Encoded::new(input, gate.clone())) as Box<_>);
        let shared = reader.clone();
        let mut local = LocalIo::wrapped(
            input,
            INPUT_END_LINES,
            Box::new(move |bytes| {
                let mut reader = shared.lock().map_err(|_| lost())?;
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
        let command = &wrapped.command;
        let end = run_session(self.cx, target, command, &mut local, self.timeout).await?;
        let reader = reader
            .lock()
            .map_err(|_| CliError::unopened("the output was lost", ""))?;
        if reader.may_be_altered() {
            say!(
                "warning: the output of {} may be altered: the container has neither base64 nor od (with dd) to encode it, and the agent drops bytes of U+FFFD",
                sanitize_line(&target.container)
            );
        }
        Ok(command_end(end, &reader))
    }

    /// Explains a bad end. Returns the exit status.
    pub async fn report(&self, target: &ExecTarget, end: SessionEnd) -> u8 {
        let (what, why) = match end {
            SessionEnd::Exit(status) => return status,
            SessionEnd::TimedOut => {
                say!("error: the command did not end in time and was cut off");
                return exit::TIMED_OUT;
            }
            SessionEnd::Signal(_) | SessionEnd::Left => return exit::UNOPENED,
            SessionEnd::Unwritten(error) => return report_unwritten_output(&error),
            SessionEnd::Failed {
                has_begun: true,
                why,
            } => ("the command did not run to its end", why),
            SessionEnd::Failed { why, .. } | SessionEnd::Closed(Some(why)) => {
                ("the command was not run", why)
            }
            SessionEnd::Closed(None) => (
                "the command was not run",
                RemoteText::new(ENDED_BEFORE_COMMAND),
            ),
        };
        failure_report::print(self.cx, target, (what, &why), self.ask_doctor).await;
        exit::UNOPENED
    }
}

#[cfg(unix)]
fn is_null_device() -> bool {
    use std::os::unix::fs::{FileTypeExt, MetadataExt};
    let device = |path| {
        let metadata = std::fs::metadata(path).ok()?;
        let is_device = metadata.file_type().is_char_device();
        is_device.then(|| metadata.rdev())
    };
    let null = device("/dev/null");
    null.is_some() && device("/dev/stdin") == null
}

#[cfg(not(unix))]
fn is_null_device() -> bool {
    false
}

/// How the command ended, by the session's end and the command's output.
fn command_end(end: SessionEnd, reader: &Reader) -> SessionEnd {
    let failed = |why| SessionEnd::Failed {
        has_begun: reader.has_begun(),
        why,
    };
    match (end, reader.status()) {
        (SessionEnd::Unwritten(error), _) => {
            let garbled = error
                .get_ref()
                .and_then(|error| error.downcast_ref::<Garbled>());
            match garbled {
                Some(garbled) => failed(RemoteText::new(garbled.to_string())),
                None => SessionEnd::Unwritten(error),
            }
        }
        (_, Some(Status::Exited(status))) => SessionEnd::Exit(status),
        (_, Some(Status::NoInputTools)) => SessionEnd::not_begun(
            "the container lacks base64 or sed (or, without stty, od and tr) to receive standard input; use -n to pass none",
        ),
        (SessionEnd::Failed { why, .. } | SessionEnd::Closed(Some(why)), None) => failed(why),
        (SessionEnd::Closed(None), None) => {
            let printed = RemoteText::new(reader.printed_before());
            failed(match printed.is_empty() {
                true => RemoteText::new(ENDED_BEFORE_COMMAND),
                false => printed.after(ENDED_BEFORE_COMMAND),
            })
        }
        (end, None) => end,
    }
}
