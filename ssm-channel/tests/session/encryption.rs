//! Sessions of a cluster with a KMS key.

use serde_json::json;
use ssm_channel::testing::{Agent, Heard, Peer, kind};
use ssm_channel::{Ended, Notice, Options, Session, SessionError};

use crate::client::{Aws, Client, DATA_KEY, noise, resumed, session, soon};

fn encrypted(peer: &Peer) -> Session {
    Session {
        kms_key: Some("arn:aws:kms:eu-central-1:1:key/k".into()),
        ..session(peer)
    }
}

fn welcome() -> Notice {
    Notice::Welcome("This session is encrypted using AWS KMS.".into())
}

#[tokio::test]
async fn keys_from_kms_with_the_agents_challenge() {
    let peer = Peer::start().await;
    let aws = Aws::default();
    let mut client = Client::start(encrypted(&peer), aws.clone(), Options::default());
    let mut agent = Agent::accept(&peer).await;
    client.type_in("secret\r").await;
    let response = soon(agent.encrypt(&DATA_KEY, Some("cmFuZG9t"))).await;
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
    assert_eq!(soon(agent.hear()).await, Heard::Input("secret\r".into()));
    let text = noise(5000);
    agent.output(text.clone()).await;
    assert_eq!(client.stdout(5000).await, text);
    agent.close("").await;
    assert_eq!(client.end().await, Ok(Ended::Closed { message: None }));
}

#[tokio::test]
async fn an_older_agent_has_no_challenge() {
    let peer = Peer::start().await;
    let aws = Aws::default();
    let client = Client::start(encrypted(&peer), aws.clone(), Options::default());
    let mut agent = Agent::accept(&peer).await;
    let response = soon(agent.encrypt(&DATA_KEY, None)).await;
    let result = &response["ProcessedClientActions"][1]["ActionResult"];
    assert_eq!(result["ChallengeAcknowledgement"], false);
    assert_eq!(aws.contexts.lock().unwrap()[0].len(), 2);
    drop(client);
}

#[tokio::test]
async fn a_key_policy_that_does_not_know_the_challenge() {
    let peer = Peer::start().await;
    let aws = Aws {
        denies: Some("aws:ssm:RandomChallenge"),
        ..Aws::default()
    };
    let client = Client::start(encrypted(&peer), aws.clone(), Options::default());
    let mut agent = Agent::accept(&peer).await;
    let response = soon(agent.encrypt(&DATA_KEY, Some("cmFuZG9t"))).await;
    let result = &response["ProcessedClientActions"][1]["ActionResult"];
    assert_eq!(result["ChallengeAcknowledgement"], false);
    let contexts = aws.contexts.lock().unwrap().len();
    assert_eq!(contexts, 2, "once with and once without");
    drop(client);
}

#[tokio::test]
async fn kms_denies_and_the_agent_is_told() {
    let peer = Peer::start().await;
    let aws = Aws {
        denies: Some("aws:ssm:SessionId"),
        ..Aws::default()
    };
    let client = Client::start(encrypted(&peer), aws, Options::default());
    let mut agent = Agent::accept(&peer).await;
    let actions = json!([
        {"ActionType": "KMSEncryption",
         "ActionParameters": {"KMSKeyId": "arn:aws:kms:eu-central-1:1:key/k"}},
    ]);
    let response = soon(agent.handshake(actions)).await;
    assert_eq!(response["ProcessedClientActions"][0]["ActionStatus"], 2);
    agent
        .close("Encountered error while initiating handshake.")
        .await;
    let why = "not authorized to use the key".to_owned();
    assert_eq!(client.end().await, Err(SessionError::Kms(why)));
}

#[tokio::test]
async fn an_agent_that_begins_in_the_clear_is_refused() {
    let peer = Peer::start().await;
    let client = Client::start(encrypted(&peer), Aws::default(), Options::default());
    let mut agent = Agent::accept(&peer).await;
    client.type_in("secret\r").await;
    agent.output("$ ").await;
    assert_eq!(soon(agent.hear()).await, Heard::Closed);
    assert_eq!(client.end().await, Err(SessionError::NotEncrypted));
}

