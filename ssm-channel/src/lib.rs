//! The client side of a Session Manager data channel: what the official `session-manager-plugin` does for
//! a shell in an ECS container, and for a forwarded port.
//!
//! [`run`] joins a session that `ecs:ExecuteCommand` has opened and moves bytes between the session and two channels
//! of the caller. [`forward`] joins a session that `ssm:StartSession` has opened for a port, and carries the connections
//! of a local listener. Both resume a broken connection, and encrypt the session if the agent asks for it. They know
//! nothing of terminals or of an AWS SDK: they ask [`AwsApi`] for what they need from AWS.
//!
//! # Map
//!
//! ```text
//! caller ── Input ──▶ pump ── frames ──▶ connection ──▶ gateway ──▶ agent in the container
//!        ◀─ Output ──  │  ◀── frames ──      ▲
//!                      ▼                     │
//!                   channel           dial, reconnect
//! ```
//!
//! | module | what it does |
//! | --- | --- |
//! | `session` | the types that the caller passes in and receives: [`Session`], [`Options`], [`Input`], [`Output`] |
//! | `pump` | the loop that moves everything; the only module that waits for all the others |
//! | `dial`, `reconnect` | open a WebSocket: `endpoint` checks the URL, `sign` signs the request, `tls` secures the stream |
//! | `connection` | one WebSocket: frames, pings |
//! | `channel` | the protocol, without a network: what each message causes, and when to give up |
//! | `message`, `payload` | the binary frame, and the JSON in it |
//! | `receive_window`, `send_window`, `round_trip` | order, acknowledgements, retransmission |
//! | `startup`, `agent_pause`, `no_answer` | when input can be sent, and what the user learns while it cannot |
//! | `handshake`, `data_key`, `kms_key`, `cipher` | encryption with the cluster's KMS key |
//! | `input_buffer`, `output_queue` | bytes on their way |
//! | `forward`, `mux` | connections of a local listener: `mux` carries many at once, `forward::single` one at a time |
//! | `testing` | a gateway and an agent for tests |

#![forbid(unsafe_code)]

mod agent_pause;
mod aws_api;
mod channel;
mod cipher;
mod connection;
mod data_key;
mod dial;
mod endpoint;
mod error;
mod forward;
mod handshake;
mod input_buffer;
mod kms_key;
mod message;
mod mux;
mod no_answer;
mod output_queue;
mod payload;
mod pump;
mod receive_window;
mod reconnect;
mod round_trip;
mod secret;
mod send_window;
mod session;
mod sign;
mod startup;
#[cfg(feature = "testing")]
pub mod testing;
mod tls;

pub use aws_api::{AwsApi, DataKey, DataKeyError, ResumeError, Resumed};
pub use aws_credential_types::Credentials;
pub use dial::{Connect, Stream, tcp};
pub use error::SessionError;
pub use forward::{ForwardEvent, accept, forward};
pub use pump::run;
pub use secret::Secret;
pub use session::{Input, Notice, Options, Output, PortEvent, PortMode, Session, SessionType};
pub use tls::check_certificates;
pub use tokio_util::sync::CancellationToken;
pub use zeroize::Zeroizing;
