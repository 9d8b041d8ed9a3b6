//! The data channel of our own, between the terminal (or a pipe) and Systems Manager.

use std::time::Duration;

use ecs_exec_session::{Ended, Fault, Options, Session, run};
use tokio::select;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::proxy;
use super::pump::Local;
use super::services::SdkServices;
use super::terminal::{Ending, Sizes};
use crate::aws::Aws;

/// How many pieces of input and output wait at most.
const WAITING: usize = 64;

pub enum End {
    Closed(Option<String>),
    /// By a signal of this number, or by the time-out (0).
    Cancelled(i32),
}

pub async fn carry(
    aws: &Aws,
    session: Session,
    local: &mut Local,
    signals: &mut Ending,
    timeout: Option<Duration>,
) -> Result<End, Fault> {
    let services = SdkServices::new(aws);
    let options = Options {
        connect: proxy::connect(),
        certificates: aws.ca_bundle.clone(),
        ..Options::default()
    };
    let cancel = options.cancel.clone();
    let (to_remote, input) = mpsc::channel(WAITING);
    let (output, from_remote) = mpsc::channel(WAITING);
    let mut sizes = Sizes::watch(to_remote.clone());
    let raw = local.is_terminal();
    let writer = local.show(from_remote);
    let fed = local.feed(to_remote);
    tokio::pin!(fed);

    let session = run(session, &services, input, output, options);
    tokio::pin!(session);
    let mut signal = None;
    let ended = loop {
        select! {
            ended = &mut session => break ended,
            number = signals.next(raw), if signal.is_none() => {
                signal = Some(number);
                cancel.cancel();
            }
            () = after(timeout), if signal.is_none() => {
                signal = Some(0);
                cancel.cancel();
            }
            () = sizes.follow() => {}
            () = &mut fed => {}
        }
    };
    writer.finish().await;
    match ended? {
        Ended::Closed { message } => Ok(End::Closed(message)),
        Ended::Exit(_) => Ok(End::Closed(None)),
        Ended::Cancelled => Ok(End::Cancelled(signal.unwrap_or(0))),
    }
}

async fn after(timeout: Option<Duration>) {
    match timeout {
        Some(timeout) => sleep(timeout).await,
        None => std::future::pending().await,
    }
}
