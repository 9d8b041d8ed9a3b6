//! What encrypts and records sessions: keys, log groups, buckets.

use serde::{Deserialize, Serialize};

use super::Fact;

/// A KMS key that encrypts sessions.
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html>
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KmsKey {
    /// ARN of the key itself, where the configuration may name an alias.
    pub arn: String,
    /// `Enabled`, `Disabled`, `PendingDeletion`, …
    pub state: String,
    /// `ENCRYPT_DECRYPT`, `SIGN_VERIFY`, …
    #[serde(default)]
    pub usage: String,
    /// `SYMMETRIC_DEFAULT`, `RSA_2048`, …
    #[serde(default)]
    pub spec: String,
    /// The key policy, decoded.
    pub policy: Fact<serde_json::Value>,
    /// Grants, which allow operations beside the key policy.
    pub grants: Fact<Vec<Grant>>,
}

/// A grant of a KMS key.
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

/// A CloudWatch log group.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html>
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogGroup {
    /// Name of the log group.
    pub name: String,
    /// ARN, which ends in `:*`.
    pub arn: String,
    /// ARN of the key that encrypts it. `None`: CloudWatch's own key does.
    pub kms_key: Option<String>,
}

/// An S3 bucket, and its default encryption.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html>
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// Name of the bucket.
    pub name: String,
    /// The algorithm of the default encryption: `AES256`, `aws:kms`, `aws:kms:dsse`.
    pub encryption: Fact<String>,
}

impl KmsKey {
    /// Whether it can be used for what it is made for.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html>
    pub fn is_usable(&self) -> bool {
        matches!(self.state.as_str(), "Enabled" | "Updating")
    }

    /// Whether somebody disabled it, so that it can be enabled again.
    pub fn is_disabled(&self) -> bool {
        self.state == "Disabled"
    }

    /// Whether it waits for its deletion, which can still be cancelled.
    pub fn is_pending_deletion(&self) -> bool {
        self.state == "PendingDeletion"
    }

    /// Whether it is a symmetric encryption key, which alone generates data keys.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html>
    pub fn is_symmetric(&self) -> bool {
        matches!(self.spec.as_str(), "" | "SYMMETRIC_DEFAULT")
            && matches!(self.usage.as_str(), "" | "ENCRYPT_DECRYPT")
    }
}
