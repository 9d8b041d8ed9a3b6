//! Carries a session with ssm-channel, between the terminal (or a pipe) and Systems Manager.

use std::future::pending;
use std::time::Duration;

use ssm_channel::{Options, Session, SessionError, run};
use tokio::select;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use super::aws_api::SdkApi;
use super::ending_signals::EndingSignals;
use super::local_io::{LocalIo, Phase, UserAction};
use super::raw_mode::RawMode;
use super::window_size::WindowSize;
use super::{RemoteText, SessionEnd, proxy};
use crate::aws::AwsClients;

/// How many pieces of input or output can wait.
const CHANNEL_SIZE: usize = 64;
/// How long the remote side can take to close a session whose command has ended.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// How a session ended, and whether it may still be open at AWS.
pub struct Carried {
    pub end: SessionEnd,
    pub may_be_open: bool,
}

/// Carries a session to its end.
pub async fn carry(
    aws: &AwsClients,
    session: Session,
    local: &mut LocalIo,
    signals: &mut EndingSignals,
    time_limit: Option<Duration>,
) -> Carried {
    let options = options(aws);
    let cancel = options.cancel.clone();
    let (to_remote, input) = mpsc::channel(CHANNEL_SIZE);
    let (output, from_remote) = mpsc::channel(CHANNEL_SIZE);
    let (phase, mut watched) = watch::channel(Phase::Opening);
    let mut window_size = WindowSize::watch(to_remote.clone(), local.keep_alive_interval());
    let mut raw_mode = local
        .is_terminal()
        .then(RawMode::enter)
        .and_then(Result::ok);
    let is_raw = raw_mode.is_some();
    let writer = local.write_output(from_remote, phase);

    let api = SdkApi(aws);
    let session = run(session, &api, input, output, options);
    tokio::pin!(session);
    let limit = after(time_limit);
    tokio::pin!(limit);
    let overdue = close_overdue(watched.clone());
    tokio::pin!(overdue);
    // Why this side ends the session, if it does.
    let mut ended_here = None;
    let result = loop {
        let reason = select! {
            result = &mut session => break result,
            number = signals.next(is_raw), if ended_here.is_none() => SessionEnd::Signal(number),
            () = &mut limit, if ended_here.is_none() => SessionEnd::TimedOut,
            () = &mut overdue, if ended_here.is_none() => SessionEnd::Closed(None),
            action = local.send_input(&to_remote, &mut watched), if ended_here.is_none() => match action {
                UserAction::Leave => SessionEnd::Left,
                UserAction::Suspend => {
                    if let Some(raw_mode) = &raw_mode {
                        raw_mode.suspend();
                    }
                    continue;
                }
            },
            () = RawMode::follow_job_control(&mut raw_mode) => continue,
            () = window_size.follow() => continue,
        };
        ended_here = Some(reason);
        cancel.cancel();
    };
    let is_cut_off = !matches!(ended_here, None | Some(SessionEnd::Closed(_)));
    let write_error = writer.finish(is_cut_off).await;
    drop(raw_mode);
    let has_begun = *watched.borrow() != Phase::Opening;
    let may_be_open = result.is_err();
    let end = match (ended_here, write_error, result) {
        (Some(end), _, _) if is_cut_off => end,
        (_, Some(error), _) => SessionEnd::Unwritten(error),
        (_, None, Ok(message)) => SessionEnd::Closed(message.map(RemoteText::new)),
        (_, None, Err(SessionError::Cancelled)) => SessionEnd::Closed(None),
        (_, None, Err(error)) => SessionEnd::Failed {
            has_begun,
            why: RemoteText::new(error.to_string()),
        },
    };
    Carried { end, may_be_open }
}

/// How sessions connect.
pub fn options(aws: &AwsClients) -> Options {
    Options {
        connect: proxy::connect(),
        certificates: aws.ca_bundle.clone(),
        ..Options::default()
    }
}

/// Waits for this time, or for ever.
pub async fn after(limit: Option<Duration>) {
    match limit {
        Some(limit) => sleep(limit).await,
        None => pending().await,
    }
}

/// Returns if the remote side has not closed the session some time after the command ended.
async fn close_overdue(mut phase: watch::Receiver<Phase>) {
    // The value that this returns locks the channel, so it is dropped before the sleep.
    let has_ended = phase.wait_for(|phase| *phase == Phase::Done).await.is_ok();
    match has_ended {
        true => sleep(CLOSE_TIMEOUT).await,
        false => pending().await,
    }
}
