//! The handshake: what the agent asks before an encrypted session, and the answers.
//!
//! Request, response, challenge, its response, completion. Each is a message of the stream, so none can
//! come twice or out of order by an accident of the network.

use bytes::Bytes;
use data_encoding::BASE64;
use serde_json::Value;

use crate::crypto::Cipher;
use crate::data_key::{Grant, KeyRequest};
use crate::error::Fault;
use crate::payload::{
    ActionStatus, CLIENT_VERSION, Challenge, HandshakeComplete, HandshakeRequest,
    HandshakeResponse, KmsParameters, KmsResult, ProcessedAction, RequestedAction,
    SessionTypeParameters, json,
};

/// The session types that are a terminal or act like one.
const SHELLS: [&str; 3] = [
    "Standard_Stream",
    "InteractiveCommands",
    "NonInteractiveCommands",
];
const SESSION_TYPE: &str = "SessionType";
const KMS: &str = "KMSEncryption";

/// How far the handshake is.
pub struct Handshake {
    session_id: String,
    target: String,
    /// Whether a session without encryption must be refused.
    must_encrypt: bool,
    step: Step,
}

enum Step {
    /// None may ever come.
    Waiting,
    /// A key is awaited; these are the other answers, and where KMS's belongs among them.
    NeedsKey {
        actions: Vec<ProcessedAction>,
        kms: usize,
    },
    Answered,
    Complete,
}

/// The answer to the agent's request.
pub struct Answer {
    /// The payload of the response. It is sent even where it tells of a failure, so that the agent ends too.
    pub response: Bytes,
    /// The session's keys from here on.
    pub cipher: Option<Cipher>,
    /// Why the session cannot be.
    pub fault: Option<Fault>,
}

/// What to do about the agent's request.
pub enum Reaction {
    Answer(Answer),
    /// Get a key and call [`Handshake::key`].
    GetKey(KeyRequest),
    /// It was answered before.
    Ignore,
}

impl Handshake {
    pub fn new(session_id: &str, target: &str, must_encrypt: bool) -> Handshake {
        Handshake {
            session_id: session_id.to_owned(),
            target: target.to_owned(),
            must_encrypt,
            step: Step::Waiting,
        }
    }

    /// Whether the agent has asked for a handshake.
    pub fn has_begun(&self) -> bool {
        !matches!(self.step, Step::Waiting)
    }

    pub fn request(&mut self, payload: &[u8]) -> Result<Reaction, Fault> {
        if self.has_begun() {
            return Ok(Reaction::Ignore);
        }
        let request: HandshakeRequest = serde_json::from_slice(payload)
            .map_err(|_| Fault::Handshake("the agent's request cannot be read".to_owned()))?;
        let mut actions = Vec::new();
        let mut key_request = None;
        for action in request.requested_client_actions {
            let processed = match action.action_type.as_str() {
                SESSION_TYPE => session_type(&action),
                KMS if key_request.is_none() => match self.key_request(&action) {
                    Some(wanted) => {
                        key_request = Some((wanted, actions.len()));
                        processed(&action.action_type, ActionStatus::Success, "")
                    }
                    None => processed(KMS, ActionStatus::Failed, "no key is named"),
                },
                other => processed(
                    other,
                    ActionStatus::Unsupported,
                    &format!("Unsupported action {other}"),
                ),
            };
            actions.push(processed);
        }
        match key_request {
            Some((wanted, kms)) => {
                self.step = Step::NeedsKey { actions, kms };
                Ok(Reaction::GetKey(wanted))
            }
            None if self.must_encrypt => Err(Fault::NotEncrypted),
            None => Ok(Reaction::Answer(self.answer(actions, None, None))),
        }
    }

    /// The key that was asked for, or why there is none.
    pub fn key(&mut self, outcome: Result<Grant, String>) -> Option<Answer> {
        let step = std::mem::replace(&mut self.step, Step::Answered);
        let Step::NeedsKey { mut actions, kms } = step else {
            self.step = step;
            return None;
        };
        let failed = |why: &str| {
            let error = format!("Failed to process action {KMS}: {why}");
            (processed(KMS, ActionStatus::Failed, &error), None)
        };
        let (action, cipher) = match &outcome {
            Ok(grant) => match Cipher::client(&grant.key.plaintext) {
                Some(cipher) => (success(grant), Some(cipher)),
                None => failed("the key does not have 64 bytes"),
            },
            Err(why) => failed(why),
        };
        let fault = cipher.is_none().then(|| {
            let why = outcome.err();
            Fault::Kms(why.unwrap_or_else(|| "KMS's key does not have 64 bytes".to_owned()))
        });
        if let Some(place) = actions.get_mut(kms) {
            *place = action;
        }
        Some(self.answer(actions, cipher, fault))
    }

