//! Forwards a local port through a port session.
//!
//! ```text
//! local programs ──▶ listener ──▶ mux, or single ── Input ──▶ pump ──▶ agent ──▶ port
//!                ◀──────────────                 ◀─ Output ──
//! ```

mod local;
mod single;

use std::pin::pin;

use tokio::net::TcpListener;
use tokio::select;
use tokio::sync::mpsc;

use crate::aws_api::AwsApi;
use crate::error::SessionError;
use crate::mux::Multiplexer;
use crate::pump;
use crate::session::{Notice, Options, Output, PortEvent, PortMode, Session, SessionType};

pub use local::{LocalWriter, SendEnd, accept, discard_input, send_input};

/// How many pieces of input or output can wait.
const CHANNEL_SIZE: usize = 16;

/// What happens while a port is forwarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForwardEvent {
    /// The agent is ready for connections.
    Ready {
        /// For one at a time, because it is an old agent.
        single: bool,
    },
    /// The agent could not connect to the port; the local connection is closed, and forwarding goes on.
    ConnectionFailed,
    /// News about the session.
    Notice(Notice),
}

/// Joins a session that `ssm:StartSession` has opened with a document for port forwarding, and carries the listener's
/// connections until it ends. Returns the message with which the gateway closed it, as [`crate::run`] does.
///
/// Connections that come before the agent is ready wait in the listener's queue. All connections together hold at most
/// 4 MiB that their local sides have not read; then nothing is read for any of them, since the protocol cannot hold back
/// a single one.
///
/// # Errors
///
/// The session could not be joined, broke off, or was cancelled.
pub async fn forward(
    session: Session,
    aws: &impl AwsApi,
    listener: &TcpListener,
    options: Options,
    mut report: impl FnMut(ForwardEvent) + Send,
) -> Result<Option<String>, SessionError> {
    let cancel = options.cancel.child_token();
    let half_close_wait = options.half_close_wait;
    let options = Options {
        cancel: cancel.clone(),
        ..options
    };
    let (to_agent, input) = mpsc::channel(CHANNEL_SIZE);
    let (output, mut from_agent) = mpsc::channel(CHANNEL_SIZE);
    let mut session = pin!(pump::run_as(
        SessionType::Port,
        session,
        aws,
        input,
        output,
        options
    ));
    let mut carrying = pin!(async {
        let Some(mode) = await_mode(&mut from_agent, &mut report).await else {
            return Ok(());
        };
        report(ForwardEvent::Ready {
            single: mode == PortMode::Single,
        });
        match mode {
            PortMode::Single => single::run(listener, to_agent, from_agent, &mut report).await,
            PortMode::Multiplexed { keep_alive } => {
                let multiplexer = Multiplexer {
                    listener,
                    to_agent,
                    keep_alive,
                    half_close_wait,
                };
                multiplexer.run(from_agent, &mut report).await
            }
        }
    });
    let carried = select! {
        carried = &mut carrying => carried,
        result = &mut session => {
            // What arrived before is delivered first.
            if result.is_ok() {
                carrying.await?;
            }
            return result;
        }
    };
    if carried.is_err() {
        cancel.cancel();
    }
    let result = session.await;
    carried?;
    result
}

/// Waits until the agent is ready. `None`: the session has ended.
async fn await_mode(
    from_agent: &mut mpsc::Receiver<Output>,
    report: &mut impl FnMut(ForwardEvent),
) -> Option<PortMode> {
    let mut known = None;
    loop {
        match from_agent.recv().await? {
            Output::Port(PortEvent::Mode(mode)) => known = Some(mode),
            Output::Started => return known,
            Output::Notice(notice) => report(ForwardEvent::Notice(notice)),
            // Neither comes before the handshake is complete.
            Output::Bytes(_) | Output::Port(PortEvent::ConnectionFailed) => {}
        }
    }
}
