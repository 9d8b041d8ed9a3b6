//! The data channel of our own, between the terminal (or a pipe) and Systems Manager.

use std::future::pending;
use std::time::Duration;

use ssm_channel::{Ended, Options, Session, SessionError, run};
use tokio::select;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use super::end::SessionEnd;
use super::proxy;
use super::pump::{Local, Progress, Wish};
use super::remote_text::RemoteText;
use super::services::SdkServices;
use super::terminal::{EndingSignals, Raw, Sizes};
use crate::aws::AwsClients;

/// How many pieces of input and output wait at most.
const WAITING: usize = 64;
/// How long the remote side may take to close a session whose command has ended.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Why this side ends the session.
enum Cut {
    Signal(i32),
    TimedOut,
    Left,
    /// Its command has ended, and it does not close.
    Over,
}

/// Carries a session to its end. The second value: whether it may live on at AWS.
pub async fn carry(
    aws: &AwsClients,
    session: Session,
    local: &mut Local,
    signals: &mut EndingSignals,
    time_limit: Option<Duration>,
) -> (SessionEnd, bool) {
    let services = SdkServices::new(aws);
    let options = Options {
        connect: proxy::connect(),
        certificates: aws.ca_bundle.clone(),
        ..Options::default()
    };
    let cancel = options.cancel.clone();
    let (to_remote, input) = mpsc::channel(WAITING);
    let (output, from_remote) = mpsc::channel(WAITING);
    let (progress, mut watched) = watch::channel(Progress::Opening);
    let mut done = watched.clone();
    let mut sizes = Sizes::watch(to_remote.clone());
    let mut raw = local.is_terminal().then(Raw::enter).and_then(Result::ok);
    let is_raw = raw.is_some();
    let writer = local.show(from_remote, progress);

    let session = run(session, &services, input, output, options);
    tokio::pin!(session);
    let limit = after(time_limit);
    tokio::pin!(limit);
    let closing = over(&mut done);
    tokio::pin!(closing);
    let mut cut = None;
    let ended = loop {
        let reason = select! {
            ended = &mut session => break ended,
            number = signals.next(is_raw), if cut.is_none() => Cut::Signal(number),
            () = &mut limit, if cut.is_none() => Cut::TimedOut,
            () = &mut closing, if cut.is_none() => Cut::Over,
            wish = local.feed(&to_remote, &mut watched), if cut.is_none() => match wish {
                Wish::Leave => Cut::Left,
                Wish::Suspend => {
                    if let Some(raw) = &mut raw {
                        raw.suspend();
                    }
                    continue;
                }
            },
            () = Raw::follow_job_control(&mut raw) => continue,
            () = sizes.follow() => continue,
        };
        cut = Some(reason);
        cancel.cancel();
    };
    let is_cut_off = matches!(cut, Some(Cut::Signal(_) | Cut::TimedOut | Cut::Left));
    let failed = writer.finish(is_cut_off).await;
    drop(raw);
    let is_closed = matches!(ended, Ok(Ended::Closed { .. } | Ended::Exit(_)));
    let end = match (cut, failed) {
        (Some(Cut::Signal(number)), _) => SessionEnd::Signal(number),
        (Some(Cut::TimedOut), _) => SessionEnd::TimedOut,
        (Some(Cut::Left), _) => SessionEnd::Left,
        (_, Some(error)) => SessionEnd::Unwritten(error),
        _ => how_it_ended(ended),
    };
    (end, !is_closed)
}

fn how_it_ended(ended: Result<Ended, SessionError>) -> SessionEnd {
    match ended {
        Ok(Ended::Closed { message }) => SessionEnd::Closed(message.map(RemoteText::new)),
        Ok(Ended::Exit(_) | Ended::Cancelled) => SessionEnd::Closed(None),
        Err(error) => SessionEnd::not_begun(error.to_string()),
    }
}

async fn after(limit: Option<Duration>) {
    match limit {
        Some(limit) => sleep(limit).await,
        None => pending().await,
    }
}

/// Returns some time after the command has ended.
async fn over(progress: &mut watch::Receiver<Progress>) {
    // What it returns locks the value, so that the writer could not tell anything more.
    let is_done = progress
        .wait_for(|now| *now == Progress::Done)
        .await
        .is_ok();
    match is_done {
        true => sleep(CLOSE_TIMEOUT).await,
        false => pending().await,
    }
}
