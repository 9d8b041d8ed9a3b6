//! Back-pressure, pauses, and connections without answers.

use ssm_channel::testing::{Agent, ClientMessage, Frame, Gateway, GatewayConnection, kind};
use ssm_channel::{Notice, Options, SessionError};

use crate::client::{Aws, Client, ms, random_bytes, resumed, session, within_timeout};

#[tokio::test]
async fn nothing_is_sent_during_a_pause() {
    let gateway = Gateway::start().await;
    let mut client = Client::join(&gateway);
    let mut connection = gateway.accept().await;
    connection
        .send(GatewayConnection::message(0, kind::OUTPUT, "$ "))
        .await;
    client.started().await;
    client.type_in("a").await;
    // Without an acknowledgement, the message would be retransmitted.
    while !matches!(
        within_timeout(connection.receive()).await,
        Frame::Input { .. }
    ) {}
    connection
        .send(GatewayConnection::pause_publication())
        .await;
    connection.wait_until_read().await;
    client.type_in("b").await;
    let mut agent = Agent::on(connection);
    assert!(agent.receives_nothing_for(ms(700)).await);
    agent
        .connection()
        .send(GatewayConnection::start_publication())
        .await;
    assert_eq!(within_timeout(agent.input(2)).await, b"ab");
    assert_eq!(agent.repeats, 0);
}

#[tokio::test]
async fn a_long_pause_is_announced_and_probed() {
    let gateway = Gateway::start().await;
    let mut client = Client::join(&gateway);
    let mut connection = gateway.accept().await;
    connection
        .send(GatewayConnection::message(0, kind::OUTPUT, "$ "))
        .await;
    client.started().await;
    client.stdout(2).await;
    connection
        .send(GatewayConnection::pause_publication())
        .await;
    connection.wait_until_read().await;
    client.type_in("a").await;
    client.notice(Notice::AgentDisconnected).await;
    // The message that ends the pause is lost, but the arriving input is acknowledged.
    let mut agent = Agent::on(connection);
    assert_eq!(
        within_timeout(agent.receive()).await,
        ClientMessage::Input("a".into())
    );
    client.notice(Notice::AgentReconnected).await;
    client.type_in("b").await;
    assert_eq!(
        within_timeout(agent.receive()).await,
        ClientMessage::Input("b".into())
    );
}

#[tokio::test]
async fn a_slow_caller_pauses_the_agent_without_loss() {
    let gateway = Gateway::start().await;
    let mut client = Client::join(&gateway);
    let mut agent = Agent::accept(&gateway).await;
    let text = random_bytes(3 << 20);
    let sent = text.clone();
    let mut sending = tokio::spawn(async move {
        agent.output(sent).await;
        agent.wait_for_acknowledgements().await;
        agent
    });
    let stuck = tokio::time::timeout(ms(2000), &mut sending).await;
    assert!(stuck.is_err(), "the agent was not paused");
    // Keys are still sent: this is when Ctrl-C is needed.
    client.type_in("\x03").await;
    assert!(client.stdout(text.len()).await == text);
    let mut agent = within_timeout(sending).await.unwrap();
    assert_eq!(
        within_timeout(agent.receive()).await,
        ClientMessage::Input("\x03".into())
    );
}

#[tokio::test]
async fn an_agent_that_accepts_no_input_pauses_the_caller() {
    let gateway = Gateway::start().await;
    let client = Client::join(&gateway);
    let mut connection = gateway.accept().await;
    connection
        .send(GatewayConnection::message(0, kind::OUTPUT, "$ "))
        .await;
    let mut sent = 0;
    // The channel holds 8 messages, the window 64, and one is being split.
    while tokio::time::timeout(ms(2000), client.type_in("x"))
        .await
        .is_ok()
    {
        sent += 1;
    }
    assert!((70..=74).contains(&sent), "{sent}");
    let mut agent = Agent::on(connection);
    assert_eq!(within_timeout(agent.input(sent)).await, vec![b'x'; sent]);
}

#[tokio::test]
async fn a_stalled_agent_times_out() {
    let gateway = Gateway::start().await;
    let options = Options {
        stall_timeout: ms(700),
        ..Options::default()
    };
    let mut client = Client::start(session(&gateway), Aws::default(), options);
    let mut connection = gateway.accept().await;
    connection
        .send(GatewayConnection::message(0, kind::OUTPUT, "$ "))
        .await;
    client.started().await;
    client.type_in("x").await;
    assert_eq!(
        client.end().await,
        Err(SessionError::AgentStalled { waited: ms(700) })
    );
}

