//! The loop that moves a session: between the connection, the caller's two channels, KMS and the clock.

use std::future::{Future, pending};
use std::pin::pin;

use futures::FutureExt;
use futures::future::{BoxFuture, Fuse};
use tokio::select;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use crate::aws_api::AwsApi;
use crate::channel::Channel;
use crate::connection::{Connection, ConnectionError};
use crate::data_key::{self, GrantedKey};
use crate::dial::Dialer;
use crate::error::SessionError;
use crate::reconnect::Retry;
use crate::session::{Input, Options, Output, Session, SessionType};

/// Joins a session and stays until it ends. Returns the message with which the gateway closed it, if there is one: it
/// says why the session ended if not by the end of its command, often in several lines. Clean it before you show it.
///
/// Input is taken from `input` only while it can be sent, and output waits for `output`: bound both channels, and
/// neither side outruns the other. Dropping the future leaves the session open at AWS.
///
/// # Errors
///
/// The session could not be joined, broke off, or was cancelled. Output that arrived before is delivered first.
pub async fn run(
    session: Session,
    aws: &impl AwsApi,
    input: mpsc::Receiver<Input>,
    output: mpsc::Sender<Output>,
    options: Options,
) -> Result<Option<String>, SessionError> {
    run_as(SessionType::Shell, session, aws, input, output, options).await
}

/// [`run`] for a session of this type.
pub async fn run_as(
    session_type: SessionType,
    session: Session,
    aws: &impl AwsApi,
    mut input: mpsc::Receiver<Input>,
    output: mpsc::Sender<Output>,
    options: Options,
) -> Result<Option<String>, SessionError> {
    let dialer = Dialer {
        session: &session,
        options: &options,
        aws,
        client_id: Uuid::new_v4(),
    };
    let mut cancelled = pin!(async {
        select! {
            () = options.cancel.cancelled() => {}
            () = output.closed() => {}
        }
    });
    let socket = select! {
        socket = dialer.connect() => socket?,
        () = &mut cancelled => return Err(SessionError::Cancelled),
    };
    let mut connection = Connection::new(socket, options.keep_alive);
    let mut channel = Channel::new(&session, session_type, &options);
    let mut retry = Retry::new(Instant::now());
    let mut key: Fuse<BoxFuture<'_, Result<GrantedKey, String>>> = Fuse::terminated();
    let mut is_input_open = true;
    let mut was_reading = true;

    let result = loop {
        let now = Instant::now();
        deliver(&mut channel, &output);
        let reading = channel.output().has_room();
        if reading && !was_reading {
            channel.restart_timeouts(now);
            connection.restart_timeout(now);
        }
        was_reading = reading;
        if let Err(error) = channel.tick(now, reading, connection.unanswered_since()) {
            break Err(error);
        }
        if let Some(request) = channel.take_key_request() {
            key = data_key::fetch(request, aws).boxed().fuse();
        }
        let alive = connection.tick(now, reading);
        connection.send(channel.frames());
        if let Some(result) = channel.result() {
            break result;
        }
        let deadline = channel
            .deadline(reading, connection.unanswered_since())
            .into_iter()
            .fold(connection.deadline(reading), Instant::min);

        let received = match alive {
            Err(error) => Err(error),
            Ok(()) => select! {
                frame = connection.next(reading) => frame.map(Some),
                item = input.recv(), if is_input_open && channel.accepts_input() => {
                    match item {
                        Some(item) => channel.input(item, Instant::now()),
                        None => is_input_open = false,
                    }
                    Ok(None)
                }
                // `deliver` uses the room.
                _ = output.reserve(), if !channel.output().is_empty() => Ok(None),
                fetched = &mut key => {
                    channel.key(fetched, Instant::now());
                    Ok(None)
                }
                () = sleep_until(deadline) => Ok(None),
                () = &mut cancelled => {
                    channel.terminate(Instant::now());
                    connection.send(channel.frames());
                    connection.close().await;
                    return Err(SessionError::Cancelled);
                }
            },
        };
        match received {
            Ok(None) => {}
            Ok(Some(frame)) => {
                if let Err(error) = channel.receive(frame, Instant::now()) {
                    break Err(error);
                }
            }
            Err(ConnectionError::Protocol(why)) => break Err(SessionError::Protocol(why)),
            Err(ConnectionError::Lost(reason)) => {
                if let Some(error) = channel.take_error() {
                    break Err(error);
                }
                // Dropped first, so that the gateway notices too.
                drop(connection);
                channel.connection_lost();
                let mut reconnecting = pin!(dialer.reconnect(reason, &mut retry));
                let socket = loop {
                    select! {
                        socket = &mut reconnecting => break socket,
                        () = deliver_rest(&mut channel, &output, pending()),
                            if !channel.output().is_empty() => {}
                        () = &mut cancelled => return Err(SessionError::Cancelled),
                    }
                };
                match socket {
                    Ok(socket) => connection = Connection::new(socket, options.keep_alive),
                    Err(error) => {
                        deliver_rest(&mut channel, &output, cancelled).await;
                        return Err(error);
                    }
                }
                channel.connection_resumed(Instant::now());
            }
        }
    };
    let rest = deliver_rest(&mut channel, &output, cancelled);
    tokio::join!(rest, connection.close());
    result
}

/// Gives the caller as much output as there is room for.
fn deliver(channel: &mut Channel, output: &mpsc::Sender<Output>) {
    while !channel.output().is_empty() {
        let Ok(permit) = output.try_reserve() else {
            return;
        };
        if let Some(item) = channel.output().pop() {
            permit.send(item);
        }
    }
}

/// Gives the caller all output, unless it cancels.
async fn deliver_rest(
    channel: &mut Channel,
    output: &mpsc::Sender<Output>,
    cancelled: impl Future<Output = ()>,
) {
    let delivered = async {
        while !channel.output().is_empty() && output.reserve().await.is_ok() {
            deliver(channel, output);
        }
    };
    select! {
        () = delivered => {}
        () = cancelled => {}
    }
}
