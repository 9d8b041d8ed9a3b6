//! Many sessions in one process, one after the other.

use std::fs;

use ssm_channel::testing::{Agent, Gateway};

use crate::client::Client;

const SESSIONS: usize = 300;

/// Descriptors and threads of this process, and its memory in kB.
fn resource_usage() -> (usize, usize, usize) {
    let count = |folder: &str| fs::read_dir(folder).unwrap().count();
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let memory = status.lines().find(|line| line.starts_with("VmRSS"));
    let memory = memory.and_then(|line| line.split_whitespace().nth(1));
    (
        count("/proc/self/fd"),
        count("/proc/self/task"),
        memory.unwrap().parse().unwrap(),
    )
}

async fn run_session() {
    let gateway = Gateway::start().await;
    let mut client = Client::join(&gateway);
    let mut agent = Agent::accept(&gateway).await;
    agent.output(vec![b'x'; 64 * 1024]).await;
    client.started().await;
    assert_eq!(client.stdout(64 * 1024).await.len(), 64 * 1024);
    agent.close("").await;
    assert!(client.end().await.is_ok());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn ended_sessions_leak_no_resources() {
    for _ in 0..20 {
        run_session().await;
    }
    let before = resource_usage();
    for _ in 0..SESSIONS {
        run_session().await;
    }
    let after = resource_usage();
    // Other tests run at the same time.
    const OTHERS: usize = 100;
    assert!(after.0 < before.0 + OTHERS, "{before:?} {after:?}");
    assert!(after.1 < before.1 + OTHERS, "{before:?} {after:?}");
    assert!(after.2 < before.2 + 32 * 1024, "{before:?} {after:?}");
}
