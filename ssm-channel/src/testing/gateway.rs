//! Connections as the gateway sees them.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use uuid::Uuid;

use crate::message::{AgentMessage, MessageType};
use crate::payload::OpenDataChannel;

/// A listener on loopback.
pub struct Gateway {
    listener: TcpListener,
    address: SocketAddr,
}

impl Gateway {
    /// Listens on a free port.
    pub async fn start() -> Gateway {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        Gateway { listener, address }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A stream's URL in the shape of AWS's.
    pub fn url(&self) -> String {
        format!(
            "ws://{}/v1/data-channel/ecs-execute-command-0a?role=publish_subscribe&cell-number=AAEC+x/y==",
            self.address
        )
    }

    /// The next connection, upgraded and opened.
    pub async fn accept(&self) -> GatewayConnection {
        let mut headers = BTreeMap::new();
        let stream = self.stream().await;
        // The library's error type is large.
        #[allow(clippy::result_large_err)]
        let look = |request: &Request, response: Response| {
            headers.insert(":path".to_owned(), request.uri().to_string());
            for (name, value) in request.headers() {
                let value = value.to_str().expect("a header of text").to_owned();
                headers.insert(name.to_string(), value);
            }
            Ok(response)
        };
        let upgrade = tokio_tungstenite::accept_hdr_async(stream, look);
        let mut socket = upgrade.await.expect("an upgrade");
        let opening = loop {
            match socket.next().await.expect("a frame").expect("a frame") {
                Message::Text(text) => break text,
                Message::Ping(_) => {}
                other => panic!("the channel was not opened first: {other:?}"),
            }
        };
        let opening: OpenDataChannel = serde_json::from_str(&opening).expect("an opening");
        assert_eq!(opening.message_schema_version, "1.0");
        assert!(opening.request_id.parse::<Uuid>().is_ok());
        GatewayConnection {
            socket,
            headers,
            token: opening.token_value,
            client_id: opening.client_id,
            client_version: opening.client_version,
        }
    }

    /// Refuses the next connection with an HTTP status.
    pub async fn refuse(&self, status: u16, body: &str) {
        let status = StatusCode::from_u16(status).expect("a status");
        #[allow(clippy::result_large_err)]
        let refuse = |_: &Request, _: Response| {
            let mut response = ErrorResponse::new(Some(body.to_owned()));
            *response.status_mut() = status;
            Err(response)
        };
        let stream = self.stream().await;
        let refused = tokio_tungstenite::accept_hdr_async(stream, refuse).await;
        assert!(refused.is_err());
    }

    async fn stream(&self) -> TcpStream {
        let (stream, _) = self.listener.accept().await.expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        stream
    }
}

/// One connection.
pub struct GatewayConnection {
    socket: WebSocketStream<TcpStream>,
    /// The headers of the upgrade, in lower case, and the path as `:path`.
    pub headers: BTreeMap<String, String>,
    /// The token that opens the data channel.
    pub token: String,
    /// The client's ID, a UUID.
    pub client_id: String,
    /// The version that the client claims.
    pub client_version: String,
}

/// A frame of the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A message of the input stream.
    Input {
        /// Its sequence number.
        sequence: i64,
        /// One of [`super::kind`].
        kind: u32,
        /// What it carries.
        payload: Bytes,
        /// How to acknowledge it.
        id: Uuid,
    },
    /// The sequence number that the client acknowledged.
    Acknowledged(i64),
    /// A ping of the WebSocket.
    Ping,
    /// The connection is closed, cleanly or not.
    Closed,
}

impl GatewayConnection {
    /// A message of the agent's stream.
    pub fn message(sequence: i64, kind: u32, payload: impl Into<Bytes>) -> Bytes {
        let message = AgentMessage {
            sequence,
            payload_type: kind,
            payload: payload.into(),
            // The agent sets this flag on its first message.
            flags: u64::from(sequence == 0),
            ..AgentMessage::control(MessageType::OutputStreamData, Bytes::new())
        };
        message.encode()
    }

