use serde_json::{Value, json as value};
use zeroize::Zeroizing;

use super::*;
use crate::aws_api::DataKey;

const KEY_ARN: &str = "arn:aws:kms:eu-central-1:1:key/k";

fn handshake(must_encrypt: bool) -> Handshake {
    with_key(must_encrypt.then_some(KEY_ARN))
}

fn with_key(cluster_key: Option<&str>) -> Handshake {
    Handshake {
        session_id: "ecs-execute-command-0a".to_owned(),
        target: "ecs:c_t_r".to_owned(),
        cluster_key: cluster_key.map(str::to_owned),
        session_type: SessionType::Shell,
        agent_version: String::new(),
        cipher: None,
        step: Step::NotStarted,
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

fn grant(bytes: usize) -> GrantedKey {
    GrantedKey {
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
        Reaction::FetchKey(_) | Reaction::Ignore => panic!("no answer"),
    }
}

#[test]
fn a_key_is_fetched_answered_and_proven() {
    let mut handshake = handshake(true);
    let Ok(Reaction::FetchKey(wanted)) = handshake.request(&shell_and_kms()) else {
        panic!("no key is asked for");
    };
    assert_eq!(wanted.key_id, KEY_ARN);
    assert_eq!(wanted.challenge.as_deref(), Some("cmFuZG9t"));
    let repeated = handshake.request(&shell_and_kms());
    assert!(matches!(repeated, Ok(Reaction::Ignore)));
    let answer = handshake.key(Ok(grant(64))).unwrap();
    assert_eq!(answer.error, None);
    assert!(handshake.cipher.is_some());
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
    let unproven = handshake.complete(completion);
    assert!(
        unproven.is_err(),
        "without a challenge the key is not proven"
    );
    handshake.step = Step::Proven;
    let message = handshake.complete(completion);
    assert_eq!(message, Ok(Some("hi".to_owned())));
}

#[test]
fn a_kms_failure_is_reported_to_the_agent_and_the_caller() {
    for outcome in [Err("denied".to_owned()), Ok(grant(32))] {
        let mut handshake = handshake(true);
        handshake.request(&shell_and_kms()).unwrap();
        let answer = handshake.key(outcome).unwrap();
        assert!(matches!(answer.error, Some(SessionError::Kms(_))));
        assert!(handshake.cipher.is_none());
        let actions = &response(&answer)["ProcessedClientActions"];
        assert_eq!(actions[0]["ActionStatus"], 1);
        assert_eq!(actions[1]["ActionStatus"], 2);
        let error = actions[1]["Error"].as_str().unwrap();
        assert!(error.starts_with("Failed to process action KMSEncryption: "));
    }
}

#[test]
fn unknown_actions_are_declined() {
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
fn a_cluster_with_a_key_refuses_an_unencrypted_session() {
    let shell = request(value!([
        {"ActionType": "SessionType", "ActionParameters": {"SessionType": "Standard_Stream"}},
    ]));
    let refused = handshake(true).request(&shell);
    assert!(matches!(refused, Err(SessionError::NotEncrypted)));
    let answer = answered(handshake(false).request(&shell).unwrap());
    assert_eq!(answer.error, None);
}

/// Every name of the cluster's key is accepted. Another key is refused before the KMS call or because of its response.
#[test]
fn only_the_clusters_key_is_accepted() {
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
        let Ok(Reaction::FetchKey(wanted)) = reaction else {
            panic!("{cluster:?} {named}");
        };
        assert_eq!(wanted.key_id, cluster.unwrap(), "the cluster's own name");
        assert_eq!(handshake.key(Ok(grant(64))).unwrap().error, None);
    }
    let other = "arn:aws:kms:eu-central-1:1:key/other";
    let (_, reaction) = ask(Some(KEY_ARN), other);
    assert!(matches!(reaction, Err(SessionError::WrongKey { .. })));
    let (mut handshake, _) = ask(Some("alias/exec"), other);
    let answer = handshake.key(Ok(grant(64))).unwrap();
    assert!(matches!(answer.error, Some(SessionError::WrongKey { .. })));
    assert!(handshake.cipher.is_none());
    let action = &response(&answer)["ProcessedClientActions"][0];
    assert_eq!(action["ActionStatus"], 2);
    let (_, reaction) = ask(None, other);
    assert!(
        matches!(reaction, Ok(Reaction::FetchKey(_))),
        "none is known"
    );
}

#[test]
fn messages_out_of_order_are_errors() {
    let mut early = handshake(false);
    assert!(early.complete(b"{}").is_err());
    assert!(early.challenge(b"{}").is_err());
    early.request(&shell_and_kms()).unwrap();
    assert!(early.complete(b"{}").is_err());
    assert!(early.challenge(b"{}").is_err());
    assert!(handshake(false).request(b"not JSON").is_err());
}

#[test]
fn one_well_formed_challenge_is_answered_with_the_other_key() {
    let agent = Cipher::agent(&[7; 64]).unwrap();
    let mut handshake = handshake(true);
    handshake.request(&shell_and_kms()).unwrap();
    handshake.key(Ok(grant(64))).unwrap();
    let challenge = |text: &[u8]| {
        let challenge = BASE64.encode(&agent.seal(text).unwrap());
        json(&Challenge { challenge })
    };
    for length in [0, 1, 63, 65, 1024] {
        let malformed = challenge(&vec![5; length]);
        let solved = handshake.challenge(&malformed);
        assert!(solved.is_err(), "{length}");
    }
    for bad in [r#"{"Challenge":"AAAA"}"#, r#"{"Challenge":"*"}"#, "{}"] {
        let solved = handshake.challenge(bad.as_bytes());
        assert!(solved.is_err());
    }
    let challenge = challenge(&[5; 64]);
    let solved = handshake.challenge(&challenge).unwrap();
    let solved: Challenge = serde_json::from_slice(&solved).unwrap();
    let opened = agent.open(&BASE64.decode(solved.challenge.as_bytes()).unwrap());
    assert_eq!(opened.unwrap(), [5; 64].as_slice());
    let again = handshake.challenge(&challenge);
    assert!(again.is_err(), "one challenge is answered");
}

fn port_session(version: &str) -> (Handshake, Result<Reaction, SessionError>) {
    let mut handshake = Handshake {
        session_type: SessionType::Port,
        ..handshake(false)
    };
    let request = value!({"AgentVersion": version, "RequestedClientActions": [
        {"ActionType": "SessionType", "ActionParameters": {"SessionType": "Port",
            "Properties": {"portNumber": "80", "type": "LocalPortForwarding"}}},
    ]});
    let reaction = handshake.request(request.to_string().as_bytes());
    (handshake, reaction)
}

/// The limits of the official plugin.
#[test]
fn the_agents_version_decides_how_a_port_session_carries_connections() {
    let mode = |version| port_session(version).0.port_mode();
    let multiplexed = |keep_alive| Some(PortMode::Multiplexed { keep_alive });
    for version in ["", "3.0", "2.3.722.0", "3.0.196.0", "x.y.z.0"] {
        assert_eq!(mode(version), Some(PortMode::Single), "{version}");
    }
    assert_eq!(mode("3.0.222.0"), multiplexed(true));
    assert_eq!(mode("3.1.1511.0"), multiplexed(true));
    assert_eq!(mode("3.1.1575.0"), multiplexed(false));
    assert_eq!(mode("3.3.987.0"), multiplexed(false));
    assert_eq!(handshake(false).port_mode(), None);
}

#[test]
fn the_session_type_must_be_the_expected_one() {
    let (mut port, reaction) = port_session("3.3.987.0");
    let Ok(Reaction::Answer(answer)) = reaction else {
        panic!("no answer");
    };
    assert_eq!(answer.error, None);
    assert!(port.open("x".into()).is_ok());
    assert_eq!(port.complete(b"{}"), Ok(None));
    // An agent that starts a shell instead, and one that starts forwarding in a shell's session.
    let port = Handshake {
        session_type: SessionType::Port,
        ..handshake(false)
    };
    assert!(port.open("x".into()).is_err(), "data before the handshake");
    for (mut handshake, offered) in [(port, "Standard_Stream"), (handshake(false), "Port")] {
        let request = request(value!([
            {"ActionType": "SessionType", "ActionParameters": {"SessionType": offered}},
        ]));
        let Ok(Reaction::Answer(answer)) = handshake.request(&request) else {
            panic!("no answer");
        };
        let error = format!("Unknown session type {offered}");
        assert_eq!(answer.error, Some(SessionError::Handshake(error)));
    }
}
