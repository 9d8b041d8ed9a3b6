//! The handshake: what the agent asks before an encrypted session, and the answers.
//!
//! Request, response, challenge, its response, completion. Each is a message of the stream, so none can
//! come twice or out of order by an accident of the network.

use bytes::Bytes;
use data_encoding::BASE64;
use serde_json::Value;

use crate::crypto::Cipher;
use crate::data_key::{Grant, KeyRequest};
use crate::error::SessionError;
use crate::kms_key::are_different;
use crate::payload::{
    ActionStatus, CLIENT_VERSION, Challenge, HandshakeComplete, HandshakeRequest,
    HandshakeResponse, KmsParameters, KmsResult, ProcessedAction, RequestedAction,
    SessionTypeParameters, json,
};
use crate::session::Session;

/// The session types that are a terminal or act like one.
const SHELLS: [&str; 3] = [
    "Standard_Stream",
    "InteractiveCommands",
    "NonInteractiveCommands",
];
const SESSION_TYPE: &str = "SessionType";
const KMS: &str = "KMSEncryption";
/// The length of the random text in a challenge.
const CHALLENGE_BYTES: usize = 64;

/// How far the handshake is.
pub struct Handshake {
    session_id: String,
    target: String,
    /// The cluster's key: a session without encryption must be refused, and so must another key.
    cluster_key: Option<String>,
    step: Step,
}

enum Step {
    /// None may ever come.
    Waiting,
    /// A key is awaited; these are the other answers, and where KMS's belongs among them.
    NeedsKey {
        actions: Vec<ProcessedAction>,
        kms: usize,
        /// The key that the agent named.
        named: String,
    },
    Answered,
    /// The agent's challenge was answered. There is one, and only where there is a key.
    Challenged,
    Complete,
}

/// The answer to the agent's request.
pub struct Answer {
    /// The payload of the response. It is sent even where it tells of a failure, so that the agent ends too.
    pub response: Bytes,
    /// The session's keys from here on.
    pub cipher: Option<Cipher>,
    /// Why the session cannot be.
    pub error: Option<SessionError>,
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
    pub fn new(session: &Session) -> Handshake {
        Handshake {
            session_id: session.id.clone(),
            target: session.target.clone(),
            cluster_key: session.kms_key.clone(),
            step: Step::Waiting,
        }
    }

    /// Whether the agent has asked for a handshake.
    pub fn has_begun(&self) -> bool {
        !matches!(self.step, Step::Waiting)
    }

    pub fn request(&mut self, payload: &[u8]) -> Result<Reaction, SessionError> {
        if self.has_begun() {
            return Ok(Reaction::Ignore);
        }
        let request: HandshakeRequest = serde_json::from_slice(payload).map_err(|_| {
            SessionError::Handshake("the agent's request cannot be read".to_owned())
        })?;
        let mut actions = Vec::new();
        let mut key_request = None;
        let mut named = String::new();
        for action in request.requested_client_actions {
            let processed = match action.action_type.as_str() {
                SESSION_TYPE => session_type(&action),
                KMS if key_request.is_none() => {
                    match parameters::<KmsParameters>(&action.action_parameters) {
                        Some(wanted) => {
                            named = wanted.key_id.clone();
                            key_request = Some((self.key_request(wanted)?, actions.len()));
                            processed(KMS, ActionStatus::Success, "")
                        }
                        None => processed(KMS, ActionStatus::Failed, "no key is named"),
                    }
                }
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
                self.step = Step::NeedsKey {
                    actions,
                    kms,
                    named,
                };
                Ok(Reaction::GetKey(wanted))
            }
            None if self.cluster_key.is_some() => Err(SessionError::NotEncrypted),
            None => Ok(Reaction::Answer(self.answer(actions, None, None))),
        }
    }

    /// The key that was asked for, or why there is none.
    pub fn key(&mut self, outcome: Result<Grant, String>) -> Option<Answer> {
        let step = std::mem::replace(&mut self.step, Step::Answered);
        let Step::NeedsKey {
            mut actions,
            kms,
            named,
        } = step
        else {
            self.step = step;
            return None;
        };
        let failed = |why: &str| {
            let error = format!("Failed to process action {KMS}: {why}");
            (processed(KMS, ActionStatus::Failed, &error), None)
        };
        let other_key = outcome.as_ref().ok().and_then(|grant| {
            let arn = grant.key.key_arn.as_deref()?;
            are_different(arn, &named).then(|| SessionError::OtherKey {
                named: named.clone(),
                cluster: arn.to_owned(),
            })
        });
        let (action, cipher) = match &outcome {
            Ok(_) if other_key.is_some() => failed("it is not the cluster's key"),
            Ok(grant) => match Cipher::client(&grant.key.plaintext) {
                Some(cipher) => (success(grant), Some(cipher)),
                None => failed("the key does not have 64 bytes"),
            },
            Err(why) => failed(why),
        };
        let error = other_key.or_else(|| {
            let why = outcome.err();
            let why = why.unwrap_or_else(|| "KMS's key does not have 64 bytes".to_owned());
            cipher.is_none().then_some(SessionError::Kms(why))
        });
        if let Some(place) = actions.get_mut(kms) {
            *place = action;
        }
        Some(self.answer(actions, cipher, error))
    }