    /// The acknowledgement of a message from the client.
    pub fn acknowledgement(sequence: i64, id: Uuid) -> Bytes {
        let payload = serde_json::json!({
            "AcknowledgedMessageType": "input_stream_data",
            "AcknowledgedMessageId": id.to_string(),
            "AcknowledgedMessageSequenceNumber": sequence,
            "IsSequentialMessage": true,
        });
        AgentMessage::control(MessageType::Acknowledge, payload.to_string().into()).encode()
    }

    /// The gateway lets the client send.
    pub fn start_publication() -> Bytes {
        AgentMessage::control(MessageType::StartPublication, Bytes::new()).encode()
    }

    /// The gateway lets the client wait.
    pub fn pause_publication() -> Bytes {
        AgentMessage::control(MessageType::PausePublication, Bytes::new()).encode()
    }

    /// The closing message of the gateway with its reason.
    pub fn channel_closed(output: &str) -> Bytes {
        let payload = serde_json::json!({
            "MessageType": "channel_closed",
            "SchemaVersion": 1,
            "SessionId": "ecs-execute-command-0a",
            "Output": output,
        });
        AgentMessage::control(MessageType::ChannelClosed, payload.to_string().into()).encode()
    }

    /// Returns whether the write succeeded.
    pub async fn send(&mut self, frame: Bytes) -> bool {
        self.socket.send(Message::Binary(frame)).await.is_ok()
    }

    /// Queues the frame until the next [`GatewayConnection::flush`].
    pub async fn feed(&mut self, frame: Bytes) -> bool {
        self.socket.feed(Message::Binary(frame)).await.is_ok()
    }

    /// Sends what waits. `false`: the connection is closed.
    pub async fn flush(&mut self) -> bool {
        self.socket.flush().await.is_ok()
    }

    /// Sends a text, which the protocol does not use. `false`: the connection is closed.
    pub async fn send_text(&mut self, text: &str) -> bool {
        self.socket.send(Message::text(text)).await.is_ok()
    }

    /// The next frame of the client. Cancel-safe.
    pub async fn receive(&mut self) -> Frame {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Binary(frame))) => return read(&frame),
                Some(Ok(Message::Ping(_))) => return Frame::Ping,
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Frame::Closed,
                Some(Ok(Message::Text(text))) => panic!("text after the opening: {text}"),
                Some(Ok(Message::Pong(_) | Message::Frame(_))) => {}
            }
        }
    }

    /// Waits until the client has read everything. Drops frames that arrive meanwhile.
    pub async fn wait_until_read(&mut self) {
        let mark = Bytes::from_static(b"read");
        let ping = self.socket.send(Message::Ping(mark.clone())).await;
        ping.expect("a ping");
        let mut pong = Message::Ping(Bytes::new());
        while pong != Message::Pong(mark.clone()) {
            pong = self.socket.next().await.expect("a frame").expect("a frame");
        }
    }

    /// Cuts the connection without closing it.
    pub async fn cut(&mut self) {
        use tokio::io::AsyncWriteExt;
        let _ = self.socket.get_mut().shutdown().await;
    }

    /// Closes the connection with this code.
    pub async fn close(&mut self, code: u16) {
        let farewell = CloseFrame {
            code: code.into(),
            reason: "Bye".into(),
        };
        let _ = self.socket.close(Some(farewell)).await;
        while self.receive().await != Frame::Closed {}
    }
}

fn read(frame: &Bytes) -> Frame {
    let message = AgentMessage::decode(frame.clone()).expect("a message");
    match message.message_type {
        MessageType::InputStreamData => Frame::Input {
            sequence: message.sequence,
            kind: message.payload_type,
            payload: message.payload,
            id: message.id,
        },
        MessageType::Acknowledge => {
            let payload: serde_json::Value =
                serde_json::from_slice(&message.payload).expect("an acknowledgement");
            assert_eq!(payload["AcknowledgedMessageType"], "output_stream_data");
            assert_eq!(payload["IsSequentialMessage"], true);
            let sequence = &payload["AcknowledgedMessageSequenceNumber"];
            Frame::Acknowledged(sequence.as_i64().expect("a number"))
        }
        other => panic!("a client does not send {other:?}"),
    }
}
