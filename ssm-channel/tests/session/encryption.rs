//! Sessions of a cluster with a KMS key.

use serde_json::json;
use ssm_channel::testing::{Agent, ClientMessage, Gateway, kind};
use ssm_channel::{Notice, Options, Session, SessionError};

use crate::client::{Aws, Client, DATA_KEY, random_bytes, resumed, session, within_timeout};

fn encrypted_session(gateway: &Gateway) -> Session {
    Session {
        kms_key: Some("arn:aws:kms:eu-central-1:1:key/k".into()),
        ..session(gateway)
    }
}

fn welcome() -> Notice {
    Notice::CustomerMessage("This session is encrypted using AWS KMS.".into())
}

#[tokio::test]
async fn the_agents_challenge_is_in_the_encryption_context() {
    let gateway = Gateway::start().await;
    let aws = Aws::default();
    let mut client = Client::start(encrypted_session(&gateway), aws.clone(), Options::default());
    let mut agent = Agent::accept(&gateway).await;
    client.type_in("secret\r").await;
    let response = within_timeout(agent.encrypt(&DATA_KEY, Some("cmFuZG9t"))).await;
    let result = &response["ProcessedClientActions"][1]["ActionResult"];
    assert_eq!(result["KMSCipherTextKey"], "YmxvYg==");
    assert_eq!(result["ChallengeAcknowledgement"], true);
    let context = json!(aws.contexts.lock().unwrap()[0]);
    assert_eq!(
        context,
        json!({
            "aws:ssm:SessionId": "ecs-execute-command-0a",
            "aws:ssm:TargetId": "ecs:production_0123_0123-456",
            "aws:ssm:RandomChallenge": "cmFuZG9t",
        })
    );
    client.notice(welcome()).await;
    client.started().await;
    assert_eq!(
        within_timeout(agent.receive()).await,
        ClientMessage::Input("secret\r".into())
    );
    let text = random_bytes(5000);
    agent.output(text.clone()).await;
    assert_eq!(client.stdout(5000).await, text);
    agent.close("").await;
    assert_eq!(client.end().await, Ok(None));
}

#[tokio::test]
async fn an_older_agent_sends_no_challenge() {
    let gateway = Gateway::start().await;
    let aws = Aws::default();
    let client = Client::start(encrypted_session(&gateway), aws.clone(), Options::default());
    let mut agent = Agent::accept(&gateway).await;
    let response = within_timeout(agent.encrypt(&DATA_KEY, None)).await;
    let result = &response["ProcessedClientActions"][1]["ActionResult"];
    assert_eq!(result["ChallengeAcknowledgement"], false);
    assert_eq!(aws.contexts.lock().unwrap()[0].len(), 2);
    drop(client);
}

#[tokio::test]
async fn a_key_policy_can_deny_the_challenge() {
    let gateway = Gateway::start().await;
    let aws = Aws {
        denies: Some("aws:ssm:RandomChallenge"),
        ..Aws::default()
    };
    let client = Client::start(encrypted_session(&gateway), aws.clone(), Options::default());
    let mut agent = Agent::accept(&gateway).await;
    let response = within_timeout(agent.encrypt(&DATA_KEY, Some("cmFuZG9t"))).await;
    let result = &response["ProcessedClientActions"][1]["ActionResult"];
    assert_eq!(result["ChallengeAcknowledgement"], false);
    let contexts = aws.contexts.lock().unwrap().len();
    assert_eq!(contexts, 2, "once with and once without");
    drop(client);
}

#[tokio::test]
async fn a_denial_of_kms_is_reported_to_the_agent() {
    let gateway = Gateway::start().await;
    let aws = Aws {
        denies: Some("aws:ssm:SessionId"),
        ..Aws::default()
    };
    let client = Client::start(encrypted_session(&gateway), aws, Options::default());
    let mut agent = Agent::accept(&gateway).await;
    let actions = json!([
        {"ActionType": "KMSEncryption",
         "ActionParameters": {"KMSKeyId": "arn:aws:kms:eu-central-1:1:key/k"}},
    ]);
    let response = within_timeout(agent.handshake(actions)).await;
    assert_eq!(response["ProcessedClientActions"][0]["ActionStatus"], 2);
    agent
        .close("Encountered error while initiating handshake.")
        .await;
    let why = "not authorized to use the key".to_owned();
    assert_eq!(client.end().await, Err(SessionError::Kms(why)));
}

