//! One connection through a session of ECS Exec.

use std::future::pending;
use std::pin::pin;
use std::time::Duration;

use bytes::{Buf, Bytes};
use ssm_channel::{CancellationToken, Input, Options, Output, run};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::select;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::cli_error::CliError;
use crate::session::aws_api::SdkApi;
use crate::session::native;
use crate::session::open::{OpenError, OpenSession, open, terminate};
use crate::session::wrapped::{
    InputCode, InputMode, LINE_BYTES, Reader, Status, WrappedCommand, encode,
};
use crate::session::{Context, ExecTarget, RemoteText};

/// How many pieces of input or output can wait.
const CHANNEL_SIZE: usize = 16;
/// How long a connection stays open for answers after its local side has sent an end of file: not all programs pass it
/// on, and the server may never close it.
const HALF_CLOSE_WAIT: Duration = Duration::from_secs(5);
/// The line that ends the input.
const END_LINE: &[u8] = b"=\n";

/// How a connection ended.
pub enum RelayEnd {
    Closed,
    /// The program in the image ended with this status before anything came.
    NotConnected(u8),
    Failed(RemoteText),
}

/// Opens a session that runs these words, and carries the connection over it.
pub async fn carry(
    cx: Context<'_>,
    target: &ExecTarget,
    words: &[String],
    local: TcpStream,
    cancel: CancellationToken,
) -> Result<RelayEnd, CliError> {
    let wrapped = WrappedCommand::new(words, InputMode::Unbuffered);
    let OpenSession {
        session,
        mut signals,
    } = match open(cx, target, &wrapped.command).await {
        Ok(opened) => opened,
        Err(OpenError::Fatal(error)) => return Err(error),
        Err(OpenError::Interrupted(_)) => return Ok(RelayEnd::Closed),
        Err(OpenError::Refused(why) | OpenError::StartDenied(why)) => {
            return Ok(RelayEnd::Failed(why));
        }
    };
    let id = session.id.clone();
    let cancel = cancel.child_token();
    let options = Options {
        cancel: cancel.clone(),
        ..native::options(cx.aws)
    };
    let (to_remote, input) = mpsc::channel(CHANNEL_SIZE);
    let (output, from_remote) = mpsc::channel(CHANNEL_SIZE);
    let api = SdkApi(cx.aws);
    let mut session = pin!(run(session, &api, input, output, options));
    let mut bridge = pin!(Bridge::new(wrapped.reader(), to_remote, from_remote).run(local));
    let (result, end) = select! {
        end = &mut bridge => (None, Some(end)),
        result = &mut session => {
            // What came before is delivered first.
            let end = select! {
                end = &mut bridge => Some(end),
                _ = signals.next(false) => None,
            };
            (Some(result), end)
        }
        _ = signals.next(false) => (None, None),
    };
    let has_ended = matches!(result, Some(Ok(_)));
    let why = match &result {
        Some(Err(error)) => Some(error.to_string()),
        Some(Ok(message)) => message.clone(),
        None => None,
    };
    if result.is_none() {
        cancel.cancel();
        let _ = session.await;
    }
    if !has_ended {
        terminate(cx.aws, &id).await;
    }
    Ok(match (end, why) {
        (None, _) => RelayEnd::Closed,
        (Some(RelayEnd::Failed(_)), Some(why)) => RelayEnd::Failed(RemoteText::new(why)),
        (Some(end), _) => end,
    })
}

/// Moves bytes between a connection and a wrapped program.
struct Bridge {
    reader: Reader,
    to_remote: mpsc::Sender<Input>,
    from_remote: mpsc::Receiver<Output>,
    has_received: bool,
}

impl Bridge {
    fn new(
        reader: Reader,
        to_remote: mpsc::Sender<Input>,
        from_remote: mpsc::Receiver<Output>,
    ) -> Bridge {
        Bridge {
            reader,
            to_remote,
            from_remote,
            has_received: false,
        }
    }

    async fn run(mut self, local: TcpStream) -> RelayEnd {
        let (reader, mut writer) = local.into_split();
        // A size is acknowledged, which shows that the agent is alive.
        let size = Input::Size {
            columns: 200,
            rows: 50,
        };
        let _ = self.to_remote.send(size).await;
        let mut early = Vec::new();
        let code = loop {
            match self.receive().await {
                Ok(output) => early.extend(output),
                Err(end) => return end,
            }
            if let Some(code) = self.reader.input_code() {
                break code;
            }
        };
        let mut pending = Bytes::from(early);
        let mut sending = pin!(send_input(reader, code, self.to_remote.clone()));
        let mut deadline = None;
        loop {
            select! {
                () = &mut sending, if deadline.is_none() => {
                    deadline = Some(Instant::now() + HALF_CLOSE_WAIT);
                }
                written = writer.write(&pending), if !pending.is_empty() => match written {
                    Ok(count @ 1..) => pending.advance(count),
                    Ok(0) | Err(_) => return RelayEnd::Closed,
                },
                output = self.receive(), if pending.is_empty() => match output {
                    Ok(output) => {
                        pending = output.into();
                        deadline = deadline.map(|_| Instant::now() + HALF_CLOSE_WAIT);
                    }
                    Err(end) => return end,
                },
                () = wait_until(deadline), if pending.is_empty() => return RelayEnd::Closed,
            }
        }
    }

    /// The next output of the program, or how it ended. Dropping the future loses nothing.
    async fn receive(&mut self) -> Result<Vec<u8>, RelayEnd> {
        if let Some(status) = self.reader.status() {
            return Err(match status {
                Status::Exited(0) => RelayEnd::Closed,
                Status::Exited(_) if self.has_received => RelayEnd::Closed,
                Status::Exited(status) => RelayEnd::NotConnected(status),
                Status::NoInputTools => {
                    RelayEnd::Failed(RemoteText::new("the container cannot receive input"))
                }
            });
        }
        match self.from_remote.recv().await {
            Some(Output::Bytes(bytes)) => match self.reader.take(&bytes) {
                Ok(output) => {
                    self.has_received |= !output.is_empty();
                    Ok(output)
                }
                Err(garbled) => Err(RelayEnd::Failed(RemoteText::new(garbled.to_string()))),
            },
            Some(Output::Started | Output::Notice(_) | Output::Port(_)) => Ok(Vec::new()),
            None => Err(RelayEnd::Failed(match self.reader.printed_before() {
                printed if printed.trim().is_empty() => {
                    RemoteText::new("the session ended before the connection did")
                }
                printed => RemoteText::new(printed),
            })),
        }
    }
}

/// Sends what the local side writes, line by line, and at last the line that ends it.
async fn send_input(mut reader: OwnedReadHalf, code: InputCode, to_remote: mpsc::Sender<Input>) {
    let mut buffer = vec![0; usize::try_from(LINE_BYTES).unwrap_or(0)];
    while let Ok(count @ 1..) = reader.read(&mut buffer).await {
        let mut line = encode(&buffer[..count], code);
        line.push(b'\n');
        if to_remote.send(Input::Bytes(line.into())).await.is_err() {
            return;
        }
    }
    let _ = to_remote
        .send(Input::Bytes(Bytes::from_static(END_LINE)))
        .await;
}

async fn wait_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
}
