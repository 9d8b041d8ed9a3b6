//! This side of a session: moves input and output on threads of their own, so that neither a slow terminal nor a slow
//! reader delays the connection.

use std::collections::VecDeque;
use std::future::pending;
use std::io::{self, IsTerminal, Read, Write};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use ssm_channel::{Input, Notice, Output};
use tokio::select;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use super::escape::{EscapeKeys, KeyEvent};
use super::remote_text::RemoteText;

/// How many pieces of input can wait. A person at a terminal is not limited.
const MAX_WAITING: usize = 16;
/// How long writing the last output can take after this side has ended the session.
const LAST_WRITE_TIMEOUT: Duration = Duration::from_secs(1);

/// Takes the output of a session as it comes.
pub type OutputSink = Box<dyn FnMut(&[u8]) -> io::Result<Flow> + Send>;

/// Whether there is more output to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    Continue,
    /// The command has ended, so the session can end.
    Done,
}

/// How far a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    Opening,
    /// The remote side accepts input.
    Started,
    /// The command has ended.
    Done,
}

/// What the user does with the escape keys.
pub enum UserAction {
    Leave,
    Suspend,
}

/// Where the input of sessions comes from and where their output goes. It outlives a session, so that keys typed while
/// another one is opened are not lost.
pub struct LocalIo {
    input: mpsc::Receiver<Input>,
    escape: EscapeKeys,
    /// Input that no session has taken yet.
    waiting: VecDeque<Input>,
    sink: Arc<Mutex<OutputSink>>,
    is_terminal: bool,
    /// Marks the end of the input for a wrapped command; sent when the command ends before its input.
    end_of_input: Option<Bytes>,
    /// Something is sent at least this often, so that the session does not count as idle.
    keep_alive: Option<Duration>,
}

/// Much shorter than the shortest idle time-out that matters, 20 minutes by default.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/session-preferences-timeout.html>
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(4 * 60);

impl LocalIo {
    /// Standard input and output, with these escape keys if input is a terminal.
    pub fn standard(escape: Option<char>) -> LocalIo {
        let is_terminal = io::stdin().is_terminal();
        LocalIo {
            escape: EscapeKeys::new(escape.filter(|_| is_terminal)),
            is_terminal,
            ..LocalIo::new(Some(Box::new(io::stdin())), Box::new(write_to_stdout))
        }
    }

    /// Keeps the session from counting as idle, if asked to.
    pub fn keep_alive(self, keep: bool) -> LocalIo {
        LocalIo {
            keep_alive: keep.then_some(KEEP_ALIVE_INTERVAL),
            ..self
        }
    }

    /// How often something must be sent.
    pub fn keep_alive_interval(&self) -> Option<Duration> {
        self.keep_alive
    }

    /// The input of a wrapped command, if it takes any, and a sink for its output.
    pub fn wrapped(
        input: Option<Box<dyn Read + Send>>,
        end_of_input: &'static str,
        sink: OutputSink,
    ) -> LocalIo {
        let end_of_input = input
            .as_ref()
            .map(|_| Bytes::from_static(end_of_input.as_bytes()));
        LocalIo {
            end_of_input,
            ..LocalIo::new(input, sink)
        }
    }

    fn new(input: Option<Box<dyn Read + Send>>, sink: OutputSink) -> LocalIo {
        LocalIo {
            input: input.map_or_else(|| mpsc::channel(1).1, read_on_thread),
            escape: EscapeKeys::new(None),
            waiting: VecDeque::new(),
            sink: Arc::new(Mutex::new(sink)),
            is_terminal: false,
            end_of_input: None,
            keep_alive: None,
        }
    }

