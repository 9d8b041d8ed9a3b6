//! Back-pressure, pauses, and a connection on which nobody answers.

use std::time::Duration;

use ssm_channel::testing::{Agent, Frame, Heard, Line, Peer, kind};
use ssm_channel::{Notice, Options, SessionError};

use crate::client::{Aws, Client, ms, noise, resumed, session, soon};

#[tokio::test]
async fn nothing_is_sent_during_a_pause() {
    let peer = Peer::start().await;
    let mut client = Client::join(&peer);
    let mut line = peer.line().await;
    line.send(Line::message(0, kind::OUTPUT, "$ ")).await;
    client.started().await;
    client.type_in("a").await;
    // Not acknowledged: it would be sent again.
    while !matches!(soon(line.receive()).await, Frame::Input { .. }) {}
    line.send(Line::pause_publication()).await;
    tokio::time::sleep(ms(50)).await;
    client.type_in("b").await;
    let mut agent = Agent::on(line);
    assert!(agent.is_quiet(ms(700)).await);
    agent.line().send(Line::start_publication()).await;
    assert_eq!(soon(agent.input(2)).await, b"ab");
    assert_eq!(agent.repeats, 0);
}

#[tokio::test]
async fn a_long_pause_is_told_and_probed() {
    let peer = Peer::start().await;
    let mut client = Client::join(&peer);
    let mut line = peer.line().await;
    line.send(Line::message(0, kind::OUTPUT, "$ ")).await;
    client.started().await;
    client.stdout(2).await;
    line.send(Line::pause_publication()).await;
    tokio::time::sleep(ms(50)).await;
    client.type_in("a").await;
    client.notice(Notice::AgentAway).await;
    // The word that it is back is lost, and the input that comes all the same is answered.
    let mut agent = Agent::on(line);
    assert_eq!(soon(agent.hear()).await, Heard::Input("a".into()));
    client.notice(Notice::AgentBack).await;
    client.type_in("b").await;
    assert_eq!(soon(agent.hear()).await, Heard::Input("b".into()));
}

#[tokio::test]
async fn a_caller_who_does_not_receive_stops_the_agent_and_loses_nothing() {
    let peer = Peer::start().await;
    let mut client = Client::join(&peer);
    let mut agent = Agent::accept(&peer).await;
    let text = noise(3 << 20);
    let said = text.clone();
    let mut saying = tokio::spawn(async move {
        agent.output(said).await;
        agent.settle().await;
        agent
    });
    let stuck = tokio::time::timeout(ms(2000), &mut saying).await;
    assert!(stuck.is_err(), "all was taken though nobody received");
    // Keys go out meanwhile: this is when ^C is needed.
    client.type_in("\x03").await;
    assert!(client.stdout(text.len()).await == text);
    let mut agent = soon(saying).await.unwrap();
    assert_eq!(soon(agent.hear()).await, Heard::Input("\x03".into()));
}

#[tokio::test]
async fn an_agent_that_takes_no_input_stops_the_caller() {
    let peer = Peer::start().await;
    let client = Client::join(&peer);
    let mut line = peer.line().await;
    line.send(Line::message(0, kind::OUTPUT, "$ ")).await;
    let mut sent = 0;
    // The channel holds 8, the window 64, and one is being divided.
    while tokio::time::timeout(ms(200), client.type_in("x"))
        .await
        .is_ok()
    {
        sent += 1;
    }
    assert!((70..=74).contains(&sent), "{sent}");
    let mut agent = Agent::on(line);
    assert_eq!(soon(agent.input(sent)).await, vec![b'x'; sent]);
}

#[tokio::test]
async fn an_agent_that_has_stopped_for_good() {
    let peer = Peer::start().await;
    let options = Options {
        stall_timeout: ms(700),
        ..Options::default()
    };
    let mut client = Client::start(session(&peer), Aws::default(), options);
    let mut line = peer.line().await;
    line.send(Line::message(0, kind::OUTPUT, "$ ")).await;
    client.started().await;
    client.type_in("x").await;
    assert_eq!(
        client.end().await,
        Err(SessionError::AgentStalled { waited: ms(700) })
    );
}

