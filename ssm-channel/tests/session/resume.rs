//! Connections that break, and sessions that go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ssm_channel::testing::{Agent, Frame, Heard, Line, Peer, kind};
use ssm_channel::{Ended, Notice, Options, ResumeError, Resumed, Secret, SessionError, tcp};

use crate::client::{Aws, Client, ms, noise, resumed, session, soon};

#[tokio::test]
async fn after_the_hourly_farewell_it_goes_on_with_the_next_number() {
    let peer = Peer::start().await;
    let aws = Aws::with_resumes([resumed("second-token"), resumed("third-token")]);
    let mut client = Client::start(session(&peer), aws, Options::default());
    let mut agent = Agent::accept(&peer).await;
    let id = agent.line().client_id.clone();
    agent.output("one").await;
    assert_eq!(client.stdout(3).await, b"one");
    client.type_in("1").await;
    assert_eq!(soon(agent.hear()).await, Heard::Input("1".into()));
    for (token, input) in [("second-token", "2"), ("third-token", "3")] {
        soon(agent.change_lines(&peer, 1000)).await;
        assert_eq!(agent.line().token, token);
        assert_eq!(agent.line().client_id, id);
        client.notice(Notice::Lost).await;
        client.notice(Notice::Resumed).await;
        agent.output("more").await;
        assert_eq!(client.stdout(4).await, b"more");
        client.type_in(input).await;
        assert_eq!(soon(agent.hear()).await, Heard::Input(input.into()));
    }
    agent.close("").await;
    assert_eq!(client.end().await, Ok(Ended::Closed { message: None }));
}

#[tokio::test]
async fn cut_off_in_the_middle_of_everything_it_loses_nothing() {
    let peer = Peer::start().await;
    let aws = Aws::with_resumes([resumed("a"), resumed("b"), resumed("c")]);
    let mut client = Client::start(session(&peer), aws, Options::default());
    let mut agent = Agent::accept(&peer).await;
    let text = noise(300_000);
    let input = client.input.clone();
    let paste = text.clone();
    tokio::spawn(async move {
        let paste = ssm_channel::Input::Bytes(paste.into());
        input.send(paste).await.unwrap();
    });
    let sent = text.clone();
    let serving = tokio::spawn(async move {
        let mut heard = Vec::new();
        for piece in sent.chunks(75_000) {
            agent.output(piece.to_vec()).await;
            heard.extend(agent.input(20_000).await);
            if heard.len() < 80_000 {
                agent.line().cut().await;
                agent.resume(&peer).await;
            }
        }
        agent.settle().await;
        heard.extend(agent.input(300_000 - heard.len()).await);
        heard
    });
    let mut received = Vec::new();
    let mut lost = 0;
    while received.len() < text.len() {
        match client.next().await {
            Some(ssm_channel::Output::Stdout(bytes)) => received.extend_from_slice(&bytes),
            Some(ssm_channel::Output::Notice(Notice::Lost)) => lost += 1,
            Some(_) => {}
            None => panic!("it ended: {:?}", client.end().await),
        }
    }
    assert!(received == text, "the output differs");
    assert!(soon(serving).await.unwrap() == text, "the input differs");
    assert_eq!(lost, 3);
}

/// The first alone would also come by being sent again in its turn.
async fn second_input(line: &mut Line) -> Frame {
    loop {
        if let input @ Frame::Input { sequence: 1, .. } = line.receive().await {
            return input;
        }
    }
}

#[tokio::test]
async fn what_was_not_acknowledged_is_sent_on_the_new_connection() {
    let peer = Peer::start().await;
    let aws = Aws::with_resumes([resumed("second-token")]);
    let client = Client::start(session(&peer), aws, Options::default());
    let mut line = peer.line().await;
    line.send(Line::message(0, kind::OUTPUT, "$ ")).await;
    client.type_in("a").await;
    client.type_in("b").await;
    let first = soon(second_input(&mut line)).await;
    line.cut().await;
    let mut line = soon(peer.line()).await;
    let again = soon(second_input(&mut line)).await;
    assert_eq!(again, first);
}

#[tokio::test]
async fn a_new_address_is_used_where_there_is_one() {
    let (peer, other) = (Peer::start().await, Peer::start().await);
    let aws = Aws::with_resumes([Ok(Resumed {
        token: Secret::new("second-token"),
        stream_url: Some(other.url()),
    })]);
    let mut client = Client::start(session(&peer), aws, Options::default());
    let mut agent = Agent::accept(&peer).await;
    agent.output("$ ").await;
    assert_eq!(client.stdout(2).await, b"$ ");
    agent.line().cut().await;
    soon(agent.resume(&other)).await;
    agent.output("there").await;
    client.notice(Notice::Lost).await;
    client.notice(Notice::Resumed).await;
    assert_eq!(client.stdout(5).await, b"there");
}

