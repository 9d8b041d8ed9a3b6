//! Asks ECS to open a session, and hands it to what carries it.

use std::time::Duration;

use ecs_exec_checks::facts::Unavailable;
use ecs_exec_session::{Secret, Session};

use super::Spot;
use super::native::{self, End};
use super::pump::Local;
use crate::aws::{Aws, Failure};
use crate::config::Settings;

/// Asks ECS for a session that runs a command.
pub async fn open(
    aws: &Aws,
    settings: &Settings,
    spot: &Spot,
    encrypted: Option<bool>,
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
        Failure::from(Unavailable::new(
            ACTION,
            ecs_exec_checks::facts::Reason::Failed,
            why,
        ))
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
        encrypted: encrypted.unwrap_or(false),
        region: aws.region.value.clone(),
    })
}

/// How a session ended.
#[derive(Debug)]
pub enum Outcome {
    /// The remote side closed it; a message says why, where there is one.
    Closed(Option<String>),
    /// The user ended it, by a signal of this number.
    Cancelled(i32),
    /// It did not come about, or broke off.
    Failed(String),
}

/// Carries an open session until it ends, without any plugin.
pub async fn carry(
    aws: &Aws,
    session: Session,
    local: &mut Local,
    timeout: Option<Duration>,
) -> Outcome {
    let id = session.id.clone();
    match native::carry(aws, session, local, timeout).await {
        Ok(End::Closed(message)) => Outcome::Closed(message),
        Ok(End::Cancelled(signal)) => {
            terminate(aws, &id).await;
            Outcome::Cancelled(signal)
        }
        Err(fault) => {
            terminate(aws, &id).await;
            Outcome::Failed(fault.to_string())
        }
    }
}

/// Ends a session at once, where the caller may; otherwise it ends by itself when it has been idle for 20 minutes.
async fn terminate(aws: &Aws, session_id: &str) {
    const PATIENCE: Duration = Duration::from_secs(2);
    let request = aws.ssm.terminate_session().session_id(session_id).send();
    let _ = tokio::time::timeout(PATIENCE, request).await;
}