    /// The proof that both sides have the same keys: opened with the one, sealed with the other.
    pub fn challenge(&self, payload: &[u8], cipher: Option<&Cipher>) -> Result<Bytes, Fault> {
        let failed = |why: &str| Fault::Handshake(why.to_owned());
        let (Step::Answered, Some(cipher)) = (&self.step, cipher) else {
            return Err(failed("the agent sent a challenge before there was a key"));
        };
        let challenge: Challenge = serde_json::from_slice(payload)
            .map_err(|_| failed("the agent's challenge cannot be read"))?;
        let solved = BASE64
            .decode(challenge.challenge.as_bytes())
            .ok()
            .and_then(|sealed| cipher.open(&sealed))
            .and_then(|text| cipher.seal(&text))
            .ok_or_else(|| failed("the agent's challenge was not made with the session's key"))?;
        Ok(json(&Challenge {
            challenge: BASE64.encode(&solved),
        }))
    }

    /// The agent is content. Returns what its administrator wants to be read, often nothing.
    pub fn complete(&mut self, payload: &[u8]) -> Result<Option<String>, Fault> {
        match self.step {
            Step::Answered => {}
            Step::Complete => return Ok(None),
            Step::Waiting | Step::NeedsKey { .. } => {
                let why = "the agent declared it complete before it was answered";
                return Err(Fault::Handshake(why.to_owned()));
            }
        }
        self.step = Step::Complete;
        // The message is a courtesy; the session does not hang on it.
        let complete: Option<HandshakeComplete> = serde_json::from_slice(payload).ok();
        let message = complete.map(|complete| complete.customer_message);
        Ok(message.filter(|message| !message.trim().is_empty()))
    }

    fn key_request(&self, action: &RequestedAction) -> Option<KeyRequest> {
        let parameters: KmsParameters = parameters(&action.action_parameters)?;
        Some(KeyRequest {
            key_id: parameters.key_id,
            session_id: self.session_id.clone(),
            target: self.target.clone(),
            challenge: parameters.challenge.filter(|text| !text.is_empty()),
        })
    }

    fn answer(
        &mut self,
        actions: Vec<ProcessedAction>,
        cipher: Option<Cipher>,
        fault: Option<Fault>,
    ) -> Answer {
        self.step = Step::Answered;
        let refused = actions
            .iter()
            .find(|action| action.action_status != ActionStatus::Success as u32)
            .map(|action| Fault::Handshake(action.error.clone()));
        Answer {
            response: json(&HandshakeResponse {
                client_version: CLIENT_VERSION.to_owned(),
                processed_client_actions: actions,
                errors: Vec::new(),
            }),
            cipher,
            fault: fault.or(refused),
        }
    }
}

fn session_type(action: &RequestedAction) -> ProcessedAction {
    let wanted: Option<SessionTypeParameters> = parameters(&action.action_parameters);
    let wanted = wanted.map_or_else(String::new, |wanted| wanted.session_type);
    if SHELLS.contains(&wanted.as_str()) {
        processed(SESSION_TYPE, ActionStatus::Success, "")
    } else {
        let error = format!("Unknown session type {wanted}");
        processed(SESSION_TYPE, ActionStatus::Failed, &error)
    }
}

fn processed(action: &str, status: ActionStatus, error: &str) -> ProcessedAction {
    ProcessedAction {
        action_type: action.to_owned(),
        action_status: status as u32,
        action_result: None,
        error: error.to_owned(),
    }
}

fn success(grant: &Grant) -> ProcessedAction {
    ProcessedAction {
        action_result: Some(KmsResult {
            encrypted_key: BASE64.encode(&grant.key.ciphertext),
            hash: None,
            challenge_acknowledged: grant.with_challenge,
        }),
        ..processed(KMS, ActionStatus::Success, "")
    }
}

