//! What encrypts and records sessions: keys, log groups, buckets.

use serde::{Deserialize, Serialize};

use super::Fact;

/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html>
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KmsKey {
    pub arn: String,
    /// `Enabled`, `Disabled`, `PendingDeletion`, …
    pub state: String,
    /// `ENCRYPT_DECRYPT`, `SIGN_VERIFY`, …
    #[serde(default)]
    pub usage: String,
    /// `SYMMETRIC_DEFAULT`, `RSA_2048`, …
    #[serde(default)]
    pub spec: String,
    pub policy: Fact<serde_json::Value>,
    pub grants: Fact<Vec<Grant>>,
}

/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantListEntry.html>
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grant {
    /// ARN of a principal.
    pub grantee: String,
    /// `Decrypt`, `GenerateDataKey`, …
    pub operations: Vec<String>,
    /// It holds with certain encryption contexts only.
    #[serde(default)]
    pub is_constrained: bool,
}

/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html>
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogGroup {
    pub name: String,
    pub arn: String,
    pub kms_key: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    pub name: String,
    /// The algorithm of the default encryption: `AES256`, `aws:kms`, `aws:kms:dsse`.
    pub encryption: Fact<String>,
}
