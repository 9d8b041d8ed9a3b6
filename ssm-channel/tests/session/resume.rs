//! Sessions continue on a new connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ssm_channel::testing::{Agent, ClientMessage, Frame, Gateway, GatewayConnection, kind};
use ssm_channel::{Notice, Options, ResumeError, Resumed, Secret, SessionError, tcp};

use crate::client::{Aws, Client, ms, random_bytes, resumed, session, within_timeout};

#[tokio::test]
async fn after_the_hourly_close_sequence_numbers_continue() {
    let gateway = Gateway::start().await;
    let aws = Aws::with_resumes([resumed("second-token"), resumed("third-token")]);
    let mut client = Client::start(session(&gateway), aws, Options::default());
    let mut agent = Agent::accept(&gateway).await;
    let id = agent.connection().client_id.clone();
    agent.output("one").await;
    assert_eq!(client.stdout(3).await, b"one");
    client.type_in("1").await;
    assert_eq!(
        within_timeout(agent.receive()).await,
        ClientMessage::Input("1".into())
    );
    for (token, input) in [("second-token", "2"), ("third-token", "3")] {
        within_timeout(agent.close_and_resume(&gateway, 1000)).await;
        assert_eq!(agent.connection().token, token);
        assert_eq!(agent.connection().client_id, id);
        client.notice(Notice::ConnectionLost).await;
        client.notice(Notice::ConnectionResumed).await;
        agent.output("more").await;
        assert_eq!(client.stdout(4).await, b"more");
        client.type_in(input).await;
        assert_eq!(
            within_timeout(agent.receive()).await,
            ClientMessage::Input(input.into())
        );
    }
    agent.close("").await;
    assert_eq!(client.end().await, Ok(None));
}

#[tokio::test]
async fn cut_connections_lose_nothing() {
    let gateway = Gateway::start().await;
    let aws = Aws::with_resumes([resumed("a"), resumed("b"), resumed("c")]);
    let mut client = Client::start(session(&gateway), aws, Options::default());
    let mut agent = Agent::accept(&gateway).await;
    let text = random_bytes(300_000);
    let input = client.input.clone();
    let paste = text.clone();
    tokio::spawn(async move {
        let paste = ssm_channel::Input::Bytes(paste.into());
        input.send(paste).await.unwrap();
    });
    let sent = text.clone();
    let serving = tokio::spawn(async move {
        let mut input = Vec::new();
        for piece in sent.chunks(75_000) {
            agent.output(piece.to_vec()).await;
            input.extend(agent.input(20_000).await);
            if input.len() < 80_000 {
                agent.connection().cut().await;
                agent.resume(&gateway).await;
            }
        }
        agent.wait_for_acknowledgements().await;
        input.extend(agent.input(300_000 - input.len()).await);
        input
    });
    let mut received = Vec::new();
    let mut lost = 0;
    while received.len() < text.len() {
        match client.next().await {
            Some(ssm_channel::Output::Bytes(bytes)) => received.extend_from_slice(&bytes),
            Some(ssm_channel::Output::Notice(Notice::ConnectionLost)) => lost += 1,
            Some(_) => {}
            None => panic!("it ended: {:?}", client.end().await),
        }
    }
    assert!(received == text, "the output differs");
    assert!(
        within_timeout(serving).await.unwrap() == text,
        "the input differs"
    );
    assert_eq!(lost, 3);
}

/// A single message could also arrive by ordinary retransmission.
async fn second_input(connection: &mut GatewayConnection) -> Frame {
    loop {
        if let input @ Frame::Input { sequence: 1, .. } = connection.receive().await {
            return input;
        }
    }
}

#[tokio::test]
async fn unacknowledged_input_is_sent_on_the_new_connection() {
    let gateway = Gateway::start().await;
    let aws = Aws::with_resumes([resumed("second-token")]);
    let client = Client::start(session(&gateway), aws, Options::default());
    let mut connection = gateway.accept().await;
    connection
        .send(GatewayConnection::message(0, kind::OUTPUT, "$ "))
        .await;
    client.type_in("a").await;
    client.type_in("b").await;
    let first = within_timeout(second_input(&mut connection)).await;
    connection.cut().await;
    let mut connection = within_timeout(gateway.accept()).await;
    let again = within_timeout(second_input(&mut connection)).await;
    assert_eq!(again, first);
}

#[tokio::test]
async fn a_new_stream_url_is_used() {
    let (gateway, other) = (Gateway::start().await, Gateway::start().await);
    let aws = Aws::with_resumes([Ok(Resumed {
        token: Secret::new("second-token"),
        stream_url: Some(other.url()),
    })]);
    let mut client = Client::start(session(&gateway), aws, Options::default());
    let mut agent = Agent::accept(&gateway).await;
    agent.output("$ ").await;
    assert_eq!(client.stdout(2).await, b"$ ");
    agent.connection().cut().await;
    within_timeout(agent.resume(&other)).await;
    agent.output("there").await;
    client.notice(Notice::ConnectionLost).await;
    client.notice(Notice::ConnectionResumed).await;
    assert_eq!(client.stdout(5).await, b"there");
}

async fn failed_resume(aws: Aws, options: Options) -> SessionError {
    let gateway = Gateway::start().await;
    let mut client = Client::start(session(&gateway), aws, options);
    let mut agent = Agent::accept(&gateway).await;
    agent.output("$ ").await;
    assert_eq!(client.stdout(2).await, b"$ ");
    agent.connection().close(1000).await;
    client.notice(Notice::ConnectionLost).await;
    client.end().await.unwrap_err()
}

