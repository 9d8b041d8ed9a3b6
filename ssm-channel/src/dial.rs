//! Connecting: a stream, TLS for AWS's hosts, the signed upgrade, and the frame that opens the channel.

use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use futures::SinkExt;
use futures::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use uuid::Uuid;

use crate::endpoint::Endpoint;
use crate::error::SessionError;
use crate::payload::{CLIENT_VERSION, OpenDataChannel};
use crate::secret::Secret;
use crate::services::Services;
use crate::session::{Options, Session};
use crate::sign;
use crate::tls;

/// The largest message that is read, in bytes. The agent sends about a thousand at a time.
const MESSAGE_BYTES: usize = 4 << 20;

/// A connection that a WebSocket can run on.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Opens a stream to a host, a name or an address, and a port. It is the place for a proxy: the TLS that
/// comes above it checks the host's certificate all the same.
pub type Connect =
    Arc<dyn Fn(String, u16) -> BoxFuture<'static, io::Result<Box<dyn Stream>>> + Send + Sync>;

/// Connects directly.
pub fn tcp() -> Connect {
    Arc::new(|host, port| {
        Box::pin(async move {
            let stream = TcpStream::connect((host, port)).await?;
            // A keystroke must not wait for the acknowledgement of the one before.
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as Box<dyn Stream>)
        })
    })
}

/// Whether the connection ended in the middle, which the library reports as an error of the protocol.
fn is_cut(error: &tungstenite::Error) -> bool {
    use tungstenite::error::ProtocolError;
    matches!(
        error,
        tungstenite::Error::Protocol(
            ProtocolError::HandshakeIncomplete | ProtocolError::ResetWithoutClosingHandshake
        )
    )
}

pub type Socket = WebSocketStream<Box<dyn Stream>>;

/// What all connections of one session have in common.
pub struct Dialer {
    client_id: Uuid,
    region: String,
    connect: Connect,
    certificates: Option<Vec<u8>>,
    /// Made once it is needed, and kept: reading the system's certificates takes a while.
    tls: Option<Arc<ClientConfig>>,
}

impl Dialer {
    pub fn new(session: &Session, options: &Options) -> Dialer {
        Dialer {
            client_id: Uuid::new_v4(),
            region: session.region.clone(),
            connect: options.connect.clone(),
            certificates: options.certificates.clone(),
            tls: None,
        }
    }

    /// Connects and opens the channel. The gateway does not answer to that; it closes if it is not content.
    pub async fn dial(
        &mut self,
        url: &str,
        token: &Secret,
        services: &impl Services,
    ) -> Result<Socket, SessionError> {
        let endpoint = Endpoint::parse(url)?;
        let failed = |why: String| SessionError::CouldNotConnect {
            host: endpoint.host.clone(),
            why,
        };
        let mut request = endpoint
            .uri
            .clone()
            .into_client_request()
            .map_err(|error| failed(error.to_string()))?;
        let mut signed = true;
        if !sign::is_signed(&endpoint.uri) {
            match services.credentials().await {
                Some(credentials) => {
                    sign::sign(&mut request, &credentials, &self.region, SystemTime::now())
                        .map_err(|why| failed(format!("the request was not signed: {why}")))?;
                }
                None => signed = false,
            }
        }
        let mut stream = (self.connect)(endpoint.host.clone(), endpoint.port)
            .await
            .map_err(|error| failed(error.to_string()))?;
        if endpoint.tls {
            stream = self
                .secure(&endpoint.host, stream)
                .await
                .map_err(|error| failed(error.to_string()))?;
        }
        let config = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_BYTES))
            .max_frame_size(Some(MESSAGE_BYTES));
        let upgrade = tokio_tungstenite::client_async_with_config(request, stream, Some(config));
        let (mut socket, _) = upgrade.await.map_err(|error| match error {
            tungstenite::Error::Http(response) => SessionError::Refused {
                host: endpoint.host.clone(),
                status: response.status().as_u16(),
                body: String::from_utf8_lossy(response.body().as_deref().unwrap_or_default())
                    .into(),
                signed,
            },
            tungstenite::Error::Protocol(_)
            | tungstenite::Error::Capacity(_)
            | tungstenite::Error::Utf8(_)
                if !is_cut(&error) =>
            {
                SessionError::Protocol(error.to_string())
            }
            other => failed(other.to_string()),
        })?;
        socket
            .send(Message::text(self.opening(token)))
            .await
            .map_err(|error| failed(error.to_string()))?;
        Ok(socket)
    }

    async fn secure(&mut self, host: &str, stream: Box<dyn Stream>) -> io::Result<Box<dyn Stream>> {
        let config = match &self.tls {
            Some(config) => config.clone(),
            None => {
                let made = tls::config(self.certificates.as_deref())?;
                self.tls.insert(Arc::new(made)).clone()
            }
        };
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let stream = TlsConnector::from(config).connect(name, stream).await?;
        Ok(Box::new(stream))
    }

    fn opening(&self, token: &Secret) -> String {
        let opening = OpenDataChannel {
            message_schema_version: "1.0".to_owned(),
            request_id: Uuid::new_v4().to_string(),
            token_value: token.expose().to_owned(),
            client_id: self.client_id.to_string(),
            client_version: CLIENT_VERSION.to_owned(),
        };
        serde_json::to_string(&opening).unwrap_or_default()
    }
}
