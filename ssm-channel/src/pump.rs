//! The loop that moves a session: between the connection, the caller's two channels, KMS and the clock.

use std::future::{Future, pending};
use std::pin::{Pin, pin};
use std::time::Duration;

use tokio::select;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::channel::Channel;
use crate::data_key::{self, Grant};
use crate::dial::Dialer;
use crate::error::SessionError;
use crate::link::{Broken, Link};
use crate::resume::{self, Retry};
use crate::services::Services;
use crate::session::{Ended, Input, Options, Output, Session};

/// How long the agent may take to close a session whose handshake failed.
const FAILURE: Duration = Duration::from_secs(3);

type KeyFuture<'a> = Pin<Box<dyn Future<Output = Result<Grant, String>> + Send + 'a>>;

/// Joins a session and stays until it ends.
///
/// Input is taken from `input` only while it can be sent, and output waits for `output`: give both a bound,
/// and neither side outruns the other. The future may be spawned. Dropping it leaves the session alive at AWS.
///
/// # Errors
///
/// A [`SessionError`] where the session did not come about or broke off. What was received before it was given out.
pub async fn run(
    session: Session,
    services: &impl Services,
    mut input: mpsc::Receiver<Input>,
    output: mpsc::Sender<Output>,
    options: Options,
) -> Result<Ended, SessionError> {
    let mut dialer = Dialer::new(&session, &options);
    let mut cancelled = pin!(options.cancel.cancelled());
    let socket = select! {
        socket = resume::connect(&session, &mut dialer, services, &options) => socket?,
        () = &mut cancelled => return Ok(Ended::Cancelled),
        () = output.closed() => return Ok(Ended::Cancelled),
    };
    let now = Instant::now();
    let mut channel = Channel::new(&session, &options, now);
    let mut link = Link::new(socket, options.keep_alive, now);
    let mut retry = Retry::new(options.resume_for, now);
    let mut key: Option<KeyFuture<'_>> = None;
    let mut failed_at: Option<Instant> = None;
    let mut input_open = true;
    let mut was_listening = true;
    let mut timer = pin!(sleep_until(now));

    let ended = loop {
        let now = Instant::now();
        hand_out(&mut channel, &output);
        let listening = channel.has_room();
        if listening && !was_listening {
            channel.listens_again(now);
            link.listens_again(now);
        }
        was_listening = listening;
        if let Err(error) = channel.tick(now, listening, link.unanswered_since()) {
            break Err(error);
        }
        if let Some(request) = channel.key_request() {
            key = Some(Box::pin(data_key::fetch(request, services)));
        }
        let alive = link.tick(now, listening);
        for frame in channel.frames() {
            link.push(frame);
        }
        if let Some(ended) = channel.ended() {
            break ended;
        }
        if channel.has_failed() {
            let since = *failed_at.get_or_insert(now);
            if since + FAILURE <= now
                && let Some(ended) = channel.known_end()
            {
                break ended;
            }
        }
        let deadline = [
            channel.deadline(now, listening, link.unanswered_since()),
            failed_at.map(|since| since + FAILURE),
        ]
        .into_iter()
        .flatten()
        .fold(link.deadline(listening), Instant::min);
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }

        let event = match alive {
            Err(broken) => Event::Broken(broken),
            Ok(()) => select! {
                frame = link.next(listening) => match frame {
                    Ok(frame) => Event::Frame(frame),
                    Err(broken) => Event::Broken(broken),
                },
                taken = input.recv(), if input_open && channel.takes_input() => Event::Input(taken),
                // The room itself is taken at the top of the loop.
                room = output.reserve(), if channel.has_output() => match room {
                    Ok(_) => Event::Nothing,
                    Err(_) => Event::Cancelled,
                },
                outcome = settled(&mut key) => Event::Key(outcome),
                () = &mut timer => Event::Nothing,
                () = output.closed() => Event::Cancelled,
                () = &mut cancelled => Event::Cancelled,
            },
        };
        let now = Instant::now();
        let step = match event {
            Event::Nothing => Ok(()),
            Event::Frame(frame) => channel.receive(&frame, now),
            Event::Input(Some(taken)) => channel.input(taken, now),
            Event::Input(None) => {
                input_open = false;
                Ok(())
            }
            Event::Key(outcome) => {
                key = None;
                channel.key(outcome, now);
                Ok(())
            }
            Event::Cancelled => {
                channel.terminate(now);
                for frame in channel.frames() {
                    link.push(frame);
                }
                link.close().await;
                return Ok(Ended::Cancelled);
            }
            Event::Broken(Broken::Protocol(why)) => Err(SessionError::Protocol(why)),
            Event::Broken(Broken::Lost(why)) => {
                if let Some(ended) = channel.known_end() {
                    break ended;
                }
                // Dropped, so that the other end sees it too.
                drop(link);
                channel.lost();
                retry.broken(Instant::now());
                let connecting =
                    resume::reconnect(&session, &why, &mut retry, &mut dialer, services, &options);
                let waiting = keep_handing_out(&mut channel, &output);
                let socket = select! {
                    socket = connecting => socket,
                    () = waiting => return Ok(Ended::Cancelled),
                    () = &mut cancelled => return Ok(Ended::Cancelled),
                };
                let now = Instant::now();
                match socket {
                    Ok(socket) => link = Link::new(socket, options.keep_alive, now),
                    Err(error) => {
                        hand_out_all(&mut channel, &output, cancelled).await;
                        return Err(error);
                    }
                }
                channel.resumed(now);
                Ok(())
            }
        };
        if let Err(error) = step {
            break Err(error);
        }
    };
    let rest = hand_out_all(&mut channel, &output, cancelled);
    tokio::join!(rest, link.close());
    ended
}

enum Event {
    Frame(bytes::Bytes),
    Broken(Broken),
    /// Nothing, where the caller has dropped its end.
    Input(Option<Input>),
    Key(Result<Grant, String>),
    Cancelled,
    /// The clock, or something already done.
    Nothing,
}

/// Gives the caller what there is room for.
fn hand_out(channel: &mut Channel, output: &mpsc::Sender<Output>) {
    while channel.has_output() {
        let Ok(permit) = output.try_reserve() else {
            return;
        };
        if let Some(item) = channel.output() {
            permit.send(item);
        }
    }
}

/// Whatever the end is, the caller gets what came before it, unless it wants no more.
async fn hand_out_all(
    channel: &mut Channel,
    output: &mpsc::Sender<Output>,
    mut cancelled: impl Future<Output = ()> + Unpin,
) {
    while let Some(item) = channel.output() {
        select! {
            sent = output.send(item) => if sent.is_err() { return },
            () = &mut cancelled => return,
        }
    }
}

/// Goes on giving while there is no connection. Returns once the caller has gone.
async fn keep_handing_out(channel: &mut Channel, output: &mpsc::Sender<Output>) {
    while channel.has_output() {
        if output.reserve().await.is_err() {
            return;
        }
        hand_out(channel, output);
    }
    output.closed().await;
}

async fn settled(key: &mut Option<KeyFuture<'_>>) -> Result<Grant, String> {
    match key {
        Some(key) => key.await,
        None => pending().await,
    }
}
