//! The calls to AWS that a running session needs.

use std::collections::BTreeMap;
use std::future::Future;

use aws_credential_types::Credentials;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// The calls to AWS. The program makes them with an SDK, tests without. A slow answer delays no output.
pub trait AwsApi: Send + Sync {
    /// `kms:GenerateDataKey` in the session's region, with this encryption context and `NumberOfBytes` 64.
    /// <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html>
    fn data_key(
        &self,
        key_id: &str,
        context: &BTreeMap<String, String>,
    ) -> impl Future<Output = Result<DataKey, DataKeyError>> + Send;

    /// `ssm:ResumeSession`, once: the session retries.
    /// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ResumeSession.html>
    fn resume(&self, session_id: &str)
    -> impl Future<Output = Result<Resumed, ResumeError>> + Send;

    /// The caller's current credentials, to sign a connection request. `None`: the request stays unsigned.
    fn credentials(&self) -> impl Future<Output = Option<Credentials>> + Send;
}

/// A data key from KMS, in both forms.
pub struct DataKey {
    /// `Plaintext`, 64 bytes. Wiped when dropped.
    pub plaintext: Zeroizing<Vec<u8>>,
    /// `CiphertextBlob`.
    pub ciphertext: Vec<u8>,
    /// `KeyId`: the ARN of the KMS key that encrypted it.
    pub key_arn: Option<String>,
}

/// Why KMS returned no data key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataKeyError {
    /// Access was denied. The session then asks without the agent's challenge in the encryption context, which some key
    /// policies do not allow.
    Denied(String),
    /// Anything else.
    Other(String),
}

/// What `ssm:ResumeSession` returns.
#[derive(Debug, Clone)]
pub struct Resumed {
    /// Empty if the session has timed out.
    pub token: Secret,
    /// `None`: the earlier URL stays valid.
    pub stream_url: Option<String>,
}

/// Why a session cannot be resumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResumeError {
    /// The session no longer exists.
    Gone,
    /// A permission is missing or the credentials have expired, so a retry cannot help.
    Denied(String),
    /// The network, throttling, or something else that a retry can overcome.
    Unavailable(String),
}
