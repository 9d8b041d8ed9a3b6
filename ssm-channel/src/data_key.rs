//! The key of an encrypted session, from KMS.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::timeout;

use crate::services::{DataKey, DataKeyError, Services};

/// The agent waits 15 seconds for the answer to its request.
const LIMIT: Duration = Duration::from_secs(10);

/// What the agent asked for, and whose session it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRequest {
    pub key_id: String,
    pub session_id: String,
    pub target: String,
    /// Random text of the agent's, to be bound into the key.
    pub challenge: Option<String>,
}

/// A key, and whether the challenge is in its context.
pub struct Grant {
    pub key: DataKey,
    pub with_challenge: bool,
}

/// Asks KMS: with the challenge where there is one, and where that is denied without it.
pub async fn fetch(request: KeyRequest, services: &impl Services) -> Result<Grant, String> {
    let limit = format!("KMS did not answer within {} seconds", LIMIT.as_secs());
    timeout(LIMIT, ask(request, services))
        .await
        .unwrap_or(Err(limit))
}

async fn ask(request: KeyRequest, services: &impl Services) -> Result<Grant, String> {
    let mut context = BTreeMap::from([
        ("aws:ssm:SessionId".to_owned(), request.session_id),
        ("aws:ssm:TargetId".to_owned(), request.target),
    ]);
    if let Some(challenge) = request.challenge {
        let name = "aws:ssm:RandomChallenge".to_owned();
        context.insert(name.clone(), challenge);
        match services.data_key(&request.key_id, &context).await {
            Ok(key) => {
                return Ok(Grant {
                    key,
                    with_challenge: true,
                });
            }
            // A key policy may allow the two other names only.
            Err(DataKeyError::Denied(_)) => context.remove(&name),
            Err(DataKeyError::Other(why)) => return Err(why),
        };
    }
    match services.data_key(&request.key_id, &context).await {
        Ok(key) => Ok(Grant {
            key,
            with_challenge: false,
        }),
        Err(DataKeyError::Denied(why) | DataKeyError::Other(why)) => Err(why),
    }
}
