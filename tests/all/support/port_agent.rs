//! Plays the agent of a port session: what is forwarded reaches a port of this machine.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use ssm_channel::testing::{Agent, Gateway, MuxAgent};

/// Starts a port session to this port, which ends by itself after a time if there is one. `local_port`: where the client
/// listens. Returns the URL of its stream.
pub fn start(port: u16, local_port: String, ends_after: Option<Duration>) -> String {
    let (url, started) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let gateway = Gateway::start().await;
            url.send(gateway.url()).unwrap();
            let mut agent = Agent::accept(&gateway).await;
            agent.start_port_session_for(&local_port).await;
            let server = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            let mut agent = MuxAgent::new(agent, server);
            if let Some(time) = ends_after {
                agent = agent.ending_after(time);
            }
            agent.serve().await;
        });
        runtime.shutdown_background();
    });
    started.recv().unwrap()
}
