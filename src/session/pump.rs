//! Moves bytes between this process and a session, on threads of their own: neither a slow terminal nor a
//! slow reader holds the connection up.

use std::future::pending;
use std::io::{self, IsTerminal, Read, Write};
use std::sync::{Arc, Mutex};
use std::thread;

use bytes::Bytes;
use ecs_exec_session::{Input, Output};
use tokio::sync::{mpsc, oneshot};

/// How many pieces of input wait at most.
const WAITING: usize = 16;

/// Takes the output of a session as it comes.
pub type Taker = Box<dyn FnMut(&[u8]) + Send>;

/// This side of sessions: where their input comes from and their output goes to. It outlives a session, so that
/// keys that are typed while another one is opened are not lost.
pub struct Local {
    keys: mpsc::Receiver<Input>,
    write: Arc<Mutex<Taker>>,
    is_terminal: bool,
}

impl Local {
    /// Standard input and output.
    pub fn standard() -> Local {
        Local {
            keys: reading(Box::new(io::stdin())),
            write: Arc::new(Mutex::new(Box::new(to_standard_output))),
            is_terminal: io::stdin().is_terminal(),
        }
    }

    /// Given bytes in, and something that takes what comes.
    pub fn given(input: Option<Box<dyn Read + Send>>, write: Taker) -> Local {
        Local {
            keys: match input {
                Some(input) => reading(input),
                None => mpsc::channel(1).1,
            },
            write: Arc::new(Mutex::new(write)),
            is_terminal: false,
        }
    }

    /// Keys reach the remote side one by one.
    pub fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Passes input on as it comes; never returns.
    pub async fn feed(&mut self, to_remote: mpsc::Sender<Input>) {
        while let Some(item) = self.keys.recv().await {
            if to_remote.send(item).await.is_err() {
                break;
            }
        }
        pending::<()>().await;
    }

    /// Writes what comes, until nothing does.
    pub fn show(&self, mut from_remote: mpsc::Receiver<Output>) -> Writer {
        let write = self.write.clone();
        let (finished, done) = oneshot::channel();
        thread::spawn(move || {
            while let Some(output) = from_remote.blocking_recv() {
                match output {
                    Output::Stdout(bytes) | Output::Stderr(bytes) => {
                        if let Ok(mut write) = write.lock() {
                            write(&bytes);
                        }
                    }
                    Output::Notice(notice) => {
                        let line = ecs_exec_checks::text::clean_line(&notice.to_string());
                        let _ = write!(io::stderr(), "\r\n{line}\r\n");
                    }
                    Output::Started => {}
                }
            }
            let _ = finished.send(());
        });
        Writer { done }
    }
}

/// The thread that writes; to be waited for, so that nothing that came is lost.
pub struct Writer {
    done: oneshot::Receiver<()>,
}

impl Writer {
    pub async fn finish(self) {
        let _ = self.done.await;
    }
}

fn to_standard_output(bytes: &[u8]) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
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
