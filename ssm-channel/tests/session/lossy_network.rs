//! Frames that are lost, repeated, late, or damaged.

use ssm_channel::Input;
use ssm_channel::testing::{
    Agent, ClientMessage, Frame, Gateway, GatewayConnection, NetworkFaults, kind,
};

use crate::client::{Client, ms, random_bytes, within_timeout};

async fn transfer(faults: NetworkFaults, length: usize) -> Agent {
    let gateway = Gateway::start().await;
    let mut client = Client::join(&gateway);
    let mut agent = Agent::accept(&gateway).await.with_faults(faults);
    let text = random_bytes(length);
    agent.output(text.clone()).await;
    let (_, received) = tokio::join!(
        within_timeout(agent.wait_for_acknowledgements()),
        client.stdout(length)
    );
    assert!(received == text, "the output differs");
    let input = text.clone();
    client.input.send(Input::Bytes(input.into())).await.unwrap();
    let sent = within_timeout(agent.input(length)).await;
    assert!(sent == text, "the input differs");
    agent
}

#[tokio::test]
async fn lost_frames_lose_no_bytes() {
    let faults = NetworkFaults {
        lost: 10,
        ..NetworkFaults::default()
    };
    transfer(faults, 30_000).await;
}

#[tokio::test]
async fn repeated_frames_repeat_no_bytes() {
    let faults = NetworkFaults {
        twice: 100,
        ..NetworkFaults::default()
    };
    let agent = transfer(faults, 100_000).await;
    assert_eq!(agent.repeats, 0, "the client sent nothing twice");
}

#[tokio::test]
async fn late_frames_reorder_no_bytes() {
    let faults = NetworkFaults {
        late: 50,
        ..NetworkFaults::default()
    };
    transfer(faults, 100_000).await;
}

#[tokio::test]
async fn lost_repeated_and_late_frames_together_lose_no_bytes() {
    let faults = NetworkFaults {
        lost: 5,
        twice: 20,
        late: 20,
    };
    transfer(faults, 40_000).await;
}

async fn acknowledged(connection: &mut GatewayConnection) -> i64 {
    loop {
        if let Frame::Acknowledged(sequence) = within_timeout(connection.receive()).await {
            return sequence;
        }
    }
}

#[tokio::test]
async fn repeated_messages_are_acknowledged_again() {
    let gateway = Gateway::start().await;
    let mut client = Client::join(&gateway);
    let mut connection = gateway.accept().await;
    let (first, second) = (
        GatewayConnection::message(0, kind::OUTPUT, "a"),
        GatewayConnection::message(1, kind::OUTPUT, "b"),
    );
    for (frame, sequence) in [
        (&second, 1),
        (&second, 1),
        (&first, 0),
        (&first, 0),
        (&second, 1),
    ] {
        connection.send(frame.clone()).await;
        assert_eq!(acknowledged(&mut connection).await, sequence);
    }
    assert_eq!(client.stdout(2).await, b"ab");
}

#[tokio::test]
async fn a_reordered_handshake_succeeds() {
    let gateway = Gateway::start().await;
    let mut client = Client::join(&gateway);
    let mut connection = gateway.accept().await;
    let request = r#"{"RequestedClientActions":[{"ActionType":"SessionType","ActionParameters":{"SessionType":"Standard_Stream"}}]}"#;
    connection
        .send(GatewayConnection::message(2, kind::OUTPUT, "$ "))
        .await;
    connection
        .send(GatewayConnection::message(
            1,
            kind::HANDSHAKE_COMPLETE,
            "{}",
        ))
        .await;
    connection
        .send(GatewayConnection::message(
            0,
            kind::HANDSHAKE_REQUEST,
            request,
        ))
        .await;
    client.started().await;
    assert_eq!(client.stdout(2).await, b"$ ");
}

#[tokio::test]
async fn damaged_and_unknown_frames_are_ignored() {
    let gateway = Gateway::start().await;
    let mut client = Client::join(&gateway);
    let mut agent = Agent::accept(&gateway).await;
    agent.output("a").await;
    let connection = agent.connection();
    let mut damaged = GatewayConnection::message(1, kind::OUTPUT, "never").to_vec();
    damaged[121] ^= 1;
    let mut headless = GatewayConnection::message(1, kind::OUTPUT, "never").to_vec();
    headless[..4].copy_from_slice(&u32::MAX.to_be_bytes());
    let mut unknown = GatewayConnection::message(1, kind::OUTPUT, "never").to_vec();
    unknown[4..10].copy_from_slice(b"insect");
    for frame in [
        Vec::new(),
        vec![0; 119],
        vec![0; 500],
        random_bytes(3000),
        damaged,
        headless,
        unknown,
    ] {
        connection.send(frame.into()).await;
    }
    connection.send_text("{\"message\": \"hello\"}").await;
    connection
        .send(GatewayConnection::message(i64::MIN, kind::OUTPUT, "never"))
        .await;
    connection
        .send(GatewayConnection::message(i64::MAX, kind::OUTPUT, "never"))
        .await;
    agent.send(99, "a kind of tomorrow").await;
    agent.send(2, "an error without a meaning").await;
    agent.send(kind::EXIT_CODE, "EXIT_CODE: many").await;
    agent.send(kind::SIZE, "{}").await;
    agent.output("b").await;
    assert_eq!(client.stdout(2).await, b"ab");
    agent.close("").await;
    assert_eq!(client.end().await, Ok(None));
}

#[tokio::test]
async fn a_message_in_a_text_frame_is_a_message() {
    let gateway = Gateway::start().await;
    let mut client = Client::join(&gateway);
    let mut agent = Agent::accept(&gateway).await;
    agent.output("$ ").await;
    client.started().await;
    client.stdout(2).await;
    within_timeout(agent.wait_for_acknowledgements()).await;
    // Only messages of the gateway itself, which have an empty header, are plain text.
    let mut frame = vec![0; 120];
    frame[3] = 116;
    frame[4..21].copy_from_slice(b"pause_publication");
    let text = std::str::from_utf8(&frame).unwrap();
    agent.connection().send_text(text).await;
    agent.connection().wait_until_read().await;
    client.type_in("x").await;
    assert!(
        agent.receives_nothing_for(ms(300)).await,
        "the pause was ignored"
    );
    agent
        .connection()
        .send(GatewayConnection::start_publication())
        .await;
    assert_eq!(
        within_timeout(agent.receive()).await,
        ClientMessage::Input("x".into())
    );
}

#[tokio::test]
async fn input_is_sent_again_until_it_is_acknowledged() {
    let gateway = Gateway::start().await;
    let client = Client::join(&gateway);
    let mut connection = gateway.accept().await;
    connection
        .send(GatewayConnection::message(0, kind::OUTPUT, "$ "))
        .await;
    client.type_in("x").await;
    let mut seen = Vec::new();
    while seen.len() < 3 {
        if let Frame::Input { sequence, id, .. } = within_timeout(connection.receive()).await {
            seen.push((sequence, id));
        }
    }
    assert!(seen.iter().all(|again| *again == seen[0]), "{seen:?}");
    connection
        .send(GatewayConnection::acknowledgement(0, seen[0].1))
        .await;
    let mut agent = Agent::on(connection);
    assert!(agent.receives_nothing_for(ms(600)).await);
    assert_eq!(agent.repeats, 0);
}