async fn broken(aws: Aws, options: Options) -> SessionError {
    let peer = Peer::start().await;
    let mut client = Client::start(session(&peer), aws, options);
    let mut agent = Agent::accept(&peer).await;
    agent.output("$ ").await;
    assert_eq!(client.stdout(2).await, b"$ ");
    agent.line().close(1000).await;
    client.notice(Notice::Lost).await;
    client.end().await.unwrap_err()
}

#[tokio::test]
async fn it_may_not_be_resumed() {
    let why = "not authorized to perform ssm:ResumeSession";
    let aws = Aws::with_resumes([Err(ResumeError::Denied(why.into()))]);
    let fault = broken(aws, Options::default()).await;
    assert_eq!(
        fault.to_string(),
        "the connection was lost (the gateway closed the connection) and the session could not be resumed: \
         not authorized to perform ssm:ResumeSession"
    );
}

#[tokio::test]
async fn it_is_over_meanwhile() {
    let gone = Aws::with_resumes([]);
    assert_eq!(broken(gone, Options::default()).await, SessionError::Gone);
    let timed_out = Aws::with_resumes([resumed("")]);
    assert_eq!(
        broken(timed_out, Options::default()).await,
        SessionError::Gone
    );
}

#[tokio::test]
async fn aws_is_out_of_reach_for_a_while() {
    let unavailable = || Err(ResumeError::Unavailable("no network".into()));
    let peer = Peer::start().await;
    let aws = Aws::with_resumes([unavailable(), unavailable(), resumed("second-token")]);
    let mut client = Client::start(session(&peer), aws.clone(), Options::default());
    let mut agent = Agent::accept(&peer).await;
    agent.output("$ ").await;
    assert_eq!(client.stdout(2).await, b"$ ");
    soon(agent.change_lines(&peer, 1001)).await;
    client.notice(Notice::Lost).await;
    client.notice(Notice::Resumed).await;
    let impatient = Options {
        resume_for: ms(150),
        ..Options::default()
    };
    let aws = Aws::with_resumes([unavailable(), unavailable(), unavailable()]);
    let SessionError::Lost {
        could_not_resume, ..
    } = broken(aws, impatient).await
    else {
        panic!("it was not lost");
    };
    assert_eq!(could_not_resume, "no network");
}

#[tokio::test]
async fn a_network_that_is_down_for_a_while() {
    let peer = Peer::start().await;
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
    let mut client = Client::start(session(&peer), aws, options);
    let mut agent = Agent::accept(&peer).await;
    agent.output("$ ").await;
    assert_eq!(client.stdout(2).await, b"$ ");
    up.store(false, Ordering::Relaxed);
    agent.line().cut().await;
    client.notice(Notice::Lost).await;
    tokio::time::sleep(ms(500)).await;
    up.store(true, Ordering::Relaxed);
    soon(agent.resume(&peer)).await;
    client.notice(Notice::Resumed).await;
}

#[tokio::test]
async fn the_caller_gives_up_while_it_is_broken() {
    let peer = Peer::start().await;
    let unavailable = |_| Err(ResumeError::Unavailable("no network".into()));
    let aws = Aws::with_resumes(std::array::from_fn::<_, 20, _>(unavailable));
    let mut client = Client::start(session(&peer), aws, Options::default());
    let mut agent = Agent::accept(&peer).await;
    agent.output("$ ").await;
    assert_eq!(client.stdout(2).await, b"$ ");
    agent.line().cut().await;
    client.notice(Notice::Lost).await;
    client.cancel.cancel();
    assert_eq!(client.end().await, Ok(Ended::Cancelled));
}

#[tokio::test]
async fn the_size_is_told_again() {
    let peer = Peer::start().await;
    let aws = Aws::with_resumes([resumed("second-token")]);
    let client = Client::start(session(&peer), aws, Options::default());
    let mut agent = Agent::accept(&peer).await;
    agent.output("$ ").await;
    let size = ssm_channel::Input::Size {
        columns: 80,
        rows: 24,
    };
    client.input.send(size).await.unwrap();
    let heard = Heard::Size {
        columns: 80,
        rows: 24,
    };
    assert_eq!(soon(agent.hear()).await, heard);
    soon(agent.change_lines(&peer, 1000)).await;
    assert_eq!(soon(agent.hear()).await, heard);
}

#[tokio::test]
async fn a_gateway_that_accepts_and_closes_is_not_asked_for_ever() {
    let peer = Peer::start().await;
    let aws = Aws::with_resumes(std::array::from_fn::<_, 100, _>(|_| resumed("again")));
    let options = Options {
        resume_for: ms(800),
        ..Options::default()
    };
    let client = Client::start(session(&peer), aws, options);
    let refusing = tokio::spawn(async move {
        let mut times = 0;
        while let Ok(mut line) = tokio::time::timeout(ms(1500), peer.line()).await {
            line.close(1008).await;
            times += 1;
        }
        times
    });
    let Client {
        input, mut output, ..
    } = client;
    while soon(output.recv()).await.is_some() {}
    drop(input);
    let times = soon(refusing).await.unwrap();
    assert!((3..=6).contains(&times), "{times}");
}
