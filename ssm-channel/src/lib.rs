//! The client's side of a Session Manager data channel: what the official `session-manager-plugin` does for
//! a shell in an ECS container.
//!
//! [`run`] joins a session that `ecs:ExecuteCommand` has opened and moves bytes between it and two channels of
//! the caller's. It takes a broken connection up again, encrypts where the cluster has a key, and knows
//! nothing of terminals or of an AWS SDK: what it needs of AWS it asks of [`Services`].

#![forbid(unsafe_code)]

mod backlog;
mod cancel;
mod channel;
mod crypto;
mod data_key;
mod dial;
mod endpoint;
mod error;
mod handshake;
mod incoming;
mod input_buffer;
mod kms_key;
mod link;
mod message;
mod outgoing;
mod pause;
mod payload;
mod pump;
mod resume;
mod round_trip;
mod secret;
mod services;
mod session;
mod sign;
mod silence;
mod start;
#[cfg(feature = "testing")]
pub mod testing;
mod tls;

pub use aws_credential_types::Credentials;
pub use cancel::Cancel;
pub use dial::{Connect, Stream, tcp};
pub use error::SessionError;
pub use pump::run;
pub use secret::Secret;
pub use services::{DataKey, DataKeyError, ResumeError, Resumed, Services};
pub use session::{Ended, Input, Notice, Options, Output, Session};
pub use tls::check_certificates;
pub use zeroize::Zeroizing;
