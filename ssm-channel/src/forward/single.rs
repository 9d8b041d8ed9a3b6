//! One connection at a time, as plain bytes: what agents without a multiplexer understand.
//!
//! Such an agent connects to the port when the session begins, and again when data comes after an end. It does not tell
//! that the server has closed a connection.
//! <https://github.com/aws/amazon-ssm-agent/blob/mainline/agent/session/plugins/port/port_basic.go>

use std::pin::pin;

use bytes::Bytes;
use tokio::net::{TcpListener, TcpStream};
use tokio::select;
use tokio::sync::mpsc;

use super::{ForwardEvent, LocalWriter, accept, send_input};
use crate::error::SessionError;
use crate::payload::MAX_INPUT_BYTES;
use crate::session::{Input, Output, PortEvent};

/// Carries the listener's connections one after the other until the session ends.
pub async fn run(
    listener: &TcpListener,
    to_agent: mpsc::Sender<Input>,
    mut from_agent: mpsc::Receiver<Output>,
    report: &mut (impl FnMut(ForwardEvent) + Send),
) -> Result<(), SessionError> {
    // The first connection can get a greeting. What arrives at the beginning of later ones is left of the one before.
    let mut accepts_greeting = true;
    loop {
        let local = select! {
            local = accept(listener) => local,
            () = to_agent.closed() => return Ok(()),
        };
        if !carry(local, &to_agent, &mut from_agent, accepts_greeting, report).await {
            return Ok(());
        }
        accepts_greeting = false;
        if to_agent.send(Input::Disconnect).await.is_err() {
            return Ok(());
        }
    }
}

/// Carries one connection. Returns `false` if the session has ended.
async fn carry(
    local: TcpStream,
    to_agent: &mpsc::Sender<Input>,
    from_agent: &mut mpsc::Receiver<Output>,
    accepts_greeting: bool,
    report: &mut (impl FnMut(ForwardEvent) + Send),
) -> bool {
    let (reader, writer) = local.into_split();
    let mut writer = LocalWriter::new(writer);
    let has_sent = std::sync::atomic::AtomicBool::new(accepts_greeting);
    let encode = |bytes: &[u8]| {
        has_sent.store(true, std::sync::atomic::Ordering::Relaxed);
        Bytes::copy_from_slice(bytes)
    };
    let mut sending = pin!(send_input::<MAX_INPUT_BYTES>(&reader, to_agent, encode));
    loop {
        select! {
            _ = &mut sending => return true,
            written = writer.flush(), if !writer.is_idle() => if written.is_err() {
                return true;
            },
            output = from_agent.recv(), if writer.is_idle() => match output {
                Some(Output::Bytes(bytes)) => {
                    if has_sent.load(std::sync::atomic::Ordering::Relaxed) {
                        writer.write(bytes);
                    }
                }
                Some(Output::Notice(notice)) => report(ForwardEvent::Notice(notice)),
                Some(Output::Port(PortEvent::ConnectionFailed)) => {
                    report(ForwardEvent::ConnectionFailed);
                }
                Some(Output::Started | Output::Port(PortEvent::Mode(_))) => {}
                None => return false,
            },
        }
    }
}
