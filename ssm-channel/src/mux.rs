//! Many connections over one port session: the client's side of smux, version 1, as the agent's multiplexer speaks it.
//!
//! A crate was considered. Those that exist (tokio_smux, smux, smux_rust, async_smux) count frames instead of bytes or
//! queue without a limit, so a slow reader takes memory without end; they unwrap; and they want a byte stream where
//! there are messages. The protocol is four frames, so it is written out here.
//!
//! | module | what it does |
//! | --- | --- |
//! | `frame` | the frames, and bytes to frames |
//! | `streams` | which streams are open, and what waits for each |
//! | `connection` | one local connection and its stream, from open to closed |
//!
//! The agent's side: <https://github.com/aws/amazon-ssm-agent/blob/mainline/agent/session/plugins/port/port_mux.go>.
//! The protocol: <https://github.com/xtaci/smux/blob/master/README.md>.

mod connection;
mod frame;
mod streams;

use std::pin::pin;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::net::TcpListener;
use tokio::select;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::error::SessionError;
use crate::forward::{ForwardEvent, accept};
use crate::session::{Input, Output, PortEvent};

use frame::{Decoder, Event};
use streams::Streams;

/// How many connections can be open. More wait in the listener's queue.
const MAX_CONNECTIONS: usize = 1000;
/// The time between two keep-alives. The agent waits for three of them.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(10);
/// How long connections can take to write what had arrived when the session ended.
const LAST_WRITE_TIMEOUT: Duration = Duration::from_secs(2);

/// Carries the listener's connections until the session ends.
pub struct Multiplexer<'a> {
    pub listener: &'a TcpListener,
    pub to_agent: mpsc::Sender<Input>,
    /// Whether the agent needs keep-alives.
    pub keep_alive: bool,
    /// [`crate::Options::half_close_wait`]
    pub half_close_wait: Duration,
}

impl Multiplexer<'_> {
    /// Returns once the session has ended, or with a violation of the protocol.
    pub async fn run(
        self,
        from_agent: mpsc::Receiver<Output>,
        report: &mut (impl FnMut(ForwardEvent) + Send),
    ) -> Result<(), SessionError> {
        let streams = Streams::new(self.to_agent.clone());
        let mut connections = FuturesUnordered::new();
        let mut keep_alive = interval(KEEP_ALIVE_INTERVAL);
        keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let result = {
            let mut receiving = pin!(receive(&streams, from_agent, report));
            loop {
                select! {
                    result = &mut receiving => break result,
                    local = accept(self.listener), if connections.len() < MAX_CONNECTIONS => {
                        connections.push(connection::carry(&streams, local, self.half_close_wait));
                    }
                    Some(()) = connections.next(), if !connections.is_empty() => {}
                    _ = keep_alive.tick(), if self.keep_alive => {
                        // If there is no room, something else is being sent.
                        let _ = self.to_agent.try_send(Input::Bytes(frame::keep_alive()));
                    }
                }
            }
        };
        streams.close_all();
        let finished = async { while connections.next().await.is_some() {} };
        let _ = timeout(LAST_WRITE_TIMEOUT, finished).await;
        result
    }
}

/// Passes what arrives to the streams until the session ends. Waits while the streams have no room.
async fn receive(
    streams: &Streams,
    mut from_agent: mpsc::Receiver<Output>,
    report: &mut (impl FnMut(ForwardEvent) + Send),
) -> Result<(), SessionError> {
    let mut decoder = Decoder::default();
    while let Some(output) = from_agent.recv().await {
        match output {
            Output::Bytes(bytes) => {
                decoder.push(bytes);
                let violation =
                    |error: frame::FrameError| SessionError::Protocol(error.to_string());
                while let Some(event) = decoder.next().map_err(violation)? {
                    match event {
                        Event::Data(id, bytes) => streams.data(id, bytes).await,
                        Event::Closed(id) => streams.close(id),
                        // Only clients open streams.
                        Event::Opened(id) => streams.refuse(id).await,
                    }
                }
            }
            Output::Port(PortEvent::ConnectionFailed) => report(ForwardEvent::ConnectionFailed),
            Output::Notice(notice) => report(ForwardEvent::Notice(notice)),
            Output::Port(PortEvent::Mode(_)) | Output::Started => {}
        }
    }
    Ok(())
}