#[tokio::test]
async fn output_under_another_key_ends_the_session() {
    let peer = Peer::start().await;
    let mut client = Client::start(encrypted(&peer), Aws::default(), Options::default());
    let mut agent = Agent::accept(&peer).await;
    soon(agent.encrypt(&DATA_KEY, None)).await;
    client.notice(welcome()).await;
    client.started().await;
    let line = agent.line();
    // The request, the challenge and the completion were 0, 1 and 2.
    line.send(ssm_channel::testing::Line::message(3, 1, vec![1; 40]))
        .await;
    let fault = client.end().await.unwrap_err();
    assert!(matches!(fault, SessionError::Protocol(_)), "{fault}");
}

#[tokio::test]
async fn the_keys_outlive_a_connection() {
    let peer = Peer::start().await;
    let aws = Aws::with_resumes([resumed("second-token")]);
    let mut client = Client::start(encrypted(&peer), aws, Options::default());
    let mut agent = Agent::accept(&peer).await;
    soon(agent.encrypt(&DATA_KEY, Some("cmFuZG9t"))).await;
    client.notice(welcome()).await;
    client.started().await;
    soon(agent.change_lines(&peer, 1000)).await;
    client.notice(Notice::Lost).await;
    client.notice(Notice::Resumed).await;
    client.type_in("ls\r").await;
    assert_eq!(soon(agent.hear()).await, Heard::Input("ls\r".into()));
    agent.output("README").await;
    assert_eq!(client.stdout(6).await, b"README");
}

/// The actions of an agent that wants a key of this name.
fn kms(key_id: &str) -> serde_json::Value {
    json!([{"ActionType": "KMSEncryption", "ActionParameters": {"KMSKeyId": key_id}}])
}

#[tokio::test]
async fn another_key_than_the_clusters_is_refused() {
    let peer = Peer::start().await;
    let aws = Aws::default();
    let client = Client::start(encrypted(&peer), aws.clone(), Options::default());
    let mut agent = Agent::accept(&peer).await;
    let other = "arn:aws:kms:eu-central-1:666:key/theirs";
    let request = json!({"RequestedClientActions": kms(other)});
    agent
        .say(kind::HANDSHAKE_REQUEST, request.to_string())
        .await;
    assert_eq!(soon(agent.hear()).await, Heard::Closed);
    let error = client.end().await.unwrap_err();
    assert!(matches!(error, SessionError::OtherKey { .. }), "{error}");
    assert!(error.to_string().contains(other), "{error}");
    assert!(aws.contexts.lock().unwrap().is_empty(), "KMS was not asked");
}

#[tokio::test]
async fn one_challenge_is_answered() {
    let peer = Peer::start().await;
    let mut client = Client::start(encrypted(&peer), Aws::default(), Options::default());
    let mut agent = Agent::accept(&peer).await;
    soon(agent.encrypt(&DATA_KEY, None)).await;
    client.notice(welcome()).await;
    client.started().await;
    agent
        .say(kind::CHALLENGE_REQUEST, r#"{"Challenge":"AAAA"}"#)
        .await;
    assert_eq!(soon(agent.hear()).await, Heard::Closed);
    let error = client.end().await.unwrap_err().to_string();
    assert!(error.contains("a second challenge"), "{error}");
}

#[tokio::test]
async fn a_key_that_was_not_proven_is_none() {
    let peer = Peer::start().await;
    let client = Client::start(encrypted(&peer), Aws::default(), Options::default());
    let mut agent = Agent::accept(&peer).await;
    soon(agent.handshake(kms("arn:aws:kms:eu-central-1:1:key/k"))).await;
    agent.complete("").await;
    assert_eq!(soon(agent.hear()).await, Heard::Closed);
    let error = client.end().await.unwrap_err().to_string();
    assert!(error.contains("no challenge"), "{error}");
}
