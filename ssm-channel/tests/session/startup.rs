//! The start of a session: refusals, silence, and early keys.

use std::sync::Arc;
use std::time::Instant;

use ssm_channel::testing::{Agent, ClientMessage, Gateway, GatewayConnection};
use ssm_channel::{Input, Options, SessionError};
use tokio::io::AsyncReadExt;

use crate::client::{Aws, Client, ms, session, within_timeout};

#[tokio::test]
async fn a_refusal_is_reported_with_its_status_and_not_retried() {
    let gateway = Gateway::start().await;
    let client = Client::join(&gateway);
    gateway.refuse(403, "{\"message\":\"Forbidden\"}").await;
    let Err(SessionError::Refused {
        status,
        signed,
        host,
        ..
    }) = client.end().await
    else {
        panic!("it was refused");
    };
    assert_eq!((status, signed, host.as_str()), (403, false, "127.0.0.1"));
}

#[tokio::test]
async fn a_server_error_of_the_gateway_is_retried() {
    let gateway = Gateway::start().await;
    let mut client = Client::join(&gateway);
    gateway.refuse(503, "").await;
    let mut agent = Agent::accept(&gateway).await;
    agent.output("$ ").await;
    assert_eq!(client.stdout(2).await, b"$ ");
}

#[tokio::test]
async fn a_refused_connection_is_reported() {
    let gateway = Gateway::start().await;
    let session = session(&gateway);
    drop(gateway);
    let client = Client::start(session, Aws::default(), Options::default());
    let fault = client.end().await.unwrap_err();
    assert!(matches!(fault, SessionError::CouldNotConnect { .. }));
    let sentence = fault.to_string();
    assert!(
        sentence.starts_with("could not connect to 127.0.0.1: "),
        "{sentence}"
    );
}

#[tokio::test]
async fn connecting_times_out() {
    let gateway = Gateway::start().await;
    let options = Options {
        connect_timeout: ms(30),
        connect: Arc::new(|_, _| Box::pin(std::future::pending())),
        ..Options::default()
    };
    let client = Client::start(session(&gateway), Aws::default(), options);
    assert!(matches!(
        client.end().await,
        Err(SessionError::CouldNotConnect { .. })
    ));
}

#[tokio::test]
async fn the_callers_connector_is_used() {
    let gateway = Gateway::start().await;
    let address = gateway.address();
    let mut session = session(&gateway);
    session.stream_url = "ws://localhost:1/v1".into();
    let tcp = ssm_channel::tcp();
    let options = Options {
        connect: Arc::new(move |host, port| {
            assert_eq!((host.as_str(), port), ("localhost", 1));
            tcp(address.ip().to_string(), address.port())
        }),
        ..Options::default()
    };
    let mut client = Client::start(session, Aws::default(), options);
    let mut agent = Agent::accept(&gateway).await;
    agent.output("$ ").await;
    assert_eq!(client.stdout(2).await, b"$ ");
}

#[tokio::test]
async fn a_silent_agent_times_out() {
    let gateway = Gateway::start().await;
    let options = Options {
        start_timeout: ms(300),
        ..Options::default()
    };
    let begun = Instant::now();
    let client = Client::start(session(&gateway), Aws::default(), options);
    let mut agent = Agent::accept(&gateway).await;
    client.type_in("ls\r").await;
    assert_eq!(within_timeout(agent.receive()).await, ClientMessage::Closed);
    assert_eq!(
        client.end().await,
        Err(SessionError::AgentSilent { waited: ms(300) })
    );
    assert!(begun.elapsed() >= ms(300));
}

#[tokio::test]
async fn input_waits_for_the_first_output() {
    let gateway = Gateway::start().await;
    let options = Options {
        quiet_start: ms(600_000),
        ..Options::default()
    };
    let client = Client::start(session(&gateway), Aws::default(), options);
    let mut agent = Agent::accept(&gateway).await;
    client
        .input
        .send(Input::Size {
            columns: 80,
            rows: 24,
        })
        .await
        .unwrap();
    client.type_in("l").await;
    client.type_in("s\r").await;
    agent
        .connection()
        .send(GatewayConnection::start_publication())
        .await;
    assert!(agent.receives_nothing_for(ms(300)).await);
    agent.output("$ ").await;
    assert_eq!(
        within_timeout(agent.receive()).await,
        ClientMessage::Size {
            columns: 80,
            rows: 24
        }
    );
    assert_eq!(within_timeout(agent.input(3)).await, b"ls\r");
}

