//! AWS Systems Manager: sessions.

use aws_sdk_ssm::operation::describe_sessions::DescribeSessionsOutput;
use aws_sdk_ssm::types::SessionState;
use jiff::Timestamp;

use super::pages;
use crate::aws::{AwsClients, Failure};

/// A session that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSession {
    pub id: String,
    /// `ecs:CLUSTER_TASK_RUNTIME` for sessions into tasks; the ID of a node for others.
    pub target: String,
    /// ARN of the principal.
    pub owner: String,
    pub started_at: Option<Timestamp>,
}

/// The open sessions of the account in this region.
pub async fn open_sessions(aws: &AwsClients) -> Result<Vec<OpenSession>, Failure> {
    let request = |token| {
        let call = aws.ssm.describe_sessions().state(SessionState::Active);
        call.max_results(200).set_next_token(token).send()
    };
    let read = |page: DescribeSessionsOutput| {
        let sessions = page.sessions.unwrap_or_default().into_iter();
        let sessions = sessions.map(|session| OpenSession {
            id: session.session_id.unwrap_or_default(),
            target: session.target.unwrap_or_default(),
            owner: session.owner.unwrap_or_default(),
            started_at: session
                .start_date
                .and_then(|at| Timestamp::from_second(at.secs()).ok()),
        });
        (Some(sessions.collect()), page.next_token)
    };
    pages(aws, "ssm:DescribeSessions", request, read).await
}

/// Ends a session.
pub async fn terminate_session(aws: &AwsClients, id: &str) -> Result<(), Failure> {
    let request = || aws.ssm.terminate_session().session_id(id).send();
    aws.call("ssm:TerminateSession", request).await.map(drop)
}
