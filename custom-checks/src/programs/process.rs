//! Runs a program within bounds: of time, and of what it may print.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::environment::Environment;
use super::process_group as group;
use crate::check::shortened;

/// How long a program may take, and how many bytes it may print.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub timeout: Duration,
    pub most_output: usize,
}

impl Bounds {
    /// Those of a check program.
    pub fn of_program(timeout: Duration) -> Bounds {
        Bounds {
            timeout,
            most_output: 4 << 20,
        }
    }
}

const MOST_ERRORS: usize = 64 << 10;
/// How long what a program left behind may hold its output open after it has ended.
const GRACE: Duration = Duration::from_millis(500);
/// How often it is looked whether a program has ended.
const LOOK: Duration = Duration::from_millis(5);

/// Why there is no output, in words that go after "The check program NAME".
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    pub what: String,
    /// The rest of the story, in sentences.
    pub detail: String,
    /// What it ended with, where it ended by itself.
    pub exit_status: Option<i32>,
    killed: bool,
}

impl Failure {
    /// A signal ended it, as it does where memory runs out.
    pub fn was_killed(&self) -> bool {
        self.killed
    }

    pub fn new(what: impl Into<String>, detail: impl Into<String>) -> Failure {
        Failure {
            what: what.into(),
            detail: detail.into(),
            exit_status: None,
            killed: false,
        }
    }
}

/// What a program printed, where it ended well.
pub fn output(
    path: &Path,
    arguments: &[&str],
    input: Arc<[u8]>,
    Bounds {
        timeout,
        most_output,
    }: Bounds,
    environment: &Environment,
) -> Result<Vec<u8>, Failure> {
    // One that is too far away for the clock is as good as any that nobody lives to see.
    let deadline = Instant::now().checked_add(timeout);
    let mut command = Command::new(path);
    command
        .args(arguments)
        .env_clear()
        .envs(
            environment
                .variables()
                .iter()
                .map(|(name, value)| (name, value)),
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    group::apart(&mut command);
    let mut child = command
        .spawn()
        .map_err(|error| Failure::new("could not be started", format!("{error}.")))?;
    feed(&mut child, input);
    let printed = Printed::of(child.stdout.take(), most_output);
    let errors = Printed::of(child.stderr.take(), MOST_ERRORS);

    let ended = wait(&mut child, &printed, deadline);
    // Whatever it started ends with it, before its number is free for others.
    group::end(&mut child);
    let status = child.wait();
    let too_much = || {
        let most = most_output >> 20;
        Failure::new(
            "printed too much",
            format!("It printed more than {most} MiB, and was ended."),
        )
    };
    match ended {
        Ended::TooMuch => Err(too_much()),
        Ended::TooLate => Err(Failure::new(
            "did not end in time",
            with_errors(
                format!("It took more than {}, and was ended.", seconds(timeout)),
                &errors,
            ),
        )),
        Ended::Itself => match status {
            Err(error) => Err(Failure::new("could not be waited for", format!("{error}."))),
            Ok(status) if !status.success() => Err(badly(status, &errors)),
            Ok(_) => match printed.is_too_much() {
                true => Err(too_much()),
                false => Ok(printed.take()),
            },
        },
    }
}

enum Ended {
    Itself,
    TooLate,
    TooMuch,
}

fn wait(child: &mut Child, printed: &Printed, deadline: Option<Instant>) -> Ended {
    let mut ended: Option<Instant> = None;
    loop {
        if printed.is_too_much() {
            return Ended::TooMuch;
        }
        let now = Instant::now();
        if ended.is_none() && group::has_ended(child) {
            ended = Some(now);
        }
        match ended {
            // Something that it left behind may hold its output open for ever.
            Some(since) if printed.is_whole() || now >= since + GRACE => return Ended::Itself,
            None if deadline.is_some_and(|deadline| now >= deadline) => return Ended::TooLate,
            _ => std::thread::sleep(LOOK),
        }
    }
}

/// Writes the input from a thread of its own, which nobody waits for: a program need not read it.
fn feed(child: &mut Child, input: Arc<[u8]>) {
    if let Some(mut pipe) = child.stdin.take() {
        // Without a thread the program sees an empty input, and says so.
        let _ = std::thread::Builder::new().spawn(move || {
            // Fails where the program does not read it to its end.
            let _ = pipe.write_all(&input);
        });
    }
}

/// What comes out of a pipe, read by a thread that nobody waits for.
#[derive(Clone)]
struct Printed(Arc<Mutex<Pipe>>);

#[derive(Default)]
struct Pipe {
    bytes: Vec<u8>,
    whole: bool,
    too_much: bool,
}

impl Printed {
    fn of(pipe: Option<impl Read + Send + 'static>, most: usize) -> Printed {
        let printed = Printed(Arc::default());
        let reader = printed.clone();
        let started = std::thread::Builder::new().spawn(move || {
            if let Some(pipe) = pipe {
                reader.read(pipe, most);
            }
            reader.with(|pipe| pipe.whole = true);
        });
        if started.is_err() {
            printed.with(|pipe| pipe.whole = true);
        }
        printed
    }

    fn read(&self, mut pipe: impl Read, most: usize) {
        let mut buffer = vec![0; 64 << 10];
        loop {
            let read = match pipe.read(&mut buffer) {
                Ok(0) => return,
                Ok(read) => read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(_) => return,
            };
            // Beyond the bound it is read on and thrown away, so that the program is not held up by it.
            self.with(|pipe| {
                let room = most - pipe.bytes.len();
                pipe.bytes.extend_from_slice(&buffer[..read.min(room)]);
                pipe.too_much |= read > room;
            });
        }
    }

    fn is_whole(&self) -> bool {
        self.with(|pipe| pipe.whole)
    }

    fn is_too_much(&self) -> bool {
        self.with(|pipe| pipe.too_much)
    }

    fn take(&self) -> Vec<u8> {
        self.with(|pipe| std::mem::take(&mut pipe.bytes))
    }

    fn with<T>(&self, f: impl FnOnce(&mut Pipe) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn badly(status: ExitStatus, errors: &Printed) -> Failure {
    let what = match status.code() {
        Some(code) => format!("ended with status {code}"),
        None => format!("was ended from outside ({status})"),
    };
    Failure {
        detail: with_errors(String::new(), errors),
        exit_status: status.code(),
        killed: status.code().is_none(),
        what,
    }
}

/// Adds the first line that the program wrote to standard error.
fn with_errors(detail: String, errors: &Printed) -> String {
    let bytes = errors.take();
    let text = String::from_utf8_lossy(&bytes);
    let said = match text.lines().map(str::trim).find(|line| !line.is_empty()) {
        Some(line) => format!("It said: {}", shortened(line, 300)),
        None if detail.is_empty() => "It said nothing on standard error.".to_owned(),
        None => return detail,
    };
    match detail.is_empty() {
        true => said,
        false => format!("{detail} {said}"),
    }
}

fn seconds(timeout: Duration) -> String {
    match timeout.subsec_millis() {
        0 => format!("{} s", timeout.as_secs()),
        _ => format!("{:.1} s", timeout.as_secs_f64()),
    }
}
