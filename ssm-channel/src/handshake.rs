//! The handshake of an encrypted session or a port session: request, response, challenge, its response, completion.
//!
//! Each is a message of the stream, so the network cannot repeat or reorder them.

mod actions;
#[cfg(test)]
mod tests;

use std::mem;

use bytes::Bytes;
use data_encoding::BASE64;

use crate::cipher::Cipher;
use crate::data_key::{GrantedKey, KeyRequest};
use crate::error::SessionError;
use crate::kms_key::are_different;
use crate::payload::{
    ActionStatus, CLIENT_VERSION, Challenge, HandshakeComplete, HandshakeRequest,
    HandshakeResponse, KmsResult, ProcessedAction, json,
};
use crate::session::{PortMode, Session, SessionType};

use actions::{Actions, kms_failure, kms_success};

/// The last version of the agent that carries one connection at a time.
const LAST_SINGLE: [u32; 4] = [3, 0, 196, 0];
/// The last version that needs keep-alives in a multiplexed session.
const LAST_WITH_KEEP_ALIVE: [u32; 4] = [3, 1, 1511, 0];

/// The length of the random text in a challenge.
const CHALLENGE_BYTES: usize = 64;

pub struct Handshake {
    session_id: String,
    target: String,
    /// The cluster's KMS key. If there is one, a session without encryption or with another key fails.
    cluster_key: Option<String>,
    session_type: SessionType,
    agent_version: String,
    /// The session's keys, once the agent's request is answered.
    cipher: Option<Cipher>,
    step: Step,
}

enum Step {
    /// The agent of an unencrypted session never starts it.
    NotStarted,
    /// `actions[kms]` waits for the data key of the KMS key `requested`.
    NeedsKey {
        actions: Vec<ProcessedAction>,
        kms: usize,
        requested: String,
    },
    Answered,
    /// The agent's challenge was answered.
    Proven,
    Complete,
}

/// The answer to the agent's request.
pub struct Answer {
    /// The payload of the response. It is sent even if it reports a failure, so that the agent ends too.
    pub response: Bytes,
    /// Why the session cannot continue.
    pub error: Option<SessionError>,
}

/// What the agent's request causes.
pub enum Reaction {
    Answer(Answer),
    /// Fetch a key and call [`Handshake::key`].
    FetchKey(KeyRequest),
    /// The request was answered before.
    Ignore,
}

impl Handshake {
    pub fn new(session: &Session, session_type: SessionType) -> Handshake {
        Handshake {
            session_id: session.id.clone(),
            target: session.target.clone(),
            cluster_key: session.kms_key.clone(),
            session_type,
            agent_version: String::new(),
            cipher: None,
            step: Step::NotStarted,
        }
    }

    /// Whether the agent has requested a handshake.
    pub fn has_begun(&self) -> bool {
        !matches!(self.step, Step::NotStarted)
    }

    /// How a port session carries connections, by the version that the agent sent with its request.
    pub fn port_mode(&self) -> Option<PortMode> {
        let is_later_than = |version| is_later(&self.agent_version, version);
        (self.session_type == SessionType::Port).then(|| match is_later_than(LAST_SINGLE) {
            true => PortMode::Multiplexed {
                keep_alive: !is_later_than(LAST_WITH_KEEP_ALIVE),
            },
            false => PortMode::Single,
        })
    }

    /// Decrypts output of the agent.
    pub fn open(&self, payload: Bytes) -> Result<Bytes, SessionError> {
        match &self.cipher {
            Some(cipher) => cipher.open(&payload).ok_or_else(|| {
                SessionError::Protocol("the agent's output cannot be decrypted".to_owned())
            }),
            None if self.cluster_key.is_some() => Err(SessionError::NotEncrypted),
            None if self.session_type == SessionType::Port && !self.has_begun() => {
                Err(failed("the agent sent data before it"))
            }
            None => Ok(payload),
        }
    }

    /// Encrypts input for the agent.
    pub fn seal(&self, payload: Bytes) -> Result<Bytes, SessionError> {
        match &self.cipher {
            Some(cipher) => cipher.seal(&payload).ok_or_else(|| {
                SessionError::Protocol("the input could not be encrypted".to_owned())
            }),
            None => Ok(payload),
        }
    }

    /// Takes the agent's request.
    pub fn request(&mut self, payload: &[u8]) -> Result<Reaction, SessionError> {
        if self.has_begun() {
            return Ok(Reaction::Ignore);
        }
        let request: HandshakeRequest = serde_json::from_slice(payload)
            .map_err(|_| failed("the agent's request is unreadable"))?;
        self.agent_version = request.agent_version;
        let Actions { processed, kms } =
            actions::process(request.requested_client_actions, self.session_type);
        let Some(kms) = kms else {
            return match self.cluster_key {
                Some(_) => Err(SessionError::NotEncrypted),
                None => Ok(Reaction::Answer(self.answer(processed, None))),
            };
        };
        let requested = kms.parameters.key_id;
        // The cluster's own name for the key is used, so KMS gets no name that the agent made up.
        let key_id = match &self.cluster_key {
            Some(expected) if are_different(expected, &requested) => {
                let expected = expected.clone();
                return Err(SessionError::WrongKey {
                    requested,
                    expected,
                });
            }
            Some(expected) => expected.clone(),
            None => requested.clone(),
        };
        self.step = Step::NeedsKey {
            actions: processed,
            kms: kms.index,
            requested,
        };
        Ok(Reaction::FetchKey(KeyRequest {
            key_id,
            session_id: self.session_id.clone(),
            target: self.target.clone(),
            challenge: kms.parameters.challenge.filter(|text| !text.is_empty()),
        }))
    }

