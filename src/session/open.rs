//! Asks ECS to open a session, and hands it to what carries it.

use std::time::Duration;

use model::facts::Unavailable;
use ssm_channel::{Secret, Session};
use tokio::select;
use tokio::time::timeout;

use super::end::SessionEnd;
use super::native;
use super::pump::Local;
use super::spot::{Encryption, Spot};
use super::terminal::{EndingSignals, came};
use crate::aws::{AwsClients, Failure};
use crate::config::Settings;

/// A session that AWS opened, and the signals that end it.
pub struct Opened {
    pub session: Session,
    pub(super) signals: EndingSignals,
}

/// Why there is no session.
pub enum Unopened<E> {
    Refused(E),
    /// A signal of this number came first.
    Cancelled(i32),
}

/// Asks for a session. One that is opened after a signal came is ended at once: without a client it would stay for
/// 20 minutes.
pub async fn opened<E>(
    aws: &AwsClients,
    asked: impl Future<Output = Result<Session, E>>,
) -> Result<Opened, Unopened<E>> {
    if let Some(signal) = came() {
        return Err(Unopened::Cancelled(signal));
    }
    let mut signals = EndingSignals::watch();
    tokio::pin!(asked);
    select! {
        answer = &mut asked => match answer {
            Ok(session) => Ok(Opened { session, signals }),
            Err(refused) => Err(Unopened::Refused(refused)),
        },
        signal = signals.next(false) => {
            if let Ok(Ok(late)) = timeout(TERMINATE_TIMEOUT, asked).await {
                terminate(aws, &late.id).await;
            }
            Err(Unopened::Cancelled(signal))
        }
    }
}

/// Asks ECS for a session that runs a command.
pub async fn open(
    aws: &AwsClients,
    settings: &Settings,
    spot: &Spot,
    encryption: &Encryption,
    command: &str,
) -> Result<Opened, Unopened<Failure>> {
    opened(aws, ask(aws, settings, spot, encryption, command)).await
}

async fn ask(
    aws: &AwsClients,
    settings: &Settings,
    spot: &Spot,
    encryption: &Encryption,
    command: &str,
) -> Result<Session, Failure> {
    const ACTION: &str = "ecs:ExecuteCommand";
    let answer = aws
        .call(ACTION, || {
            aws.ecs
                .execute_command()
                .cluster(&settings.cluster)
                .task(&spot.task_arn)
                .container(&spot.container)
                .interactive(true)
                .command(command)
                .send()
        })
        .await?;
    let broken = || {
        let why = "ECS opened no session, though it reported no error";
        Failure::from(Unavailable::new(ACTION, model::facts::Reason::Failed, why))
    };
    let session = answer.session.ok_or_else(broken)?;
    let cluster = answer
        .cluster_arn
        .unwrap_or_else(|| settings.cluster.clone());
    Ok(Session {
        id: session.session_id.unwrap_or_default(),
        stream_url: session.stream_url.unwrap_or_default(),
        token: Secret::new(session.token_value.unwrap_or_default()),
        target: spot.target(&cluster),
        kms_key: encryption.key().map(str::to_owned),
        region: aws.region.value.clone(),
    })
}

/// Carries an open session until it ends, without any plugin.
pub async fn carry(
    aws: &AwsClients,
    opened: Opened,
    local: &mut Local,
    time_limit: Option<Duration>,
) -> SessionEnd {
    let Opened {
        session,
        mut signals,
    } = opened;
    let id = session.id.clone();
    let (end, may_live_on) = native::carry(aws, session, local, &mut signals, time_limit).await;
    if may_live_on {
        terminate(aws, &id).await;
    }
    end
}

/// How long AWS may take to answer somebody who is leaving.
const TERMINATE_TIMEOUT: Duration = Duration::from_secs(2);

/// Ends a session at once, where the caller may; otherwise it ends by itself when it has been idle for 20 minutes.
pub(super) async fn terminate(aws: &AwsClients, session_id: &str) {
    let request = aws.ssm.terminate_session().session_id(session_id).send();
    let _ = timeout(TERMINATE_TIMEOUT, request).await;
}
