//! Forwards ports with sessions of Systems Manager, one for each port. ECS knows no such sessions.

use std::collections::HashMap;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use model::facts::Reason;
use model::text::sanitize_line;
use ssm_channel::{CancellationToken, ForwardEvent, Notice, Options, Secret, Session, forward};
use tokio::select;

use super::{Forwarding, Ports};
use crate::aws::AwsClients;
use crate::session::aws_api::SdkApi;
use crate::session::ending_signals::EndingSignals;
use crate::session::native;
use crate::session::open::{OpenError, OpenSession, open_unless_signalled, terminate};
use crate::session::{ExecTarget, RemoteText, failure_report};

/// How forwarding ended.
pub enum ForwardEnd {
    /// A signal of this number ended it.
    Signal(i32),
    /// A session ended by itself: the one of this port, for this reason.
    Ended { port: u16, why: RemoteText },
}

/// Forwards all ports until one of the sessions ends, or a signal comes. `way` is said once all sessions are open;
/// `ready` is called for each port that is ready for connections.
pub async fn run(
    aws: &AwsClients,
    target: &ExecTarget,
    ssm_target: &str,
    forwardings: &[Forwarding],
    way: &str,
    ready: impl Fn(&Forwarding) + Copy + Send + Sync,
) -> Result<ForwardEnd, OpenError> {
    // Watched all the time, so that no session stays open.
    let mut signals = EndingSignals::watch();
    let mut opened: Vec<OpenSession> = Vec::new();
    for Forwarding { ports, local, .. } in forwardings {
        let requested = start(aws, ssm_target, ports, local.port());
        match open_unless_signalled(aws, requested).await {
            Ok(session) => opened.push(session),
            Err(error) => {
                for opened in opened {
                    terminate(aws, &opened.session.id).await;
                }
                return Err(error);
            }
        }
    }
    note!("{way}");
    let cancel = CancellationToken::new();
    let api = &SdkApi(aws);
    let mut carried: FuturesUnordered<_> = forwardings
        .iter()
        .zip(&opened)
        .map(|(forwarding, OpenSession { session, .. })| {
            let options = Options {
                cancel: cancel.clone(),
                ..native::options(aws)
            };
            async move {
                let report = |event| report(event, forwarding, target, ready);
                let listener = &forwarding.listener;
                let result = forward(session.clone(), api, listener, options, report).await;
                if result.is_err() {
                    terminate(aws, &session.id).await;
                }
                (forwarding.local.port(), result)
            }
        })
        .collect();
    let ended = select! {
        Some((port, result)) = carried.next() => ForwardEnd::Ended {
            port,
            why: match result {
                Ok(message) => RemoteText::new(
                    message.unwrap_or_else(|| "the remote side ended the session".to_owned()),
                ),
                Err(error) => RemoteText::new(error.to_string()),
            },
        },
        number = signals.next(false) => ForwardEnd::Signal(number),
    };
    cancel.cancel();
    while carried.next().await.is_some() {}
    Ok(ended)
}

fn report(
    event: ForwardEvent,
    forwarding: &Forwarding,
    target: &ExecTarget,
    ready: impl Fn(&Forwarding),
) {
    let Forwarding { ports, local, .. } = forwarding;
    match event {
        ForwardEvent::Ready { single } => {
            ready(forwarding);
            if single {
                say!(
                    "The agent in the container is old: {local} carries one connection at a time."
                );
            }
        }
        ForwardEvent::ConnectionFailed => say!(
            "{local}: {} could not connect to {ports}.",
            sanitize_line(&target.container)
        ),
        // Forwarding has nobody waiting at a prompt.
        ForwardEvent::Notice(Notice::NoAnswer { .. } | Notice::Answering) => {}
        ForwardEvent::Notice(notice) => {
            say!("{local}: {}", RemoteText::new(notice.to_string()));
        }
    }
}

/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartSession.html>
/// The documents: <https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-sessions-start.html#sessions-start-port-forwarding>
pub async fn start(
    aws: &AwsClients,
    target: &str,
    ports: &Ports,
    local_port: u16,
) -> Result<Session, OpenError> {
    let document = match ports.host {
        Some(_) => "AWS-StartPortForwardingSessionToRemoteHost",
        None => "AWS-StartPortForwardingSession",
    };
    let mut parameters = HashMap::from([
        ("portNumber".to_owned(), vec![ports.remote.to_string()]),
        ("localPortNumber".to_owned(), vec![local_port.to_string()]),
    ]);
    let host = ports.host.clone();
    parameters.extend(host.map(|host| ("host".to_owned(), vec![host])));
    let answer = aws
        .call("ssm:StartSession", || {
            aws.ssm
                .start_session()
                .target(target)
                .document_name(document)
                .set_parameters(Some(parameters.clone()))
                .send()
        })
        .await
        .map_err(|failure| match failure.why.reason {
            Reason::Denied if aws.rejected().is_none() => {
                OpenError::StartDenied(failure_report::text(&failure))
            }
            _ => OpenError::of(aws, &failure),
        })?;
    Ok(Session {
        id: answer.session_id.unwrap_or_default(),
        stream_url: answer.stream_url.unwrap_or_default(),
        token: Secret::new(answer.token_value.unwrap_or_default()),
        target: target.to_owned(),
        // The account's settings for Session Manager decide about encryption, not the cluster.
        kms_key: None,
        region: aws.region.value.clone(),
    })
}