fn short_keep_alive() -> Options {
    Options {
        keep_alive: ms(400),
        ..Options::default()
    }
}

#[tokio::test]
async fn pings_keep_a_quiet_connection() {
    let gateway = Gateway::start().await;
    let mut client = Client::start(session(&gateway), Aws::default(), short_keep_alive());
    let mut connection = gateway.accept().await;
    connection
        .send(GatewayConnection::message(0, kind::OUTPUT, "$ "))
        .await;
    let mut pings = 0;
    // Without pongs, it would be closed after two and a half intervals.
    while pings < 5 {
        match within_timeout(connection.receive()).await {
            Frame::Ping => pings += 1,
            Frame::Closed => panic!("the pings were answered"),
            _ => {}
        }
    }
    assert_eq!(client.stdout(2).await, b"$ ");
}

#[tokio::test]
async fn an_unanswered_connection_is_reopened() {
    let gateway = Gateway::start().await;
    let aws = Aws::with_resumes([resumed("second-token")]);
    let mut client = Client::start(session(&gateway), aws, short_keep_alive());
    let mut agent = Agent::accept(&gateway).await;
    agent.output("$ ").await;
    agent.wait_for_acknowledgements().await;
    assert_eq!(client.stdout(2).await, b"$ ");
    // From here on, the gateway does not read, so pings are not answered.
    client.notice(Notice::ConnectionLost).await;
    within_timeout(agent.resume(&gateway)).await;
    client.notice(Notice::ConnectionResumed).await;
    agent.output("here").await;
    assert_eq!(client.stdout(4).await, b"here");
}

fn short_no_answer() -> Options {
    Options {
        no_answer_after: ms(1000),
        ..Options::default()
    }
}

#[tokio::test]
async fn a_stall_and_its_end_are_announced() {
    let gateway = Gateway::start().await;
    let mut client = Client::start(session(&gateway), Aws::default(), short_no_answer());
    let mut connection = gateway.accept().await;
    connection
        .send(GatewayConnection::message(0, kind::OUTPUT, "$ "))
        .await;
    client.started().await;
    assert_eq!(client.stdout(2).await, b"$ ");
    client.type_in("x").await;
    client.notice(Notice::NoAnswer { waited: ms(1000) }).await;
    let id = loop {
        if let Frame::Input { id, .. } = within_timeout(connection.receive()).await {
            break id;
        }
    };
    connection
        .send(GatewayConnection::acknowledgement(0, id))
        .await;
    client.notice(Notice::Answering).await;
}

/// A quiet program is no stall if no input is unacknowledged: the gateway answers the pings.
#[tokio::test]
async fn a_quiet_program_is_not_announced() {
    let gateway = Gateway::start().await;
    let options = Options {
        keep_alive: ms(400),
        ..short_no_answer()
    };
    let mut client = Client::start(session(&gateway), Aws::default(), options);
    let mut agent = Agent::accept(&gateway).await;
    agent.output("$ ").await;
    client.started().await;
    assert_eq!(client.stdout(2).await, b"$ ");
    assert!(agent.receives_nothing_for(ms(2000)).await);
    agent.output("done").await;
    assert_eq!(client.stdout(4).await, b"done");
}

/// A new connection would fail in the same way, so none is opened.
#[tokio::test]
async fn a_frame_over_the_limit_ends_the_session() {
    let gateway = Gateway::start().await;
    let aws = Aws::with_resumes([resumed("second-token")]);
    let mut client = Client::start(session(&gateway), aws, Options::default());
    let mut connection = gateway.accept().await;
    connection
        .send(GatewayConnection::message(0, kind::OUTPUT, "$ "))
        .await;
    assert_eq!(client.stdout(2).await, b"$ ");
    let large = GatewayConnection::message(1, kind::OUTPUT, vec![b'x'; 5 << 20]);
    let sending = tokio::spawn(async move { connection.send(large).await });
    let error = client.end().await.unwrap_err();
    assert!(matches!(error, SessionError::Protocol(_)), "{error}");
    sending.abort();
}