fn parameters<T: serde::de::DeserializeOwned>(value: &Value) -> Option<T> {
    serde_json::from_value(value.clone()).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json as value;
    use zeroize::Zeroizing;

    use super::*;
    use crate::services::DataKey;

    fn handshake(must_encrypt: bool) -> Handshake {
        Handshake::new("ecs-execute-command-0a", "ecs:c_t_r", must_encrypt)
    }

    fn request(actions: Value) -> Vec<u8> {
        let request = value!({"AgentVersion": "3.3.987.0", "RequestedClientActions": actions});
        serde_json::to_vec(&request).unwrap()
    }

    fn shell_and_kms() -> Vec<u8> {
        request(value!([
            {"ActionType": "SessionType",
             "ActionParameters": {"SessionType": "InteractiveCommands", "Properties": null}},
            {"ActionType": "KMSEncryption",
             "ActionParameters": {"KMSKeyId": "key", "Challenge": "cmFuZG9t"}},
        ]))
    }

    fn grant(bytes: usize) -> Grant {
        Grant {
            key: DataKey {
                plaintext: Zeroizing::new(vec![7; bytes]),
                ciphertext: b"blob".to_vec(),
            },
            with_challenge: true,
        }
    }

    fn response(answer: &Answer) -> Value {
        serde_json::from_slice(&answer.response).unwrap()
    }

    fn answered(reaction: Reaction) -> Answer {
        match reaction {
            Reaction::Answer(answer) => answer,
            Reaction::GetKey(_) | Reaction::Ignore => panic!("no answer"),
        }
    }

    #[test]
    fn an_encrypted_shell() {
        let mut handshake = handshake(true);
        let Ok(Reaction::GetKey(wanted)) = handshake.request(&shell_and_kms()) else {
            panic!("no key is asked for");
        };
        assert_eq!(wanted.key_id, "key");
        assert_eq!(wanted.challenge.as_deref(), Some("cmFuZG9t"));
        let repeated = handshake.request(&shell_and_kms());
        assert!(matches!(repeated, Ok(Reaction::Ignore)));
        let answer = handshake.key(Ok(grant(64))).unwrap();
        assert_eq!(answer.fault, None);
        assert!(answer.cipher.is_some());
        assert_eq!(
            response(&answer),
            value!({
                "ClientVersion": "1.2.764.0",
                "ProcessedClientActions": [
                    {"ActionType": "SessionType", "ActionStatus": 1, "ActionResult": null, "Error": ""},
                    {"ActionType": "KMSEncryption", "ActionStatus": 1, "Error": "", "ActionResult": {
                        "KMSCipherTextKey": "YmxvYg==",
                        "KMSCipherTextHash": null,
                        "ChallengeAcknowledgement": true,
                    }},
                ],
                "Errors": [],
            })
        );
        assert!(handshake.key(Ok(grant(64))).is_none(), "answered once");
        let message =
            handshake.complete(br#"{"HandshakeTimeToComplete":1,"CustomerMessage":"hi"}"#);
        assert_eq!(message, Ok(Some("hi".to_owned())));
    }

    #[test]
    fn a_failure_of_kms_is_told_to_both_sides() {
        for outcome in [Err("denied".to_owned()), Ok(grant(32))] {
            let mut handshake = handshake(true);
            handshake.request(&shell_and_kms()).unwrap();
            let answer = handshake.key(outcome).unwrap();
            assert!(matches!(answer.fault, Some(Fault::Kms(_))));
            assert!(answer.cipher.is_none());
            let actions = &response(&answer)["ProcessedClientActions"];
            assert_eq!(actions[0]["ActionStatus"], 1);
            assert_eq!(actions[1]["ActionStatus"], 2);
            let error = actions[1]["Error"].as_str().unwrap();
            assert!(error.starts_with("Failed to process action KMSEncryption: "));
        }
    }

    #[test]
    fn what_is_not_known_is_answered_so() {
        let unknown = request(value!([
            {"ActionType": "SessionType", "ActionParameters": {"SessionType": "Port"}},
            {"ActionType": "Dance", "ActionParameters": 3},
            {"ActionType": "SessionType"},
        ]));
        let answer = answered(handshake(false).request(&unknown).unwrap());
        let actions = &response(&answer)["ProcessedClientActions"];
        assert_eq!(actions[0]["ActionStatus"], 2);
        assert_eq!(actions[0]["Error"], "Unknown session type Port");
        assert_eq!(actions[1]["ActionStatus"], 3);
        assert_eq!(actions[1]["ActionResult"], Value::Null);
        assert_eq!(actions[2]["ActionStatus"], 2);
        assert!(matches!(answer.fault, Some(Fault::Handshake(_))));
    }

    #[test]
    fn no_silent_downgrade() {
        let shell = request(value!([
            {"ActionType": "SessionType", "ActionParameters": {"SessionType": "Standard_Stream"}},
        ]));
        let refused = handshake(true).request(&shell);
        assert!(matches!(refused, Err(Fault::NotEncrypted)));
        let answer = answered(handshake(false).request(&shell).unwrap());
        assert_eq!(answer.fault, None);
    }

    #[test]
    fn out_of_order_is_a_fault_and_not_a_session() {
        let cipher = Cipher::client(&[7; 64]).unwrap();
        let mut early = handshake(false);
        assert!(early.complete(b"{}").is_err());
        assert!(early.challenge(b"{}", Some(&cipher)).is_err());
        early.request(&shell_and_kms()).unwrap();
        assert!(early.complete(b"{}").is_err());
        assert!(early.challenge(b"{}", None).is_err());
        assert!(handshake(false).request(b"not JSON").is_err());
    }

    #[test]
    fn a_challenge_comes_back_under_the_other_key() {
        let agent = Cipher::agent(&[7; 64]).unwrap();
        let mut handshake = handshake(true);
        handshake.request(&shell_and_kms()).unwrap();
        let cipher = handshake.key(Ok(grant(64))).unwrap().cipher;
        let sealed = BASE64.encode(&agent.seal(&[5; 64]).unwrap());
        let challenge = json(&Challenge { challenge: sealed });
        let solved = handshake.challenge(&challenge, cipher.as_ref()).unwrap();
        let solved: Challenge = serde_json::from_slice(&solved).unwrap();
        let opened = agent.open(&BASE64.decode(solved.challenge.as_bytes()).unwrap());
        assert_eq!(opened.unwrap(), [5; 64].as_slice());
        for bad in [r#"{"Challenge":"AAAA"}"#, r#"{"Challenge":"*"}"#, "{}"] {
            assert!(
                handshake
                    .challenge(bad.as_bytes(), cipher.as_ref())
                    .is_err()
            );
        }
    }
}
