//! What a session asks of AWS while it runs.

use std::collections::BTreeMap;
use std::future::Future;

use aws_credential_types::Credentials;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// The calls to AWS. The program makes them with an SDK, tests without.
///
/// None is made from within the session's reading loop, so a slow answer delays no output.
pub trait Services: Send + Sync {
    /// `kms:GenerateDataKey` in the session's region, with this encryption context and `NumberOfBytes` 64.
    /// The agent waits 15 seconds for the answer, so this must not be retried for longer than 10.
    fn data_key(
        &self,
        key_id: &str,
        context: &BTreeMap<String, String>,
    ) -> impl Future<Output = Result<DataKey, DataKeyError>> + Send;

    /// `ssm:ResumeSession`, once, at the endpoint of `ssm`. Retries are made by the session.
    fn resume(&self, session_id: &str)
    -> impl Future<Output = Result<Resumed, ResumeError>> + Send;

    /// The caller's credentials as they are now: they sign each connection anew. Without any the connection
    /// is made unsigned.
    fn credentials(&self) -> impl Future<Output = Option<Credentials>> + Send;
}

/// A key from KMS, in both its forms.
pub struct DataKey {
    /// `Plaintext`, 64 bytes. Overwritten when dropped.
    pub plaintext: Zeroizing<Vec<u8>>,
    /// `CiphertextBlob`.
    pub ciphertext: Vec<u8>,
    /// `KeyId`, the ARN of the key that encrypted it.
    pub key_arn: Option<String>,
}

/// Why there is no data key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataKeyError {
    /// Access was denied. The session asks once more without the agent's challenge in the context, which some
    /// key policies do not allow.
    Denied(String),
    Other(String),
}

/// What a session is joined with again.
#[derive(Debug, Clone)]
pub struct Resumed {
    /// Empty, where the session has timed out.
    pub token: Secret,
    /// The old one serves where there is none.
    pub stream_url: Option<String>,
}

/// Why a session cannot be resumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResumeError {
    /// There is no such session any more.
    Gone,
    /// Permission is missing, or the credentials have expired: trying again is of no use.
    Denied(String),
    /// Something that may pass: the network, throttling.
    Unavailable(String),
}
