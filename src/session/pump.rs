//! Moves bytes between this process and a session, on threads of their own: neither a slow terminal nor a
//! slow reader holds the connection up.

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

/// How many pieces of input wait at most, where it can be made to wait: a person cannot.
const WAITING: usize = 16;
/// How long what came may take to be written where a signal has ended the session.
const LAST_WRITES: Duration = Duration::from_secs(1);

/// Takes the output of a session as it comes.
pub type OutputSink = Box<dyn FnMut(&[u8]) -> io::Result<Flow> + Send>;

/// Whether there is more to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    Continue,
    /// The command has ended; the session may.
    Done,
}

/// This side of sessions: where their input comes from and their output goes to. It outlives a session, so that
/// keys that are typed while another one is opened are not lost.
pub struct Local {
    from: mpsc::Receiver<Input>,
    escape: EscapeKeys,
    /// Input that no session has taken yet.
    waiting: VecDeque<Input>,
    sink: Arc<Mutex<OutputSink>>,
    is_terminal: bool,
    /// What says that there is no more input, where the command has ended without it.
    last_input: Option<Bytes>,
}

/// What the user wants of this program, by the escape keys.
pub enum Wish {
    Leave,
    Suspend,
}

impl Local {
    /// Standard input and output. `escape`: the key that begins those of this program's own.
    pub fn standard(escape: Option<char>) -> Local {
        let is_terminal = io::stdin().is_terminal();
        Local {
            from: reading(Box::new(io::stdin())),
            escape: EscapeKeys::new(escape.filter(|_| is_terminal)),
            waiting: VecDeque::new(),
            sink: Arc::new(Mutex::new(Box::new(to_standard_output))),
            is_terminal,
            last_input: None,
        }
    }

    /// Given bytes in, and something that takes what comes.
    pub fn given(
        input: Option<Box<dyn Read + Send>>,
        last_input: &'static str,
        sink: OutputSink,
    ) -> Local {
        Local {
            last_input: input
                .is_some()
                .then(|| Bytes::from_static(last_input.as_bytes())),
            from: match input {
                Some(input) => reading(input),
                None => mpsc::channel(1).1,
            },
            escape: EscapeKeys::new(None),
            waiting: VecDeque::new(),
            sink: Arc::new(Mutex::new(sink)),
            is_terminal: false,
        }
    }

    /// Keys reach the remote side one by one.
    pub fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Passes input on as it comes, once the session has started: what a session that never does would lose is for
    /// the next one. Returns where the user wants something else.
    pub async fn feed(
        &mut self,
        to_remote: &mpsc::Sender<Input>,
        progress: &mut watch::Receiver<Progress>,
    ) -> Wish {
        let mut is_open = true;
        loop {
            let now = *progress.borrow_and_update();
            if now == Progress::Done {
                if let Some(last) = &self.last_input {
                    let _ = to_remote.send(Input::Bytes(last.clone())).await;
                    self.last_input = None;
                }
                return pending().await;
            }
            let has_room = self.is_terminal || self.waiting.len() < WAITING;
            let may_send = now == Progress::Started && !self.waiting.is_empty();
            select! {
                taken = self.from.recv(), if is_open && has_room => match taken {
                    Some(Input::Bytes(bytes)) => {
                        if let Some(wish) = self.take(bytes) {
                            return wish;
                        }
                    }
                    // The wrapped command's own line says that its input has ended.
                    Some(Input::End) if self.last_input.is_some() => {}
                    Some(other) => self.waiting.push_back(other),
                    None => is_open = false,
                },
                room = to_remote.reserve(), if may_send => match (room, self.waiting.pop_front()) {
                    (Ok(room), Some(input)) => room.send(input),
                    _ => return pending().await,
                },
                changed = progress.changed() => if changed.is_err() {
                    return pending().await;
                },
            }
        }
    }

    fn take(&mut self, bytes: Bytes) -> Option<Wish> {
        let mut wish = None;
        for typed in self.escape.take(bytes) {
            match typed {
                KeyEvent::Keys(keys) => self.waiting.push_back(Input::Bytes(keys)),
                KeyEvent::Leave => return Some(Wish::Leave),
                KeyEvent::Suspend => wish = Some(Wish::Suspend),
                KeyEvent::Help => {
                    let _ = write!(io::stderr(), "\r\n{}\r\n", self.escape.help());
                }
            }
        }
        wish
    }

    /// Writes what comes, until nothing does or it cannot be written: then nothing more is taken, which ends the session.
    pub fn show(
        &self,
        mut from_remote: mpsc::Receiver<Output>,
        progress: watch::Sender<Progress>,
    ) -> Writer {
        let sink = self.sink.clone();
        let is_terminal = self.is_terminal;
        let (finished, done) = oneshot::channel();
        thread::spawn(move || {
            let mut failed = None;
            while let Some(output) = from_remote.blocking_recv() {
                match output {
                    Output::Stdout(bytes) | Output::Stderr(bytes) => {
                        let Ok(mut sink) = sink.lock() else { break };
                        match sink(&bytes) {
                            Ok(Flow::Continue) => {}
                            Ok(Flow::Done) => advance(&progress, Progress::Done),
                            Err(error) => {
                                failed = Some(error);
                                break;
                            }
                        }
                    }
                    Output::Notice(notice) => tell(&notice, is_terminal),
                    Output::Started => advance(&progress, Progress::Started),
                }
            }
            drop(from_remote);
            let _ = finished.send(failed);
        });
        Writer { done }
    }
}

/// How far a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Progress {
    Opening,
    /// The remote side takes input.
    Started,
    /// The command has ended.
    Done,
}

fn advance(progress: &watch::Sender<Progress>, to: Progress) {
    progress.send_if_modified(|progress| {
        let is_new = *progress < to;
        *progress = to.max(*progress);
        is_new
    });
}

/// In raw mode a line feed alone does not begin a line.
fn tell(notice: &Notice, is_terminal: bool) {
    let waits = matches!(notice, Notice::Silent { .. } | Notice::AnswersAgain);
    if waits && !is_terminal {
        return;
    }
    let line = RemoteText::new(notice.to_string());
    let _ = write!(io::stderr(), "\r\n{line}\r\n");
}

/// The thread that writes; to be waited for, so that nothing that came is lost.
pub struct Writer {
    done: oneshot::Receiver<Option<io::Error>>,
}

impl Writer {
    /// Why it could not write, if it could not. `is_cut_off`: do not wait for whoever does not read.
    pub async fn finish(self, is_cut_off: bool) -> Option<io::Error> {
        let done = match is_cut_off {
            true => timeout(LAST_WRITES, self.done).await.ok()?,
            false => self.done.await,
        };
        done.ok().flatten()
    }
}

pub fn to_standard_output(bytes: &[u8]) -> io::Result<Flow> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()?;
    Ok(Flow::Continue)
}

/// Reads on a thread, which ends with the process where nothing comes any more.
fn reading(mut input: Box<dyn Read + Send>) -> mpsc::Receiver<Input> {
    let (read, keys) = mpsc::channel(WAITING);
    thread::spawn(move || {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let item = match input.read(&mut buffer) {
                Ok(0) => Input::End,
                Ok(count) => Input::Bytes(Bytes::copy_from_slice(&buffer[..count])),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => Input::End,
            };
            let ends = item == Input::End;
            if read.blocking_send(item).is_err() || ends {
                return;
            }
        }
    });
    keys
}
