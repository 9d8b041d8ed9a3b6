//! Requests the data key of an encrypted session from KMS.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::timeout;

use crate::aws_api::{AwsApi, DataKey, DataKeyError};

/// The agent waits 15 seconds for the answer to its request.
const KMS_TIMEOUT: Duration = Duration::from_secs(10);
const CHALLENGE: &str = "aws:ssm:RandomChallenge";

/// The data key to request, and the encryption context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRequest {
    pub key_id: String,
    pub session_id: String,
    pub target: String,
    /// Random text of the agent, to be bound to the key.
    pub challenge: Option<String>,
}

/// A data key, and whether the challenge is in its encryption context.
pub struct GrantedKey {
    pub key: DataKey,
    pub with_challenge: bool,
}

/// Asks KMS, with the challenge first; without it if that is denied. The error is KMS's reason.
pub async fn fetch(request: KeyRequest, aws: &impl AwsApi) -> Result<GrantedKey, String> {
    let seconds = KMS_TIMEOUT.as_secs();
    timeout(KMS_TIMEOUT, ask(request, aws))
        .await
        .unwrap_or_else(|_| Err(format!("KMS did not answer within {seconds} seconds")))
}

async fn ask(request: KeyRequest, aws: &impl AwsApi) -> Result<GrantedKey, String> {
    let mut context = BTreeMap::from([
        ("aws:ssm:SessionId".to_owned(), request.session_id),
        ("aws:ssm:TargetId".to_owned(), request.target),
    ]);
    context.extend(request.challenge.map(|text| (CHALLENGE.to_owned(), text)));
    loop {
        let with_challenge = context.contains_key(CHALLENGE);
        match aws.data_key(&request.key_id, &context).await {
            Ok(key) => {
                return Ok(GrantedKey {
                    key,
                    with_challenge,
                });
            }
            // A key policy may allow the two other names only.
            Err(DataKeyError::Denied(_)) if with_challenge => {
                context.remove(CHALLENGE);
            }
            Err(DataKeyError::Denied(why) | DataKeyError::Other(why)) => return Err(why),
        }
    }
}