    /// Takes the key that was fetched, or why there is none. `None`: no key was requested.
    pub fn key(&mut self, fetched: Result<GrantedKey, String>) -> Option<Answer> {
        let step = mem::replace(&mut self.step, Step::Answered);
        let Step::NeedsKey {
            mut actions,
            kms,
            requested,
        } = step
        else {
            self.step = step;
            return None;
        };
        let (action, error) = match checked(fetched, requested) {
            Ok((cipher, result)) => {
                self.cipher = Some(cipher);
                (kms_success(result), None)
            }
            Err(SessionError::Kms(why)) => (kms_failure(&why), Some(SessionError::Kms(why))),
            Err(error) => (kms_failure("it is not the cluster's key"), Some(error)),
        };
        if let Some(place) = actions.get_mut(kms) {
            *place = action;
        }
        Some(self.answer(actions, error))
    }

    fn answer(&mut self, actions: Vec<ProcessedAction>, error: Option<SessionError>) -> Answer {
        self.step = Step::Answered;
        let declined = actions
            .iter()
            .find(|action| action.action_status != ActionStatus::Success as u32)
            .map(|action| SessionError::Handshake(action.error.clone()));
        Answer {
            error: error.or(declined),
            response: json(&HandshakeResponse {
                client_version: CLIENT_VERSION.to_owned(),
                processed_client_actions: actions,
                errors: Vec::new(),
            }),
        }
    }

    /// Proves that both sides have the same keys: opens the challenge with one and seals it with the other.
    ///
    /// An agent that gets anything sealed could use it as input. So only one challenge is answered, and only one of the
    /// right length.
    pub fn challenge(&mut self, payload: &[u8]) -> Result<Bytes, SessionError> {
        let cipher = match (&self.step, &self.cipher) {
            (Step::Answered, Some(cipher)) => cipher,
            (Step::Proven | Step::Complete, _) => {
                return Err(failed("the agent sent a second challenge"));
            }
            _ => return Err(failed("the agent sent a challenge before there was a key")),
        };
        let challenge: Challenge = serde_json::from_slice(payload)
            .map_err(|_| failed("the agent's challenge is unreadable"))?;
        let solved = BASE64
            .decode(challenge.challenge.as_bytes())
            .ok()
            .and_then(|sealed| cipher.open(&sealed))
            .filter(|text| text.len() == CHALLENGE_BYTES)
            .and_then(|text| cipher.seal(&text))
            .ok_or_else(|| failed("the agent's challenge was not made with the session's key"))?;
        self.step = Step::Proven;
        Ok(json(&Challenge {
            challenge: BASE64.encode(&solved),
        }))
    }

    /// Takes the agent's completion. Returns the message that the administrator configured, if there is one.
    pub fn complete(&mut self, payload: &[u8]) -> Result<Option<String>, SessionError> {
        match self.step {
            Step::Answered if self.cipher.is_some() => {
                return Err(failed(
                    "the agent sent no challenge, so it may not have the session's key",
                ));
            }
            Step::Answered | Step::Proven => {}
            Step::Complete => return Ok(None),
            Step::NotStarted | Step::NeedsKey { .. } => {
                return Err(failed("the agent completed it before it was answered"));
            }
        }
        self.step = Step::Complete;
        // The session does not depend on this message, so an unreadable one is no error.
        let complete: Option<HandshakeComplete> = serde_json::from_slice(payload).ok();
        let message = complete.map(|complete| complete.customer_message);
        Ok(message.filter(|message| !message.trim().is_empty()))
    }
}

/// An unreadable version is not later, as for the official plugin.
fn is_later(version: &str, than: [u32; 4]) -> bool {
    let numbers: Result<Vec<u32>, _> = version.split('.').map(str::parse).collect();
    numbers.is_ok_and(|numbers| numbers.len() == than.len() && numbers[..] > than[..])
}

fn failed(why: &str) -> SessionError {
    SessionError::Handshake(why.to_owned())
}

/// The keys, and the result to report to the agent.
fn checked(
    fetched: Result<GrantedKey, String>,
    requested: String,
) -> Result<(Cipher, KmsResult), SessionError> {
    let GrantedKey {
        key,
        with_challenge,
    } = fetched.map_err(SessionError::Kms)?;
    if let Some(arn) = key.key_arn.filter(|arn| are_different(arn, &requested)) {
        return Err(SessionError::WrongKey {
            requested,
            expected: arn,
        });
    }
    let cipher = Cipher::client(&key.plaintext)
        .ok_or_else(|| SessionError::Kms("the key does not have 64 bytes".to_owned()))?;
    let result = KmsResult {
        encrypted_key: BASE64.encode(&key.ciphertext),
        hash: (),
        challenge_acknowledged: with_challenge,
    };
    Ok((cipher, result))
}