    /// Whether input is a terminal, whose keys the remote side must get one by one.
    pub fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Sends input as it comes, once the session has started: if it never does, the next session gets the input.
    /// Returns if the user wants something else.
    pub async fn send_input(
        &mut self,
        to_remote: &mpsc::Sender<Input>,
        phase: &mut watch::Receiver<Phase>,
    ) -> UserAction {
        let mut is_open = true;
        loop {
            let now = *phase.borrow_and_update();
            if now == Phase::Done {
                if let Some(end) = self.end_of_input.take() {
                    let _ = to_remote.send(Input::Bytes(end)).await;
                }
                return pending().await;
            }
            let has_room = self.is_terminal || self.waiting.len() < MAX_WAITING;
            let can_send = now == Phase::Started && !self.waiting.is_empty();
            select! {
                input = self.input.recv(), if is_open && has_room => match input {
                    Some(Input::Bytes(bytes)) => {
                        if let Some(action) = self.take_keys(bytes) {
                            return action;
                        }
                    }
                    // A wrapped command's input ends with its own line.
                    Some(Input::End) if self.end_of_input.is_some() => {}
                    Some(other) => self.waiting.push_back(other),
                    None => is_open = false,
                },
                room = to_remote.reserve(), if can_send => match (room, self.waiting.pop_front()) {
                    (Ok(room), Some(input)) => room.send(input),
                    _ => return pending().await,
                },
                changed = phase.changed() => if changed.is_err() {
                    return pending().await;
                },
            }
        }
    }

    fn take_keys(&mut self, bytes: Bytes) -> Option<UserAction> {
        let mut action = None;
        for event in self.escape.take(bytes) {
            match event {
                KeyEvent::Keys(keys) => self.waiting.push_back(Input::Bytes(keys)),
                KeyEvent::Leave => return Some(UserAction::Leave),
                KeyEvent::Suspend => action = Some(UserAction::Suspend),
                KeyEvent::Help => say_part!("\r\n{}\r\n", self.escape.help()),
            }
        }
        action
    }

    /// Writes output on a thread until it ends or cannot be written. In the latter case nothing more is taken, which
    /// ends the session.
    pub fn write_output(
        &self,
        mut from_remote: mpsc::Receiver<Output>,
        phase: watch::Sender<Phase>,
    ) -> Writer {
        let (sink, is_terminal) = (self.sink.clone(), self.is_terminal);
        let (finished, done) = oneshot::channel();
        let advance = move |to| {
            phase.send_if_modified(|phase| {
                let is_new = *phase < to;
                *phase = to.max(*phase);
                is_new
            });
        };
        thread::spawn(move || {
            let mut error = None;
            while let Some(output) = from_remote.blocking_recv() {
                match output {
                    Output::Bytes(bytes) => {
                        let Ok(mut sink) = sink.lock() else { break };
                        match sink(&bytes) {
                            Ok(Flow::Continue) => {}
                            Ok(Flow::Done) => advance(Phase::Done),
                            Err(failed) => {
                                error = Some(failed);
                                break;
                            }
                        }
                    }
                    Output::Notice(Notice::NoAnswer { .. } | Notice::Answering) if !is_terminal => {
                    }
                    // In raw mode a line feed alone does not begin a line.
                    Output::Notice(notice) => {
                        say_part!("\r\n{}\r\n", RemoteText::new(notice.to_string()));
                    }
                    Output::Started => advance(Phase::Started),
                    // Only port sessions have any.
                    Output::Port(_) => {}
                }
            }
            drop(from_remote);
            let _ = finished.send(error);
        });
        Writer { done }
    }
}

/// The thread that writes output. Wait for it, so that nothing is lost.
pub struct Writer {
    done: oneshot::Receiver<Option<io::Error>>,
}

impl Writer {
    /// Returns why output could not be written, if so. `is_cut_off`: do not wait for a reader that does not read.
    pub async fn finish(self, is_cut_off: bool) -> Option<io::Error> {
        let done = match is_cut_off {
            true => timeout(LAST_WRITE_TIMEOUT, self.done).await.ok()?,
            false => self.done.await,
        };
        done.ok().flatten()
    }
}

/// The sink of standard output.
pub fn write_to_stdout(bytes: &[u8]) -> io::Result<Flow> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()?;
    Ok(Flow::Continue)
}

/// Reads on a thread, which ends with the process if nothing comes any more.
fn read_on_thread(mut input: Box<dyn Read + Send>) -> mpsc::Receiver<Input> {
    let (read, received) = mpsc::channel(MAX_WAITING);
    thread::spawn(move || {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let item = match input.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Ok(0) | Err(_) => Input::End,
                Ok(count) => Input::Bytes(Bytes::copy_from_slice(&buffer[..count])),
            };
            let is_end = item == Input::End;
            if read.blocking_send(item).is_err() || is_end {
                return;
            }
        }
    });
    received
}