#[tokio::test]
async fn a_silent_command_receives_input() {
    let gateway = Gateway::start().await;
    let options = Options {
        quiet_start: ms(100),
        start_timeout: ms(3000),
        ..Options::default()
    };
    let mut client = Client::start(session(&gateway), Aws::default(), options);
    let mut agent = Agent::accept(&gateway).await;
    client.type_in("for cat\n").await;
    agent
        .connection()
        .send(GatewayConnection::start_publication())
        .await;
    client.started().await;
    assert_eq!(within_timeout(agent.input(8)).await, b"for cat\n");
    // The acknowledgement shows that the agent is alive.
    assert!(agent.receives_nothing_for(ms(3500)).await);
    agent.output("for cat").await;
    assert_eq!(client.stdout(7).await, b"for cat");
}

#[tokio::test]
async fn input_waits_for_the_end_of_a_handshake() {
    let gateway = Gateway::start().await;
    let mut client = Client::join(&gateway);
    let mut agent = Agent::accept(&gateway).await;
    client.type_in("ls\r").await;
    let response = within_timeout(agent.handshake(serde_json::json!([
        {"ActionType": "SessionType", "ActionParameters": {"SessionType": "Standard_Stream"}},
    ])))
    .await;
    assert_eq!(response["ProcessedClientActions"][0]["ActionStatus"], 1);
    agent.output("early").await;
    assert!(agent.receives_nothing_for(ms(200)).await);
    agent.complete("").await;
    assert_eq!(within_timeout(agent.input(3)).await, b"ls\r");
    assert_eq!(client.stdout(5).await, b"early");
}

#[tokio::test]
async fn another_session_type_is_declined() {
    let gateway = Gateway::start().await;
    let client = Client::join(&gateway);
    let mut agent = Agent::accept(&gateway).await;
    let response = within_timeout(agent.handshake(serde_json::json!([
        {"ActionType": "SessionType", "ActionParameters": {"SessionType": "Port"}},
    ])))
    .await;
    assert_eq!(response["ProcessedClientActions"][0]["ActionStatus"], 2);
    agent
        .close("Encountered error while initiating handshake.")
        .await;
    let why = "Unknown session type Port".to_owned();
    assert_eq!(client.end().await, Err(SessionError::Handshake(why)));
}

#[tokio::test]
async fn an_aws_host_is_reached_by_tls() {
    let (near, mut far) = tokio::io::duplex(4096);
    let near = std::sync::Mutex::new(Some(near));
    let mut session = session(&Gateway::start().await);
    session.stream_url = "wss://ssmmessages.eu-central-1.amazonaws.com/v1".into();
    let options = Options {
        connect: Arc::new(move |host, port| {
            assert_eq!(host, "ssmmessages.eu-central-1.amazonaws.com");
            assert_eq!(port, 443);
            let stream = near.lock().unwrap().take();
            Box::pin(async move {
                let stream = stream.ok_or(std::io::Error::other("once only"))?;
                Ok(Box::new(stream) as Box<dyn ssm_channel::Stream>)
            })
        }),
        ..Options::default()
    };
    let client = Client::start(session, Aws::default(), options);
    let mut header = [0; 5];
    within_timeout(far.read_exact(&mut header)).await.unwrap();
    assert_eq!(header[..2], [22, 3], "a handshake record");
    let mut hello = vec![0; u16::from_be_bytes([header[3], header[4]]).into()];
    within_timeout(far.read_exact(&mut hello)).await.unwrap();
    let name = b"ssmmessages.eu-central-1.amazonaws.com";
    assert!(hello.windows(name.len()).any(|window| window == name));
    drop(far);
    let fault = client.end().await.unwrap_err();
    assert!(
        matches!(fault, SessionError::CouldNotConnect { .. }),
        "{fault}"
    );
}
