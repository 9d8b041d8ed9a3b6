//! Sessions without failures.

use bytes::Bytes;
use ssm_channel::testing::{Agent, ClientMessage, Gateway, kind};
use ssm_channel::{CancellationToken, Credentials, Input, Options, Output, SessionError};

use crate::client::{Aws, Client, ms, session, within_timeout};

async fn join_session() -> (Client, Agent) {
    let gateway = Gateway::start().await;
    let mut client = Client::join(&gateway);
    let mut agent = Agent::accept(&gateway).await;
    agent.output("$ ").await;
    client.started().await;
    assert_eq!(client.stdout(2).await, b"$ ");
    (client, agent)
}

#[tokio::test]
async fn the_channel_is_opened_with_the_token_and_a_version() {
    let gateway = Gateway::start().await;
    let client = Client::join(&gateway);
    let connection = gateway.accept().await;
    assert_eq!(connection.token, "first-token");
    assert_eq!(connection.client_version, "1.2.764.0");
    assert_eq!(connection.client_id.len(), 36);
    let path =
        "/v1/data-channel/ecs-execute-command-0a?role=publish_subscribe&cell-number=AAEC+x/y==";
    assert_eq!(connection.headers[":path"], path, "byte for byte");
    assert!(!connection.headers.contains_key("authorization"));
    assert!(!connection.headers.contains_key("sec-websocket-protocol"));
    drop(client);
}

#[tokio::test]
async fn the_upgrade_is_signed_if_there_are_credentials() {
    let gateway = Gateway::start().await;
    let key = Credentials::new("AKIDEXAMPLE", "secret", Some("TOKEN".into()), None, "test");
    let aws = Aws {
        credentials: Some(key),
        ..Aws::default()
    };
    let client = Client::start(session(&gateway), aws, Options::default());
    let connection = gateway.accept().await;
    let authorization = &connection.headers["authorization"];
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
    assert!(authorization.contains("/eu-central-1/ssmmessages/aws4_request"));
    assert!(authorization.contains("SignedHeaders=host;x-amz-date;x-amz-security-token,"));
    assert_eq!(connection.headers["x-amz-security-token"], "TOKEN");
    drop(client);
}

#[tokio::test]
async fn input_is_echoed() {
    let (mut client, mut agent) = join_session().await;
    let size = |columns, rows| Input::Size { columns, rows };
    client.input.send(size(80, 24)).await.unwrap();
    client.type_in("ls\r").await;
    client.input.send(size(132, 50)).await.unwrap();
    let client_message = |columns, rows| ClientMessage::Size { columns, rows };
    assert_eq!(
        within_timeout(agent.receive()).await,
        client_message(80, 24)
    );
    assert_eq!(
        within_timeout(agent.receive()).await,
        ClientMessage::Input("ls\r".into())
    );
    assert_eq!(
        within_timeout(agent.receive()).await,
        client_message(132, 50)
    );
    agent.output("ls\r\nREADME\r\n").await;
    assert_eq!(client.stdout(12).await, b"ls\r\nREADME\r\n");
    agent.close("").await;
    assert_eq!(client.end().await, Ok(None));
}

#[tokio::test]
async fn a_character_split_between_messages_arrives_unchanged() {
    let (mut client, mut agent) = join_session().await;
    agent
        .send(kind::OUTPUT, Bytes::from_static(b"\xe2\x82"))
        .await;
    agent
        .send(kind::OUTPUT, Bytes::from_static(b"\xac\xff\0"))
        .await;
    agent.connection().flush().await;
    assert_eq!(
        client.next().await,
        Some(Output::Bytes(b"\xe2\x82"[..].into()))
    );
    assert_eq!(
        client.next().await,
        Some(Output::Bytes(b"\xac\xff\0"[..].into()))
    );
    let bytes = Bytes::from_static(b"\xe2\x82");
    client
        .input
        .send(Input::Bytes(bytes.clone()))
        .await
        .unwrap();
    assert_eq!(
        within_timeout(agent.receive()).await,
        ClientMessage::Input(bytes)
    );
}

#[tokio::test]
async fn end_of_input_sends_an_end_of_file_and_output_continues() {
    let (mut client, mut agent) = join_session().await;
    client.type_in("one\n").await;
    client.input.send(Input::End).await.unwrap();
    assert_eq!(within_timeout(agent.input(5)).await, b"one\n\x04");
    agent.output("done").await;
    assert_eq!(client.stdout(4).await, b"done");
    agent.close("").await;
    assert_eq!(client.end().await, Ok(None));
}