fn impatient() -> Options {
    Options {
        keep_alive: ms(100),
        ..Options::default()
    }
}

#[tokio::test]
async fn pings_keep_a_quiet_connection() {
    let peer = Peer::start().await;
    let mut client = Client::start(session(&peer), Aws::default(), impatient());
    let mut line = peer.line().await;
    line.send(Line::message(0, kind::OUTPUT, "$ ")).await;
    let mut pings = 0;
    let _ = tokio::time::timeout(Duration::from_secs(1), async {
        loop {
            match line.receive().await {
                Frame::Ping => pings += 1,
                Frame::Closed => panic!("the pings were answered"),
                _ => {}
            }
        }
    })
    .await;
    assert!((7..=12).contains(&pings), "{pings}");
    assert_eq!(client.stdout(2).await, b"$ ");
}

#[tokio::test]
async fn where_nobody_answers_the_connection_is_made_anew() {
    let peer = Peer::start().await;
    let aws = Aws::with_resumes([resumed("second-token")]);
    let mut client = Client::start(session(&peer), aws, impatient());
    let mut agent = Agent::accept(&peer).await;
    agent.output("$ ").await;
    agent.settle().await;
    assert_eq!(client.stdout(2).await, b"$ ");
    // Nobody reads the line from here on, so no ping is answered.
    client.notice(Notice::Lost).await;
    soon(agent.resume(&peer)).await;
    client.notice(Notice::Resumed).await;
    agent.output("here").await;
    assert_eq!(client.stdout(4).await, b"here");
}

fn soon_silent() -> Options {
    Options {
        silent_after: ms(150),
        ..Options::default()
    }
}

#[tokio::test]
async fn a_silence_is_announced_and_so_is_its_end() {
    let peer = Peer::start().await;
    let mut client = Client::start(session(&peer), Aws::default(), soon_silent());
    let mut line = peer.line().await;
    line.send(Line::message(0, kind::OUTPUT, "$ ")).await;
    client.started().await;
    assert_eq!(client.stdout(2).await, b"$ ");
    client.type_in("x").await;
    client.notice(Notice::Silent { waited: ms(150) }).await;
    let id = loop {
        if let Frame::Input { id, .. } = soon(line.receive()).await {
            break id;
        }
    };
    line.send(Line::acknowledgement(0, id)).await;
    client.notice(Notice::AnswersAgain).await;
}

/// A program that thinks, with nothing typed meanwhile, is not silent: the gateway answers the pings.
#[tokio::test]
async fn nothing_to_answer_is_no_silence() {
    let peer = Peer::start().await;
    let options = Options {
        keep_alive: ms(50),
        ..soon_silent()
    };
    let mut client = Client::start(session(&peer), Aws::default(), options);
    let mut agent = Agent::accept(&peer).await;
    agent.output("$ ").await;
    client.started().await;
    assert_eq!(client.stdout(2).await, b"$ ");
    assert!(agent.is_quiet(ms(600)).await);
    agent.output("done").await;
    assert_eq!(client.stdout(4).await, b"done");
}

/// Another connection would end in the same way, so none is made.
#[tokio::test]
async fn a_frame_over_the_limit_ends_the_session() {
    let peer = Peer::start().await;
    let aws = Aws::with_resumes([resumed("second-token")]);
    let mut client = Client::start(session(&peer), aws, Options::default());
    let mut line = peer.line().await;
    line.send(Line::message(0, kind::OUTPUT, "$ ")).await;
    assert_eq!(client.stdout(2).await, b"$ ");
    let large = Line::message(1, kind::OUTPUT, vec![b'x'; 5 << 20]);
    let sending = tokio::spawn(async move { line.send(large).await });
    let error = client.end().await.unwrap_err();
    assert!(matches!(error, SessionError::Protocol(_)), "{error}");
    sending.abort();
}