#[tokio::test]
async fn an_unencrypted_start_is_refused() {
    let gateway = Gateway::start().await;
    let client = Client::start(
        encrypted_session(&gateway),
        Aws::default(),
        Options::default(),
    );
    let mut agent = Agent::accept(&gateway).await;
    client.type_in("secret\r").await;
    agent.output("$ ").await;
    assert_eq!(within_timeout(agent.receive()).await, ClientMessage::Closed);
    assert_eq!(client.end().await, Err(SessionError::NotEncrypted));
}

#[tokio::test]
async fn output_with_another_key_ends_the_session() {
    let gateway = Gateway::start().await;
    let mut client = Client::start(
        encrypted_session(&gateway),
        Aws::default(),
        Options::default(),
    );
    let mut agent = Agent::accept(&gateway).await;
    within_timeout(agent.encrypt(&DATA_KEY, None)).await;
    client.notice(welcome()).await;
    client.started().await;
    let connection = agent.connection();
    // The request, the challenge and the completion were 0, 1 and 2.
    connection
        .send(ssm_channel::testing::GatewayConnection::message(
            3,
            1,
            vec![1; 40],
        ))
        .await;
    let error = client.end().await.unwrap_err();
    assert!(matches!(error, SessionError::Protocol(_)), "{error}");
}

#[tokio::test]
async fn keys_survive_a_reconnect() {
    let gateway = Gateway::start().await;
    let aws = Aws::with_resumes([resumed("second-token")]);
    let mut client = Client::start(encrypted_session(&gateway), aws, Options::default());
    let mut agent = Agent::accept(&gateway).await;
    within_timeout(agent.encrypt(&DATA_KEY, Some("cmFuZG9t"))).await;
    client.notice(welcome()).await;
    client.started().await;
    within_timeout(agent.close_and_resume(&gateway, 1000)).await;
    client.notice(Notice::ConnectionLost).await;
    client.notice(Notice::ConnectionResumed).await;
    client.type_in("ls\r").await;
    assert_eq!(
        within_timeout(agent.receive()).await,
        ClientMessage::Input("ls\r".into())
    );
    agent.output("README").await;
    assert_eq!(client.stdout(6).await, b"README");
}

/// The handshake actions of an agent that requests the key of this name.
fn kms(key_id: &str) -> serde_json::Value {
    json!([{"ActionType": "KMSEncryption", "ActionParameters": {"KMSKeyId": key_id}}])
}

#[tokio::test]
async fn a_key_other_than_the_clusters_is_refused() {
    let gateway = Gateway::start().await;
    let aws = Aws::default();
    let client = Client::start(encrypted_session(&gateway), aws.clone(), Options::default());
    let mut agent = Agent::accept(&gateway).await;
    let other = "arn:aws:kms:eu-central-1:666:key/theirs";
    let request = json!({"RequestedClientActions": kms(other)});
    agent
        .send(kind::HANDSHAKE_REQUEST, request.to_string())
        .await;
    assert_eq!(within_timeout(agent.receive()).await, ClientMessage::Closed);
    let error = client.end().await.unwrap_err();
    assert!(matches!(error, SessionError::WrongKey { .. }), "{error}");
    assert!(error.to_string().contains(other), "{error}");
    assert!(aws.contexts.lock().unwrap().is_empty(), "KMS was not asked");
}

#[tokio::test]
async fn a_second_challenge_is_an_error() {
    let gateway = Gateway::start().await;
    let mut client = Client::start(
        encrypted_session(&gateway),
        Aws::default(),
        Options::default(),
    );
    let mut agent = Agent::accept(&gateway).await;
    within_timeout(agent.encrypt(&DATA_KEY, None)).await;
    client.notice(welcome()).await;
    client.started().await;
    agent
        .send(kind::CHALLENGE_REQUEST, r#"{"Challenge":"AAAA"}"#)
        .await;
    assert_eq!(within_timeout(agent.receive()).await, ClientMessage::Closed);
    let error = client.end().await.unwrap_err().to_string();
    assert!(error.contains("a second challenge"), "{error}");
}

#[tokio::test]
async fn completion_without_a_challenge_is_an_error() {
    let gateway = Gateway::start().await;
    let client = Client::start(
        encrypted_session(&gateway),
        Aws::default(),
        Options::default(),
    );
    let mut agent = Agent::accept(&gateway).await;
    within_timeout(agent.handshake(kms("arn:aws:kms:eu-central-1:1:key/k"))).await;
    agent.complete("").await;
    assert_eq!(within_timeout(agent.receive()).await, ClientMessage::Closed);
    let error = client.end().await.unwrap_err().to_string();
    assert!(error.contains("no challenge"), "{error}");
}