#[tokio::test]
async fn an_end_of_file_inside_a_line_takes_two() {
    let (client, mut agent) = join_session().await;
    client.type_in("one").await;
    client.input.send(Input::End).await.unwrap();
    assert_eq!(within_timeout(agent.input(5)).await, b"one\x04\x04");
}

/// The end of file is repeated for a shell that was not ready, or for a second program that reads.
#[tokio::test]
async fn the_end_of_file_is_repeated() {
    let gateway = Gateway::start().await;
    let options = Options {
        end_of_file_interval: ms(40),
        ..Options::default()
    };
    let mut client = Client::start(session(&gateway), Aws::default(), options);
    let mut agent = Agent::accept(&gateway).await;
    agent.output("$ ").await;
    client.started().await;
    client.input.send(Input::End).await.unwrap();
    let began = std::time::Instant::now();
    assert_eq!(within_timeout(agent.input(3)).await, b"\x04\x04\x04");
    assert!(began.elapsed() >= ms(40 + 80), "the wait doubles");
}

#[tokio::test]
async fn output_continues_after_the_input_is_dropped() {
    let (client, mut agent) = join_session().await;
    let Client {
        input, mut output, ..
    } = client;
    drop(input);
    assert!(agent.receives_nothing_for(ms(100)).await);
    agent.output("still here").await;
    let next = within_timeout(output.recv()).await;
    assert_eq!(next, Some(Output::Bytes("still here".into())));
}

/// ECS Exec sends neither, but other session types do.
#[tokio::test]
async fn standard_error_is_output_and_an_exit_status_is_ignored() {
    let (mut client, mut agent) = join_session().await;
    agent.send(kind::STDERR, "oh").await;
    agent.send(kind::EXIT_CODE, "EXIT_CODE: 3").await;
    agent.close("").await;
    assert_eq!(client.next().await, Some(Output::Bytes("oh".into())));
    assert_eq!(client.end().await, Ok(None));
}

#[tokio::test]
async fn the_closing_message_is_returned() {
    let (client, agent) = join_session().await;
    agent
        .close("Your session timed out due to inactivity.\n")
        .await;
    let message = Some("Your session timed out due to inactivity.".to_owned());
    assert_eq!(client.end().await, Ok(message));
}

#[tokio::test]
async fn a_slow_caller_gets_all_output_before_the_end() {
    let (mut client, mut agent) = join_session().await;
    let text = crate::client::random_bytes(60_000);
    agent.output(text.clone()).await;
    agent.close("").await;
    tokio::time::sleep(ms(100)).await;
    assert!(client.stdout(60_000).await == text);
    assert_eq!(client.next().await, None);
    assert_eq!(client.end().await, Ok(None));
}

#[tokio::test]
async fn cancelling_terminates_the_session() {
    let (client, mut agent) = join_session().await;
    client.cancel.cancel();
    assert_eq!(
        within_timeout(agent.receive()).await,
        ClientMessage::Flag(2)
    );
    assert_eq!(within_timeout(agent.receive()).await, ClientMessage::Closed);
    assert_eq!(client.end().await, Err(SessionError::Cancelled));
}

#[tokio::test]
async fn dropping_the_output_terminates_the_session() {
    let (client, mut agent) = join_session().await;
    drop(client.output);
    assert_eq!(
        within_timeout(agent.receive()).await,
        ClientMessage::Flag(2)
    );
    assert_eq!(within_timeout(agent.receive()).await, ClientMessage::Closed);
}

#[tokio::test]
async fn cancelling_before_the_connection_works() {
    let gateway = Gateway::start().await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    let options = Options {
        cancel,
        ..Options::default()
    };
    let client = Client::start(session(&gateway), Aws::default(), options);
    assert_eq!(client.end().await, Err(SessionError::Cancelled));
}

#[tokio::test]
async fn secrets_are_not_shown() {
    let gateway = Gateway::start().await;
    let shown = format!("{:?}", session(&gateway));
    assert!(!shown.contains("first-token"), "{shown}");
    let key = format!("{:?}", ssm_channel::Secret::new("word"));
    assert_eq!(key, "(secret)");
}

#[tokio::test]
async fn other_hosts_are_not_contacted() {
    let gateway = Gateway::start().await;
    let mut session = session(&gateway);
    session.stream_url = "wss://ssmmessages.eu-central-1.example.com/v1".into();
    let client = Client::start(session, Aws::default(), Options::default());
    let url = "wss://ssmmessages.eu-central-1.example.com/v1".into();
    assert_eq!(client.end().await, Err(SessionError::Endpoint { url }));
}
