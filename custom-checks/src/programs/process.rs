//! Runs a program within limits of time and output.

use std::io::{self, ErrorKind, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{mem, thread};

use super::process_group;
use crate::check::truncate;

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
    OtherProtocol(String),
    #[error("had {count} findings; only the first {limit} are shown")]
    TooManyFindings { count: usize, limit: usize },
}

impl ProgramError {
    /// The rest of the story, in sentences.
    pub fn detail(&self) -> String {
        match self {
            ProgramError::Start(error) | ProgramError::Wait(error) => format!("{error}."),
            ProgramError::TimedOut { timeout, stderr } => {
                let reported = reported(stderr).map_or_else(String::new, |text| format!(" {text}"));
                format!("It ran for more than {timeout:?} and was killed.{reported}")
            }
            ProgramError::TooMuchOutput { limit } => {
                format!("It printed more than {} MiB and was killed.", limit >> 20)
            }
            ProgramError::Exit { stderr, .. } | ProgramError::Killed { stderr, .. } => {
                let nothing = || "It wrote nothing to standard error.".to_owned();
                reported(stderr).unwrap_or_else(nothing)
            }
            ProgramError::InvalidAnswer(detail) | ProgramError::OtherProtocol(detail) => {
                detail.clone()
            }
            ProgramError::TooManyFindings { .. } => String::new(),
        }
    }
}

/// The first line of what a program wrote to standard error.
fn reported(stderr: &str) -> Option<String> {
    let mut lines = stderr.lines().map(str::trim);
    let line = lines.find(|line| !line.is_empty())?;
    Some(format!("On standard error: {}", truncate(line, 300)))
}

/// What a program prints, if it exits with status 0. It can run for `timeout` and print `max_output` bytes.
pub fn run_program(
    mut command: Command,
    input: Arc<[u8]>,
    timeout: Duration,
    max_output: usize,
) -> Result<Vec<u8>, ProgramError> {
    let started = Instant::now();
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    process_group::isolate(&mut command);
    let mut child = command.spawn().map_err(ProgramError::Start)?;
    write_input(&mut child, input);
    let stdout = capture(child.stdout.take(), max_output + 1);
    let stderr = capture(child.stderr.take(), MAX_STDERR);

    let mut exited_at: Option<Instant> = None;
    let end = loop {
        let is_open = is_open(&stdout) || is_open(&stderr);
        if exited_at.is_none() && process_group::has_exited(&mut child) {
            exited_at = Some(Instant::now());
        }
        match exited_at {
            _ if lock(&stdout).len() > max_output => break End::TooMuchOutput,
            Some(at) if !is_open || at.elapsed() >= OUTPUT_GRACE => break End::Exited,
            None if started.elapsed() >= timeout => break End::TimedOut,
            _ => thread::sleep(POLL_INTERVAL),
        }
    };
    // Before the program is reaped and its process ID is free for others.
    process_group::kill(&mut child);
    let status = child.wait().map_err(ProgramError::Wait)?;
    let stderr = String::from_utf8_lossy(&lock(&stderr)).into_owned();
    match (end, status.code()) {
        (End::TooMuchOutput, _) => Err(ProgramError::TooMuchOutput { limit: max_output }),
        (End::TimedOut, _) => Err(ProgramError::TimedOut { timeout, stderr }),
        (End::Exited, Some(0)) => Ok(mem::take(&mut *lock(&stdout))),
        (End::Exited, Some(status)) => Err(ProgramError::Exit { status, stderr }),
        (End::Exited, None) => Err(ProgramError::Killed { status, stderr }),
    }
}

enum End {
    Exited,
    TimedOut,
    TooMuchOutput,
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

/// What came out of a pipe so far. The thread that reads the pipe has the other reference, as long as the pipe is open.
type Captured = Arc<Mutex<Vec<u8>>>;

/// Reads a pipe in a thread of its own, until the pipe closes or nobody wants the bytes any more. Keeps the first
/// `limit` bytes, and drops the others so that the program can go on.
fn capture(pipe: Option<impl Read + Send + 'static>, limit: usize) -> Captured {
    let captured = Captured::default();
    let bytes = Arc::clone(&captured);
    // Without a thread, the output is empty.
    let _ = thread::Builder::new().spawn(move || {
        let Some(mut pipe) = pipe else { return };
        let mut buffer = vec![0; 64 << 10];
        loop {
            match pipe.read(&mut buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Ok(length @ 1..) if is_open(&bytes) => {
                    let mut bytes = lock(&bytes);
                    let room = limit - bytes.len();
                    bytes.extend_from_slice(&buffer[..length.min(room)]);
                }
                _ => return,
            }
        }
    });
    captured
}

fn is_open(captured: &Captured) -> bool {
    Arc::strong_count(captured) > 1
}

fn lock(captured: &Captured) -> MutexGuard<'_, Vec<u8>> {
    captured.lock().unwrap_or_else(PoisonError::into_inner)
}
