//! Frames that are lost, doubled, late, or none.

use ssm_channel::testing::{Agent, Frame, Heard, Line, Peer, Weather, kind};
use ssm_channel::{Ended, Input};

use crate::client::{Client, ms, noise, soon};

async fn through(weather: Weather, length: usize) -> Agent {
    let peer = Peer::start().await;
    let mut client = Client::join(&peer);
    let mut agent = Agent::accept(&peer).await.in_weather(weather);
    let text = noise(length);
    agent.output(text.clone()).await;
    let (_, received) = tokio::join!(soon(agent.settle()), client.stdout(length));
    assert!(received == text, "the output differs");
    let input = text.clone();
    client.input.send(Input::Bytes(input.into())).await.unwrap();
    let sent = soon(agent.input(length)).await;
    assert!(sent == text, "the input differs");
    agent
}

#[tokio::test]
async fn a_tenth_is_lost() {
    let weather = Weather {
        lost: 10,
        ..Weather::default()
    };
    through(weather, 30_000).await;
}

#[tokio::test]
async fn everything_comes_twice() {
    let weather = Weather {
        twice: 100,
        ..Weather::default()
    };
    let agent = through(weather, 100_000).await;
    assert_eq!(agent.repeats, 0, "the client sent nothing twice");
}

#[tokio::test]
async fn half_comes_late() {
    let weather = Weather {
        late: 50,
        ..Weather::default()
    };
    through(weather, 100_000).await;
}

#[tokio::test]
async fn all_of_it() {
    let weather = Weather {
        lost: 5,
        twice: 20,
        late: 20,
    };
    through(weather, 40_000).await;
}

async fn acknowledged(line: &mut Line) -> i64 {
    loop {
        if let Frame::Acknowledged(sequence) = soon(line.receive()).await {
            return sequence;
        }
    }
}

#[tokio::test]
async fn what_was_here_before_is_acknowledged_again() {
    let peer = Peer::start().await;
    let mut client = Client::join(&peer);
    let mut line = peer.line().await;
    let (first, second) = (
        Line::message(0, kind::OUTPUT, "a"),
        Line::message(1, kind::OUTPUT, "b"),
    );
    for (frame, sequence) in [
        (&second, 1),
        (&second, 1),
        (&first, 0),
        (&first, 0),
        (&second, 1),
    ] {
        line.send(frame.clone()).await;
        assert_eq!(acknowledged(&mut line).await, sequence);
    }
    assert_eq!(client.stdout(2).await, b"ab");
}

#[tokio::test]
async fn a_handshake_that_arrives_out_of_order_is_still_one() {
    let peer = Peer::start().await;
    let mut client = Client::join(&peer);
    let mut line = peer.line().await;
    let request = r#"{"RequestedClientActions":[{"ActionType":"SessionType","ActionParameters":{"SessionType":"Standard_Stream"}}]}"#;
    line.send(Line::message(2, kind::OUTPUT, "$ ")).await;
    line.send(Line::message(1, kind::HANDSHAKE_COMPLETE, "{}"))
        .await;
    line.send(Line::message(0, kind::HANDSHAKE_REQUEST, request))
        .await;
    client.started().await;
    assert_eq!(client.stdout(2).await, b"$ ");
}

#[tokio::test]
async fn garbage_is_passed_over() {
    let peer = Peer::start().await;
    let mut client = Client::join(&peer);
    let mut agent = Agent::accept(&peer).await;
    agent.output("a").await;
    let line = agent.line();
    let mut damaged = Line::message(1, kind::OUTPUT, "never").to_vec();
    damaged[121] ^= 1;
    let mut headless = Line::message(1, kind::OUTPUT, "never").to_vec();
    headless[..4].copy_from_slice(&u32::MAX.to_be_bytes());
    let mut unknown = Line::message(1, kind::OUTPUT, "never").to_vec();
    unknown[4..10].copy_from_slice(b"insect");
    for frame in [
        Vec::new(),
        vec![0; 119],
        vec![0; 500],
        noise(3000),
        damaged,
        headless,
        unknown,
    ] {
        line.send(frame.into()).await;
    }
    line.send_text("{\"message\": \"hello\"}").await;
    line.send(Line::message(i64::MIN, kind::OUTPUT, "never"))
        .await;
    line.send(Line::message(i64::MAX, kind::OUTPUT, "never"))
        .await;
    agent.say(99, "a kind of tomorrow").await;
    agent.say(2, "an error without a meaning").await;
    agent.say(kind::EXIT_CODE, "EXIT_CODE: many").await;
    agent.say(kind::SIZE, "{}").await;
    agent.output("b").await;
    assert_eq!(client.stdout(2).await, b"ab");
    agent.close("").await;
    assert_eq!(client.end().await, Ok(Ended::Closed { message: None }));
}

#[tokio::test]
async fn a_message_in_a_text_frame_is_a_message() {
    let peer = Peer::start().await;
    let mut client = Client::join(&peer);
    let mut agent = Agent::accept(&peer).await;
    agent.output("$ ").await;
    client.started().await;
    client.stdout(2).await;
    // No message is all text but one of the gateway's own, which leaves its header empty.
    let mut frame = vec![0; 120];
    frame[3] = 116;
    frame[4..21].copy_from_slice(b"pause_publication");
    let text = std::str::from_utf8(&frame).unwrap();
    agent.line().send_text(text).await;
    tokio::time::sleep(ms(50)).await;
    client.type_in("x").await;
    assert!(agent.is_quiet(ms(300)).await, "the pause was not heard");
    agent.line().send(Line::start_publication()).await;
    assert_eq!(soon(agent.hear()).await, Heard::Input("x".into()));
}

#[tokio::test]
async fn input_is_sent_again_until_it_is_acknowledged() {
    let peer = Peer::start().await;
    let client = Client::join(&peer);
    let mut line = peer.line().await;
    line.send(Line::message(0, kind::OUTPUT, "$ ")).await;
    client.type_in("x").await;
    let mut seen = Vec::new();
    while seen.len() < 3 {
        if let Frame::Input { sequence, id, .. } = soon(line.receive()).await {
            seen.push((sequence, id));
        }
    }
    assert!(seen.iter().all(|again| *again == seen[0]), "{seen:?}");
    line.send(Line::acknowledgement(0, seen[0].1)).await;
    let mut agent = Agent::on(line);
    assert!(agent.is_quiet(ms(600)).await);
    assert_eq!(agent.repeats, 0);
}