#[tokio::test]
async fn a_denied_resume_is_reported() {
    let why = "not authorized to perform ssm:ResumeSession";
    let aws = Aws::with_resumes([Err(ResumeError::Denied(why.into()))]);
    let fault = failed_resume(aws, Options::default()).await;
    assert_eq!(
        fault.to_string(),
        "the connection was lost (the gateway closed the connection) and the session could not be resumed: \
         not authorized to perform ssm:ResumeSession"
    );
}

#[tokio::test]
async fn a_session_that_ended_meanwhile_is_expired() {
    let gone = Aws::with_resumes([]);
    assert_eq!(
        failed_resume(gone, Options::default()).await,
        SessionError::Expired
    );
    let timed_out = Aws::with_resumes([resumed("")]);
    assert_eq!(
        failed_resume(timed_out, Options::default()).await,
        SessionError::Expired
    );
}

#[tokio::test]
async fn unavailable_calls_are_retried_for_a_while() {
    let unavailable = || Err(ResumeError::Unavailable("no network".into()));
    let gateway = Gateway::start().await;
    let aws = Aws::with_resumes([unavailable(), unavailable(), resumed("second-token")]);
    let mut client = Client::start(session(&gateway), aws.clone(), Options::default());
    let mut agent = Agent::accept(&gateway).await;
    agent.output("$ ").await;
    assert_eq!(client.stdout(2).await, b"$ ");
    within_timeout(agent.close_and_resume(&gateway, 1001)).await;
    client.notice(Notice::ConnectionLost).await;
    client.notice(Notice::ConnectionResumed).await;
    let short = Options {
        resume_timeout: ms(150),
        ..Options::default()
    };
    let aws = Aws::with_resumes([unavailable(), unavailable(), unavailable()]);
    let SessionError::Lost { resume_error, .. } = failed_resume(aws, short).await else {
        panic!("it was not lost");
    };
    assert_eq!(resume_error, "no network");
}

#[tokio::test]
async fn a_network_that_is_down_for_a_while_is_retried() {
    let gateway = Gateway::start().await;
    let up = Arc::new(AtomicBool::new(true));
    let network = up.clone();
    let direct = tcp();
    let options = Options {
        connect: Arc::new(move |host, port| match network.load(Ordering::Relaxed) {
            true => direct(host, port),
            false => Box::pin(async { Err(std::io::Error::other("down")) }),
        }),
        ..Options::default()
    };
    let aws = Aws::with_resumes(std::array::from_fn::<_, 20, _>(|_| resumed("again")));
    let mut client = Client::start(session(&gateway), aws, options);
    let mut agent = Agent::accept(&gateway).await;
    agent.output("$ ").await;
    assert_eq!(client.stdout(2).await, b"$ ");
    up.store(false, Ordering::Relaxed);
    agent.connection().cut().await;
    client.notice(Notice::ConnectionLost).await;
    tokio::time::sleep(ms(500)).await;
    up.store(true, Ordering::Relaxed);
    within_timeout(agent.resume(&gateway)).await;
    client.notice(Notice::ConnectionResumed).await;
}

#[tokio::test]
async fn the_caller_can_cancel_while_reconnecting() {
    let gateway = Gateway::start().await;
    let unavailable = |_| Err(ResumeError::Unavailable("no network".into()));
    let aws = Aws::with_resumes(std::array::from_fn::<_, 20, _>(unavailable));
    let mut client = Client::start(session(&gateway), aws, Options::default());
    let mut agent = Agent::accept(&gateway).await;
    agent.output("$ ").await;
    assert_eq!(client.stdout(2).await, b"$ ");
    agent.connection().cut().await;
    client.notice(Notice::ConnectionLost).await;
    client.cancel.cancel();
    assert_eq!(client.end().await, Err(SessionError::Cancelled));
}

#[tokio::test]
async fn the_size_is_sent_again() {
    let gateway = Gateway::start().await;
    let aws = Aws::with_resumes([resumed("second-token")]);
    let client = Client::start(session(&gateway), aws, Options::default());
    let mut agent = Agent::accept(&gateway).await;
    agent.output("$ ").await;
    let size = ssm_channel::Input::Size {
        columns: 80,
        rows: 24,
    };
    client.input.send(size).await.unwrap();
    let client_message = ClientMessage::Size {
        columns: 80,
        rows: 24,
    };
    assert_eq!(within_timeout(agent.receive()).await, client_message);
    within_timeout(agent.close_and_resume(&gateway, 1000)).await;
    assert_eq!(within_timeout(agent.receive()).await, client_message);
}

#[tokio::test]
async fn a_gateway_that_accepts_and_closes_is_not_retried_forever() {
    let gateway = Gateway::start().await;
    let aws = Aws::with_resumes(std::array::from_fn::<_, 100, _>(|_| resumed("again")));
    let options = Options {
        resume_timeout: ms(800),
        ..Options::default()
    };
    let client = Client::start(session(&gateway), aws, options);
    // The waits between attempts grow until accepting times out; then the gateway is gone.
    let refusing = tokio::spawn(async move {
        let mut times = 0;
        while let Ok(mut connection) = tokio::time::timeout(ms(1500), gateway.accept()).await {
            connection.close(1008).await;
            times += 1;
        }
        times
    });
    let mut client = client;
    while client.next().await.is_some() {}
    let times = refusing.await.unwrap();
    assert!((1..=6).contains(&times), "{times}");
    assert!(client.end().await.is_err());
}
