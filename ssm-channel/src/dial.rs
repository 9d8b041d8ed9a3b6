//! Opens a WebSocket to the gateway: a stream, TLS, the signed upgrade, and the frame that opens the channel.

use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use futures::SinkExt;
use futures::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use uuid::Uuid;

use crate::aws_api::AwsApi;
use crate::endpoint::Endpoint;
use crate::error::SessionError;
use crate::payload::{CLIENT_VERSION, OpenDataChannel};
use crate::secret::Secret;
use crate::session::{Options, Session};
use crate::{sign, tls};

/// The largest message that is read, in bytes. The agent sends about a thousand at a time.
const MAX_MESSAGE_BYTES: usize = 4 << 20;

/// A connection that a WebSocket can run on.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Opens a stream to a host (a name or an address) and a port, below TLS.
pub type Connect =
    Arc<dyn Fn(String, u16) -> BoxFuture<'static, io::Result<Box<dyn Stream>>> + Send + Sync>;

/// Connects directly.
pub fn tcp() -> Connect {
    Arc::new(|host, port| {
        Box::pin(async move {
            let stream = TcpStream::connect((host, port)).await?;
            // A keystroke must not wait for the acknowledgement of the previous one.
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as Box<dyn Stream>)
        })
    })
}

pub type Socket = WebSocketStream<Box<dyn Stream>>;

/// Opens the connections of one session.
pub struct Dialer<'a, A> {
    pub session: &'a Session,
    pub options: &'a Options,
    pub aws: &'a A,
    /// The same for all connections of the session.
    pub client_id: Uuid,
}

impl<A: AwsApi> Dialer<'_, A> {
    /// Connects and opens the channel. The gateway sends no answer to that; it closes the connection if it refuses.
    pub async fn dial(&self, url: &str, token: &Secret) -> Result<Socket, SessionError> {
        let endpoint = Endpoint::parse(url)?;
        let could_not_connect = |reason: String| SessionError::CouldNotConnect {
            host: endpoint.host.clone(),
            reason,
        };
        let mut request = endpoint
            .uri
            .clone()
            .into_client_request()
            .map_err(|error| could_not_connect(error.to_string()))?;
        let is_presigned = sign::is_presigned(&endpoint.uri);
        let credentials = match is_presigned {
            true => None,
            false => self.aws.credentials().await,
        };
        if let Some(credentials) = &credentials {
            let region = &self.session.region;
            sign::sign(&mut request, credentials, region, SystemTime::now()).map_err(|why| {
                could_not_connect(format!("the request could not be signed: {why}"))
            })?;
        }
        let mut stream = (self.options.connect)(endpoint.host.clone(), endpoint.port)
            .await
            .map_err(|error| could_not_connect(error.to_string()))?;
        if endpoint.tls {
            let certificates = self.options.certificates.as_deref();
            stream = tls::connect(&endpoint.host, stream, certificates)
                .await
                .map_err(|error| could_not_connect(error.to_string()))?;
        }
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_MESSAGE_BYTES));
        let upgrade = tokio_tungstenite::client_async_with_config(request, stream, Some(config));
        let (mut socket, _) = upgrade.await.map_err(|error| match error {
            tungstenite::Error::Http(response) => SessionError::Refused {
                host: endpoint.host.clone(),
                status: response.status().as_u16(),
                body: String::from_utf8_lossy(response.body().as_deref().unwrap_or_default())
                    .into(),
                signed: is_presigned || credentials.is_some(),
            },
            // The library reports a cut connection as a protocol error too.
            tungstenite::Error::Protocol(
                ProtocolError::HandshakeIncomplete | ProtocolError::ResetWithoutClosingHandshake,
            ) => could_not_connect(error.to_string()),
            tungstenite::Error::Protocol(_)
            | tungstenite::Error::Capacity(_)
            | tungstenite::Error::Utf8(_) => SessionError::Protocol(error.to_string()),
            other => could_not_connect(other.to_string()),
        })?;
        let opening = OpenDataChannel {
            message_schema_version: "1.0".to_owned(),
            request_id: Uuid::new_v4().to_string(),
            token_value: token.expose().to_owned(),
            client_id: self.client_id.to_string(),
            client_version: CLIENT_VERSION.to_owned(),
        };
        let opening = serde_json::to_string(&opening).unwrap_or_default();
        socket
            .send(Message::text(opening))
            .await
            .map_err(|error| could_not_connect(error.to_string()))?;
        Ok(socket)
    }
}
