//! A session as it should be.

use bytes::Bytes;
use ssm_channel::testing::{Agent, Heard, Peer, kind};
use ssm_channel::{Cancel, Credentials, Ended, Input, Options, Output, SessionError};

use crate::client::{Aws, Client, ms, session, soon};

async fn joined() -> (Client, Agent) {
    let peer = Peer::start().await;
    let mut client = Client::join(&peer);
    let mut agent = Agent::accept(&peer).await;
    agent.output("$ ").await;
    client.started().await;
    assert_eq!(client.stdout(2).await, b"$ ");
    (client, agent)
}

#[tokio::test]
async fn the_channel_is_opened_with_the_token_and_a_version() {
    let peer = Peer::start().await;
    let client = Client::join(&peer);
    let line = peer.line().await;
    assert_eq!(line.token, "first-token");
    assert_eq!(line.client_version, "1.2.764.0");
    assert_eq!(line.client_id.len(), 36);
    let path =
        "/v1/data-channel/ecs-execute-command-0a?role=publish_subscribe&cell-number=AAEC+x/y==";
    assert_eq!(line.headers[":path"], path, "byte for byte");
    assert!(!line.headers.contains_key("authorization"));
    assert!(!line.headers.contains_key("sec-websocket-protocol"));
    drop(client);
}

#[tokio::test]
async fn the_upgrade_is_signed_where_there_are_credentials() {
    let peer = Peer::start().await;
    let key = Credentials::new("AKIDEXAMPLE", "secret", Some("TOKEN".into()), None, "test");
    let aws = Aws {
        credentials: Some(key),
        ..Aws::default()
    };
    let client = Client::start(session(&peer), aws, Options::default());
    let line = peer.line().await;
    let authorization = &line.headers["authorization"];
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
    assert!(authorization.contains("/eu-central-1/ssmmessages/aws4_request"));
    assert!(authorization.contains("SignedHeaders=host;x-amz-date;x-amz-security-token,"));
    assert_eq!(line.headers["x-amz-security-token"], "TOKEN");
    drop(client);
}

#[tokio::test]
async fn input_goes_out_and_its_echo_comes_back() {
    let (mut client, mut agent) = joined().await;
    let size = |columns, rows| Input::Size { columns, rows };
    client.input.send(size(80, 24)).await.unwrap();
    client.type_in("ls\r").await;
    client.input.send(size(132, 50)).await.unwrap();
    let heard = |columns, rows| Heard::Size { columns, rows };
    assert_eq!(soon(agent.hear()).await, heard(80, 24));
    assert_eq!(soon(agent.hear()).await, Heard::Input("ls\r".into()));
    assert_eq!(soon(agent.hear()).await, heard(132, 50));
    agent.output("ls\r\nREADME\r\n").await;
    assert_eq!(client.stdout(12).await, b"ls\r\nREADME\r\n");
    agent.close("").await;
    assert_eq!(client.end().await, Ok(Ended::Closed { message: None }));
}

#[tokio::test]
async fn a_character_divided_between_messages_arrives_as_its_bytes() {
    let (mut client, mut agent) = joined().await;
    agent
        .say(kind::OUTPUT, Bytes::from_static(b"\xe2\x82"))
        .await;
    agent
        .say(kind::OUTPUT, Bytes::from_static(b"\xac\xff\0"))
        .await;
    agent.line().flush().await;
    assert_eq!(
        client.next().await,
        Some(Output::Stdout(b"\xe2\x82"[..].into()))
    );
    assert_eq!(
        client.next().await,
        Some(Output::Stdout(b"\xac\xff\0"[..].into()))
    );
    let bytes = Bytes::from_static(b"\xe2\x82");
    client
        .input
        .send(Input::Bytes(bytes.clone()))
        .await
        .unwrap();
    assert_eq!(soon(agent.hear()).await, Heard::Input(bytes));
}

#[tokio::test]
async fn the_end_of_input_is_an_end_of_file_and_output_goes_on() {
    let (mut client, mut agent) = joined().await;
    client.type_in("one\n").await;
    client.input.send(Input::End).await.unwrap();
    assert_eq!(soon(agent.input(5)).await, b"one\n\x04");
    agent.output("done").await;
    assert_eq!(client.stdout(4).await, b"done");
    agent.close("").await;
    assert_eq!(client.end().await, Ok(Ended::Closed { message: None }));
}