    /// The proof that both sides have the same keys: opened with the one, sealed with the other.
    ///
    /// Who could send anything to be sealed could make input of it, so one challenge is answered, and only where it
    /// has a challenge's form.
    pub fn challenge(
        &mut self,
        payload: &[u8],
        cipher: Option<&Cipher>,
    ) -> Result<Bytes, SessionError> {
        let failed = |why: &str| SessionError::Handshake(why.to_owned());
        let cipher = match (&self.step, cipher) {
            (Step::Answered, Some(cipher)) => cipher,
            (Step::Challenged | Step::Complete, _) => {
                return Err(failed("the agent sent a second challenge"));
            }
            _ => return Err(failed("the agent sent a challenge before there was a key")),
        };
        let challenge: Challenge = serde_json::from_slice(payload)
            .map_err(|_| failed("the agent's challenge cannot be read"))?;
        let solved = BASE64
            .decode(challenge.challenge.as_bytes())
            .ok()
            .and_then(|sealed| cipher.open(&sealed))
            .filter(|text| text.len() == CHALLENGE_BYTES)
            .and_then(|text| cipher.seal(&text))
            .ok_or_else(|| failed("the agent's challenge was not made with the session's key"))?;
        self.step = Step::Challenged;
        Ok(json(&Challenge {
            challenge: BASE64.encode(&solved),
        }))
    }

    /// The agent is content. Returns what its administrator wants to be read, often nothing.
    /// `has_key`: encryption was agreed on, so that the agent's challenge must have come.
    pub fn complete(
        &mut self,
        payload: &[u8],
        has_key: bool,
    ) -> Result<Option<String>, SessionError> {
        match self.step {
            Step::Answered if has_key => {
                let why = "the agent sent no challenge, so it may not have the session's key";
                return Err(SessionError::Handshake(why.to_owned()));
            }
            Step::Answered | Step::Challenged => {}
            Step::Complete => return Ok(None),
            Step::Waiting | Step::NeedsKey { .. } => {
                let why = "the agent declared it complete before it was answered";
                return Err(SessionError::Handshake(why.to_owned()));
            }
        }
        self.step = Step::Complete;
        // The message is a courtesy; the session does not hang on it.
        let complete: Option<HandshakeComplete> = serde_json::from_slice(payload).ok();
        let message = complete.map(|complete| complete.customer_message);
        Ok(message.filter(|message| !message.trim().is_empty()))
    }

    /// The key is asked for by the cluster's own name for it: whatever the agent calls it, no other key is used.
    fn key_request(&self, wanted: KmsParameters) -> Result<KeyRequest, SessionError> {
        let key_id = match &self.cluster_key {
            Some(cluster) if are_different(cluster, &wanted.key_id) => {
                return Err(SessionError::OtherKey {
                    named: wanted.key_id,
                    cluster: cluster.clone(),
                });
            }
            Some(cluster) => cluster.clone(),
            None => wanted.key_id,
        };
        Ok(KeyRequest {
            key_id,
            session_id: self.session_id.clone(),
            target: self.target.clone(),
            challenge: wanted.challenge.filter(|text| !text.is_empty()),
        })
    }

