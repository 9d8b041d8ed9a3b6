//! Runs a program within limits of time and output.

use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::environment::Environment;
use super::process_group;
use crate::check::truncate;

/// How long a program can run, and how many bytes it can print.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub timeout: Duration,
    pub max_output: usize,
}

/// How many bytes of standard error are kept.
const MAX_STDERR: usize = 64 << 10;
/// How long a child that outlives the program can keep its output open.
const OUTPUT_GRACE: Duration = Duration::from_millis(500);
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Why a program gave no usable answer. The text follows "The check program NAME".
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    #[error("could not be started")]
    Start(io::Error),
    #[error("could not be waited for")]
    Wait(io::Error),
    #[error("timed out")]
    TimedOut { timeout: Duration, stderr: String },
    #[error("printed too much")]
    TooMuchOutput { limit: usize },
    #[error("ended with status {status}")]
    Exit { status: i32, stderr: String },
    /// A signal ended it; the kernel sends one if memory runs out.
    #[error("was killed ({status})")]
    Killed { status: ExitStatus, stderr: String },
    #[error("printed an invalid answer")]
    InvalidAnswer(String),
    #[error("speaks another version of the protocol")]
    OtherProtocol { detail: String },
    #[error("had {count} findings; only the first {limit} are shown")]
    TooManyFindings { count: usize, limit: usize },
}

impl ProgramError {
    /// The rest of the story, in sentences.
    pub fn detail(&self) -> String {
        let reported = |stderr: &str| match first_line(stderr) {
            Some(line) => format!("On standard error: {line}"),
            None => "It wrote nothing to standard error.".to_owned(),
        };
        match self {
            ProgramError::Start(error) | ProgramError::Wait(error) => format!("{error}."),
            ProgramError::TimedOut { timeout, stderr } => {
                let ran = format!("It ran for more than {timeout:?} and was killed.");
                match first_line(stderr) {
                    Some(_) => format!("{ran} {}", reported(stderr)),
                    None => ran,
                }
            }
            ProgramError::TooMuchOutput { limit } => {
                format!("It printed more than {} MiB and was killed.", limit >> 20)
            }
            ProgramError::Exit { stderr, .. } | ProgramError::Killed { stderr, .. } => {
                reported(stderr)
            }
            ProgramError::InvalidAnswer(detail) | ProgramError::OtherProtocol { detail } => {
                detail.clone()
            }
            ProgramError::TooManyFindings { .. } => String::new(),
        }
    }
}

fn first_line(stderr: &str) -> Option<String> {
    let mut lines = stderr.lines().map(str::trim);
    let line = lines.find(|line| !line.is_empty())?;
    Some(truncate(line, 300))
}

/// What a program prints, if it exits with status 0.
pub fn run_program(
    path: &Path,
    arguments: &[&str],
    input: Arc<[u8]>,
    limits: Limits,
    environment: &Environment,
) -> Result<Vec<u8>, ProgramError> {
    // `None` is a time so far away that the clock cannot hold it.
    let deadline = Instant::now().checked_add(limits.timeout);
    let mut command = Command::new(path);
    command
        .args(arguments)
        .env_clear()
        .envs(environment.variables.iter().cloned())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    process_group::isolate(&mut command);
    let mut child = command.spawn().map_err(ProgramError::Start)?;
    write_input(&mut child, input);
    let (sender, chunks) = sync_channel(8);
    forward(child.stdout.take(), Stream::Stdout, sender.clone());
    forward(child.stderr.take(), Stream::Stderr, sender);

    let mut output = Output::default();
    let end = wait(
        &mut child,
        &chunks,
        deadline,
        limits.max_output,
        &mut output,
    );
    // Before the program is reaped and its process ID is free for others.
    process_group::kill(&mut child);
    let status = child.wait().map_err(ProgramError::Wait)?;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    match (end, status.code()) {
        (End::TooMuchOutput, _) => Err(ProgramError::TooMuchOutput {
            limit: limits.max_output,
        }),
        (End::TimedOut, _) => Err(ProgramError::TimedOut {
            timeout: limits.timeout,
            stderr,
        }),
        (End::Exited, Some(0)) => Ok(output.stdout),
        (End::Exited, Some(status)) => Err(ProgramError::Exit { status, stderr }),
        (End::Exited, None) => Err(ProgramError::Killed { status, stderr }),
    }
}

#[derive(Default)]
struct Output {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

enum End {
    Exited,
    TimedOut,
    TooMuchOutput,
}

#[derive(Clone, Copy)]
enum Stream {
    Stdout,
    Stderr,
}

/// Collects the output until the program has exited, or a limit is reached.
fn wait(
    child: &mut Child,
    chunks: &Receiver<(Stream, Vec<u8>)>,
    deadline: Option<Instant>,
    max_output: usize,
    output: &mut Output,
) -> End {
    let mut exited_at: Option<Instant> = None;
    loop {
        let mut is_closed = false;
        match chunks.recv_timeout(POLL_INTERVAL) {
            Ok((Stream::Stdout, chunk)) => output.stdout.extend(chunk),
            Ok((Stream::Stderr, chunk)) => {
                let room = MAX_STDERR - output.stderr.len();
                output.stderr.extend(chunk.into_iter().take(room));
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => is_closed = true,
        }
        let now = Instant::now();
        if exited_at.is_none() && process_group::has_exited(child) {
            exited_at = Some(now);
        }
        match exited_at {
            _ if output.stdout.len() > max_output => return End::TooMuchOutput,
            Some(at) if is_closed || now >= at + OUTPUT_GRACE => return End::Exited,
            None if deadline.is_some_and(|deadline| now >= deadline) => return End::TimedOut,
            None if is_closed => thread::sleep(POLL_INTERVAL),
            _ => {}
        }
    }
}

/// Writes the input in a thread of its own, because a program need not read it.
fn write_input(child: &mut Child, input: Arc<[u8]>) {
    if let Some(mut pipe) = child.stdin.take() {
        // Without a thread the program sees an empty input and reports that itself.
        let _ = thread::Builder::new().spawn(move || {
            // Fails if the program does not read everything.
            let _ = pipe.write_all(&input);
        });
    }
}

/// Sends what comes out of a pipe, in a thread of its own, until the pipe closes or the receiver is gone.
fn forward(
    pipe: Option<impl Read + Send + 'static>,
    stream: Stream,
    chunks: SyncSender<(Stream, Vec<u8>)>,
) {
    let _ = thread::Builder::new().spawn(move || {
        let Some(mut pipe) = pipe else { return };
        let mut buffer = vec![0; 64 << 10];
        loop {
            match pipe.read(&mut buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Ok(length @ 1..) if chunks.send((stream, buffer[..length].to_vec())).is_ok() => {}
                _ => return,
            }
        }
    });
}
