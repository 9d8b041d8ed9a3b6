//! Large amounts of data arrive unchanged. Prints the duration.

use std::time::Instant;

use ssm_channel::testing::{Agent, ClientMessage, Gateway};
use ssm_channel::{Input, Output};

use crate::client::{Client, random_bytes, within_timeout};

/// Run with `--release -- --nocapture` to see the numbers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_megabytes_of_output_arrive_unchanged() {
    const PIECE: usize = 1 << 20;
    const PIECES: usize = 100;
    let gateway = Gateway::start().await;
    let mut client = Client::join(&gateway);
    let mut agent = Agent::accept(&gateway).await;
    let piece = random_bytes(PIECE);
    let sent = piece.clone();
    let begun = Instant::now();
    let sending = tokio::spawn(async move {
        for number in 0..PIECES {
            let mut piece = sent.clone();
            piece[0] = number as u8;
            agent.output(piece).await;
        }
        agent.wait_for_acknowledgements().await;
    });
    let mut at = 0;
    while at < PIECE * PIECES {
        let Some(Output::Bytes(bytes)) = client.next().await else {
            continue;
        };
        for (offset, byte) in bytes.iter().enumerate() {
            let expected = match (at + offset) % PIECE {
                0 => ((at + offset) / PIECE) as u8,
                place => piece[place],
            };
            assert_eq!(*byte, expected, "byte {}", at + offset);
        }
        at += bytes.len();
    }
    within_timeout(sending).await.unwrap();
    let took = begun.elapsed();
    let rate = 100.0 / took.as_secs_f64();
    println!("100 MiB of output in {took:.2?}: {rate:.0} MiB/s");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_megabyte_of_input_arrives_unchanged() {
    let gateway = Gateway::start().await;
    let mut client = Client::join(&gateway);
    let mut agent = Agent::accept(&gateway).await;
    agent.output("$ ").await;
    client.started().await;
    let paste = random_bytes(1 << 20);
    let begun = Instant::now();
    client
        .input
        .send(Input::Bytes(paste.clone().into()))
        .await
        .unwrap();
    assert!(within_timeout(agent.input(paste.len())).await == paste);
    println!("1 MiB of input in {:.2?}", begun.elapsed());
    assert_eq!(agent.repeats, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_key_is_echoed() {
    const KEYS: u32 = 500;
    let gateway = Gateway::start().await;
    let mut client = Client::join(&gateway);
    let mut agent = Agent::accept(&gateway).await;
    agent.output("$ ").await;
    client.started().await;
    client.stdout(2).await;
    tokio::spawn(async move {
        while let ClientMessage::Input(bytes) = agent.receive().await {
            agent.output(bytes).await;
        }
    });
    let mut times = Vec::new();
    for _ in 0..KEYS {
        let begun = Instant::now();
        client.type_in("x").await;
        client.stdout(1).await;
        times.push(begun.elapsed());
    }
    times.sort();
    let median = times[times.len() / 2];
    println!(
        "echo of a key: median {median:.0?}, longest {:.0?}",
        times[times.len() - 1]
    );
}