#[tokio::test]
async fn in_the_middle_of_a_line_it_takes_two() {
    let (client, mut agent) = joined().await;
    client.type_in("one").await;
    client.input.send(Input::End).await.unwrap();
    assert_eq!(soon(agent.input(5)).await, b"one\x04\x04");
}

/// A shell that was not ready for the first one, or a second program that reads, gets another.
#[tokio::test]
async fn an_end_of_file_comes_again() {
    let peer = Peer::start().await;
    let options = Options {
        end_again: ms(40),
        ..Options::default()
    };
    let mut client = Client::start(session(&peer), Aws::default(), options);
    let mut agent = Agent::accept(&peer).await;
    agent.output("$ ").await;
    client.started().await;
    client.input.send(Input::End).await.unwrap();
    let began = std::time::Instant::now();
    assert_eq!(soon(agent.input(3)).await, b"\x04\x04\x04");
    assert!(began.elapsed() >= ms(40 + 80), "ever more seldom");
}

#[tokio::test]
async fn a_caller_with_no_more_input_stays_for_the_output() {
    let (client, mut agent) = joined().await;
    let Client {
        input, mut output, ..
    } = client;
    drop(input);
    assert!(agent.is_quiet(ms(100)).await);
    agent.output("still here").await;
    let next = soon(output.recv()).await;
    assert_eq!(next, Some(Output::Stdout("still here".into())));
}

#[tokio::test]
async fn standard_error_and_an_exit_status_where_the_agent_has_them() {
    let (mut client, mut agent) = joined().await;
    agent.say(kind::STDERR, "oh").await;
    agent.say(kind::EXIT_CODE, "EXIT_CODE: 3").await;
    agent.close("").await;
    assert_eq!(client.next().await, Some(Output::Stderr("oh".into())));
    assert_eq!(client.end().await, Ok(Ended::Exit(3)));
}

#[tokio::test]
async fn the_gateway_says_why_it_closes() {
    let (client, agent) = joined().await;
    agent
        .close("Your session timed out due to inactivity.\n")
        .await;
    let message = Some("Your session timed out due to inactivity.".to_owned());
    assert_eq!(client.end().await, Ok(Ended::Closed { message }));
}

#[tokio::test]
async fn what_came_before_the_end_is_given_out_though_the_caller_is_slow() {
    let (mut client, mut agent) = joined().await;
    let text = crate::client::noise(60_000);
    agent.output(text.clone()).await;
    agent.close("").await;
    tokio::time::sleep(ms(100)).await;
    assert!(client.stdout(60_000).await == text);
    assert_eq!(client.next().await, None);
    assert_eq!(client.end().await, Ok(Ended::Closed { message: None }));
}

#[tokio::test]
async fn the_caller_ends_it() {
    let (client, mut agent) = joined().await;
    client.cancel.cancel();
    assert_eq!(soon(agent.hear()).await, Heard::Flag(2));
    assert_eq!(soon(agent.hear()).await, Heard::Closed);
    assert_eq!(client.end().await, Ok(Ended::Cancelled));
}

#[tokio::test]
async fn a_caller_who_has_gone_ends_it_too() {
    let (client, mut agent) = joined().await;
    drop(client.output);
    assert_eq!(soon(agent.hear()).await, Heard::Flag(2));
    assert_eq!(soon(agent.hear()).await, Heard::Closed);
}

#[tokio::test]
async fn cancelled_before_it_has_connected() {
    let peer = Peer::start().await;
    let cancel = Cancel::default();
    cancel.cancel();
    let options = Options {
        cancel,
        ..Options::default()
    };
    let client = Client::start(session(&peer), Aws::default(), options);
    assert_eq!(client.end().await, Ok(Ended::Cancelled));
}

#[tokio::test]
async fn secrets_are_not_shown() {
    let peer = Peer::start().await;
    let shown = format!("{:?}", session(&peer));
    assert!(!shown.contains("first-token"), "{shown}");
    let key = format!("{:?}", ssm_channel::Secret::new("word"));
    assert_eq!(key, "(secret)");
}

#[tokio::test]
async fn nothing_is_sent_to_a_host_that_is_not_awss() {
    let peer = Peer::start().await;
    let mut session = session(&peer);
    session.stream_url = "wss://ssmmessages.eu-central-1.example.com/v1".into();
    let client = Client::start(session, Aws::default(), Options::default());
    let url = "wss://ssmmessages.eu-central-1.example.com/v1".into();
    assert_eq!(client.end().await, Err(SessionError::Endpoint { url }));
}