    fn answer(
        &mut self,
        actions: Vec<ProcessedAction>,
        cipher: Option<Cipher>,
        error: Option<SessionError>,
    ) -> Answer {
        self.step = Step::Answered;
        let refused = actions
            .iter()
            .find(|action| action.action_status != ActionStatus::Success as u32)
            .map(|action| SessionError::Handshake(action.error.clone()));
        Answer {
            response: json(&HandshakeResponse {
                client_version: CLIENT_VERSION.to_owned(),
                processed_client_actions: actions,
                errors: Vec::new(),
            }),
            cipher,
            error: error.or(refused),
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

    const KEY_ARN: &str = "arn:aws:kms:eu-central-1:1:key/k";

    fn handshake(must_encrypt: bool) -> Handshake {
        with_key(must_encrypt.then_some(KEY_ARN))
    }

    fn with_key(cluster_key: Option<&str>) -> Handshake {
        Handshake {
            session_id: "ecs-execute-command-0a".to_owned(),
            target: "ecs:c_t_r".to_owned(),
            cluster_key: cluster_key.map(str::to_owned),
            step: Step::Waiting,
        }
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
             "ActionParameters": {"KMSKeyId": KEY_ARN, "Challenge": "cmFuZG9t"}},
        ]))
    }

    fn grant(bytes: usize) -> Grant {
        Grant {
            key: DataKey {
                plaintext: Zeroizing::new(vec![7; bytes]),
                ciphertext: b"blob".to_vec(),
                key_arn: Some(KEY_ARN.to_owned()),
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
        assert_eq!(wanted.key_id, KEY_ARN);
        assert_eq!(wanted.challenge.as_deref(), Some("cmFuZG9t"));
        let repeated = handshake.request(&shell_and_kms());
        assert!(matches!(repeated, Ok(Reaction::Ignore)));
        let answer = handshake.key(Ok(grant(64))).unwrap();
        assert_eq!(answer.error, None);
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
        let completion = br#"{"HandshakeTimeToComplete":1,"CustomerMessage":"hi"}"#;
        let unproven = handshake.complete(completion, true);
        assert!(unproven.is_err(), "without a challenge nothing is proven");
        handshake.step = Step::Challenged;
        let message = handshake.complete(completion, true);
        assert_eq!(message, Ok(Some("hi".to_owned())));
    }

    #[test]
    fn a_failure_of_kms_is_told_to_both_sides() {
        for outcome in [Err("denied".to_owned()), Ok(grant(32))] {
            let mut handshake = handshake(true);
            handshake.request(&shell_and_kms()).unwrap();
            let answer = handshake.key(outcome).unwrap();
            assert!(matches!(answer.error, Some(SessionError::Kms(_))));
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
        assert!(matches!(answer.error, Some(SessionError::Handshake(_))));
    }

    #[test]
    fn no_silent_downgrade() {
        let shell = request(value!([
            {"ActionType": "SessionType", "ActionParameters": {"SessionType": "Standard_Stream"}},
        ]));
        let refused = handshake(true).request(&shell);
        assert!(matches!(refused, Err(SessionError::NotEncrypted)));
        let answer = answered(handshake(false).request(&shell).unwrap());
        assert_eq!(answer.error, None);
    }

    /// Each name of the cluster's key is taken for it, and any other key refused: before KMS is asked, or by its answer.
    #[test]
    fn no_other_key_than_the_clusters() {
        let ask = |cluster, named: &str| {
            let actions = value!([
                {"ActionType": "KMSEncryption", "ActionParameters": {"KMSKeyId": named}},
            ]);
            let mut handshake = with_key(cluster);
            let reaction = handshake.request(&request(actions));
            (handshake, reaction)
        };
        for (cluster, named) in [
            (Some("k"), KEY_ARN),
            (Some(KEY_ARN), "k"),
            (Some("alias/exec"), KEY_ARN),
        ] {
            let (mut handshake, reaction) = ask(cluster, named);
            let Ok(Reaction::GetKey(wanted)) = reaction else {
                panic!("{cluster:?} {named}");
            };
            assert_eq!(wanted.key_id, cluster.unwrap(), "the cluster's own name");
            assert_eq!(handshake.key(Ok(grant(64))).unwrap().error, None);
        }
        let other = "arn:aws:kms:eu-central-1:1:key/other";
        let (_, reaction) = ask(Some(KEY_ARN), other);
        assert!(matches!(reaction, Err(SessionError::OtherKey { .. })));
        let (mut handshake, _) = ask(Some("alias/exec"), other);
        let answer = handshake.key(Ok(grant(64))).unwrap();
        assert!(matches!(answer.error, Some(SessionError::OtherKey { .. })));
        assert!(answer.cipher.is_none());
        let action = &response(&answer)["ProcessedClientActions"][0];
        assert_eq!(action["ActionStatus"], 2);
        let (_, reaction) = ask(None, other);
        assert!(matches!(reaction, Ok(Reaction::GetKey(_))), "none is known");
    }

    #[test]
    fn out_of_order_is_a_fault_and_not_a_session() {
        let cipher = Cipher::client(&[7; 64]).unwrap();
        let mut early = handshake(false);
        assert!(early.complete(b"{}", false).is_err());
        assert!(early.challenge(b"{}", Some(&cipher)).is_err());
        early.request(&shell_and_kms()).unwrap();
        assert!(early.complete(b"{}", false).is_err());
        assert!(early.challenge(b"{}", None).is_err());
        assert!(handshake(false).request(b"not JSON").is_err());
    }

    #[test]
    fn a_challenge_comes_back_under_the_other_key() {
        let agent = Cipher::agent(&[7; 64]).unwrap();
        let mut handshake = handshake(true);
        handshake.request(&shell_and_kms()).unwrap();
        let cipher = handshake.key(Ok(grant(64))).unwrap().cipher;
        let challenge = |text: &[u8]| {
            let challenge = BASE64.encode(&agent.seal(text).unwrap());
            json(&Challenge { challenge })
        };
        for length in [0, 1, 63, 65, 1024] {
            let of_another_form = challenge(&vec![5; length]);
            let solved = handshake.challenge(&of_another_form, cipher.as_ref());
            assert!(solved.is_err(), "{length}");
        }
        for bad in [r#"{"Challenge":"AAAA"}"#, r#"{"Challenge":"*"}"#, "{}"] {
            let solved = handshake.challenge(bad.as_bytes(), cipher.as_ref());
            assert!(solved.is_err());
        }
        let challenge = challenge(&[5; 64]);
        let solved = handshake.challenge(&challenge, cipher.as_ref()).unwrap();
        let solved: Challenge = serde_json::from_slice(&solved).unwrap();
        let opened = agent.open(&BASE64.decode(solved.challenge.as_bytes()).unwrap());
        assert_eq!(opened.unwrap(), [5; 64].as_slice());
        let again = handshake.challenge(&challenge, cipher.as_ref());
        assert!(again.is_err(), "one challenge is answered");
    }
}
