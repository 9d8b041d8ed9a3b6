//! Asks ECS to open a session and runs it.

use std::time::Duration;

use model::facts::{Reason, Unavailable};
use ssm_channel::{Secret, Session};
use tokio::select;
use tokio::time::timeout;

use super::ending_signals::{EndingSignals, received};
use super::exec_target::Encryption;
use super::{Context, ExecTarget, LocalIo, RemoteText, SessionEnd, failure_report, native};
use crate::aws::{AwsClients, Failure};
use crate::cli_error::CliError;

/// How long AWS can take to end a session while the user waits to leave.
const TERMINATE_TIMEOUT: Duration = Duration::from_secs(2);

/// A session that AWS opened, and the signals that end it.
pub struct OpenSession {
    pub session: Session,
    pub(super) signals: EndingSignals,
}

/// Why there is no session.
pub enum OpenError {
    /// AWS refused it for this reason.
    Refused(RemoteText),
    /// The caller lacks the permission to start a session past ECS.
    StartDenied(RemoteText),
    /// Something that stops the program, such as credentials that are not valid.
    Fatal(CliError),
    /// A signal of this number came first.
    Interrupted(i32),
}

impl OpenError {
    /// A failed call.
    pub fn of(aws: &AwsClients, failure: &Failure) -> OpenError {
        match aws.rejected() {
            Some(error) => OpenError::Fatal(error),
            None => OpenError::Refused(failure_report::text(failure)),
        }
    }
}

/// Waits for a session that was requested. If a signal comes first, the session is ended at once: without a client it
/// would stay open for 20 minutes.
pub async fn open_unless_signalled(
    aws: &AwsClients,
    requested: impl Future<Output = Result<Session, OpenError>>,
) -> Result<OpenSession, OpenError> {
    if let Some(signal) = received() {
        return Err(OpenError::Interrupted(signal));
    }
    let mut signals = EndingSignals::watch();
    tokio::pin!(requested);
    select! {
        session = &mut requested => Ok(OpenSession { session: session?, signals }),
        signal = signals.next(false) => {
            if let Ok(Ok(session)) = timeout(TERMINATE_TIMEOUT, requested).await {
                terminate(aws, &session.id).await;
            }
            Err(OpenError::Interrupted(signal))
        }
    }
}

/// Asks ECS for a session that runs a command.
pub async fn open(
    cx: Context<'_>,
    target: &ExecTarget,
    command: &str,
) -> Result<OpenSession, OpenError> {
    open_unless_signalled(cx.aws, request(cx, target, command)).await
}

async fn request(
    Context { aws, settings, .. }: Context<'_>,
    target: &ExecTarget,
    command: &str,
) -> Result<Session, OpenError> {
    const ACTION: &str = "ecs:ExecuteCommand";
    let answer = aws
        .call(ACTION, || {
            aws.ecs
                .execute_command()
                .cluster(&settings.cluster)
                .task(&*target.task.arn)
                .container(&target.container)
                .interactive(true)
                .command(command)
                .send()
        })
        .await
        .map_err(|failure| OpenError::of(aws, &failure))?;
    let session = answer.session.ok_or_else(|| {
        let why = "ECS opened no session, though it reported no error";
        let failure = Failure::from(Unavailable::new(ACTION, Reason::Failed, why));
        OpenError::of(aws, &failure)
    })?;
    let cluster = answer.cluster_arn.as_ref().unwrap_or(&settings.cluster);
    Ok(Session {
        id: session.session_id.unwrap_or_default(),
        stream_url: session.stream_url.unwrap_or_default(),
        token: Secret::new(session.token_value.unwrap_or_default()),
        target: target.ssm_target(cluster),
        kms_key: match &target.encryption {
            Encryption::Key(key) => Some(key.clone()),
            Encryption::Off | Encryption::Unknown(_) => None,
        },
        region: aws.region.value.clone(),
    })
}

/// Opens a session that runs a command, and carries it to its end without the plugin.
pub async fn run_session(
    cx: Context<'_>,
    target: &ExecTarget,
    command: &str,
    local: &mut LocalIo,
    time_limit: Option<Duration>,
) -> Result<SessionEnd, CliError> {
    let OpenSession {
        session,
        mut signals,
    } = match open(cx, target, command).await {
        Ok(opened) => opened,
        Err(OpenError::Fatal(error)) => return Err(error),
        Err(OpenError::Interrupted(signal)) => return Ok(SessionEnd::Signal(signal)),
        Err(OpenError::Refused(why) | OpenError::StartDenied(why)) => {
            return Ok(SessionEnd::Failed {
                has_begun: false,
                why,
            });
        }
    };
    let id = session.id.clone();
    let carried = native::carry(cx.aws, session, local, &mut signals, time_limit).await;
    if carried.may_be_open {
        terminate(cx.aws, &id).await;
    }
    Ok(carried.end)
}

/// Ends a session at once if the caller is allowed to; otherwise it ends after 20 idle minutes.
pub(super) async fn terminate(aws: &AwsClients, session_id: &str) {
    let request = aws.ssm.terminate_session().session_id(session_id).send();
    let _ = timeout(TERMINATE_TIMEOUT, request).await;
}
