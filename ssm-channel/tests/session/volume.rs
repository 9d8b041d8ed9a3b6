//! Much of it: byte for byte, in bounded memory, and how long it takes.

use std::time::Instant;

use ssm_channel::testing::{Agent, Heard, Peer};
use ssm_channel::{Input, Output};

use crate::client::{Client, noise, soon};

/// Run it with `--release -- --nocapture` for the figure.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_megabytes_come_out_as_they_went_in() {
    const PIECE: usize = 1 << 20;
    const PIECES: usize = 100;
    let peer = Peer::start().await;
    let mut client = Client::join(&peer);
    let mut agent = Agent::accept(&peer).await;
    let piece = noise(PIECE);
    let said = piece.clone();
    let begun = Instant::now();
    let saying = tokio::spawn(async move {
        for number in 0..PIECES {
            let mut piece = said.clone();
            piece[0] = number as u8;
            agent.output(piece).await;
        }
        agent.settle().await;
    });
    let mut at = 0;
    while at < PIECE * PIECES {
        let Some(Output::Stdout(bytes)) = client.next().await else {
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
    soon(saying).await.unwrap();
    let took = begun.elapsed();
    let rate = 100.0 / took.as_secs_f64();
    println!("100 MiB of output in {took:.2?}: {rate:.0} MiB/s");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paste_of_a_megabyte() {
    let peer = Peer::start().await;
    let mut client = Client::join(&peer);
    let mut agent = Agent::accept(&peer).await;
    agent.output("$ ").await;
    client.started().await;
    let paste = noise(1 << 20);
    let begun = Instant::now();
    client
        .input
        .send(Input::Bytes(paste.clone().into()))
        .await
        .unwrap();
    assert!(soon(agent.input(paste.len())).await == paste);
    println!("1 MiB of input in {:.2?}", begun.elapsed());
    assert_eq!(agent.repeats, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_echo_takes_no_longer_than_the_line() {
    const KEYS: u32 = 500;
    let peer = Peer::start().await;
    let mut client = Client::join(&peer);
    let mut agent = Agent::accept(&peer).await;
    agent.output("$ ").await;
    client.started().await;
    client.stdout(2).await;
    tokio::spawn(async move {
        while let Heard::Input(bytes) = agent.hear().await {
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
    assert!(median.as_millis() < 20, "{median:?}");
}
