//! What a session asks of AWS while it runs, asked through the SDK.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::time::Duration;

use aws_credential_types::provider::ProvideCredentials;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use ssm_channel::{
    Credentials, DataKey, DataKeyError, ResumeError, Resumed, Secret, Services, Zeroizing,
};
use tokio::time::timeout;

use crate::aws::AwsClients;

/// The agent waits 15 seconds for the handshake.
const DATA_KEY_PATIENCE: Duration = Duration::from_secs(10);
const DATA_KEY_BYTES: i32 = 64;

pub struct SdkServices<'a> {
    aws: &'a AwsClients,
}

impl SdkServices<'_> {
    pub fn new(aws: &AwsClients) -> SdkServices<'_> {
        SdkServices { aws }
    }
}

impl Services for SdkServices<'_> {
    fn data_key(
        &self,
        key_id: &str,
        context: &BTreeMap<String, String>,
    ) -> impl Future<Output = Result<DataKey, DataKeyError>> + Send {
        let context: HashMap<String, String> = context.clone().into_iter().collect();
        let request = self
            .aws
            .kms
            .generate_data_key()
            .key_id(key_id)
            .set_encryption_context(Some(context))
            .number_of_bytes(DATA_KEY_BYTES)
            .send();
        async move {
            let answer = timeout(DATA_KEY_PATIENCE, request)
                .await
                .map_err(|_| DataKeyError::Other("KMS did not answer in time".to_owned()))?;
            let answer = answer.map_err(|error| {
                let said = said(&error);
                match error.code() {
                    Some("AccessDeniedException") => DataKeyError::Denied(said),
                    _ => DataKeyError::Other(said),
                }
            })?;
            let plaintext = answer
                .plaintext
                .map(|blob| Zeroizing::new(blob.into_inner()));
            match (plaintext, answer.ciphertext_blob) {
                (Some(plaintext), Some(ciphertext)) => Ok(DataKey {
                    plaintext,
                    ciphertext: ciphertext.into_inner(),
                    key_arn: answer.key_id,
                }),
                _ => Err(DataKeyError::Other("KMS answered without a key".to_owned())),
            }
        }
    }

    fn resume(
        &self,
        session_id: &str,
    ) -> impl Future<Output = Result<Resumed, ResumeError>> + Send {
        let request = self.aws.ssm.resume_session().session_id(session_id).send();
        async move {
            match request.await {
                Ok(answer) => Ok(Resumed {
                    token: Secret::new(answer.token_value.unwrap_or_default()),
                    stream_url: answer.stream_url,
                }),
                Err(error) => Err(match error.code() {
                    Some("DoesNotExistException") => ResumeError::Gone,
                    Some(
                        "AccessDeniedException"
                        | "ExpiredTokenException"
                        | "UnrecognizedClientException",
                    ) => ResumeError::Denied(said(&error)),
                    _ => ResumeError::Unavailable(said(&error)),
                }),
            }
        }
    }

    fn credentials(&self) -> impl Future<Output = Option<Credentials>> + Send {
        let provider = self.aws.credentials.clone();
        async move { provider?.provide_credentials().await.ok() }
    }
}

fn said(error: &impl ProvideErrorMetadata) -> String {
    let code = error.code().unwrap_or("the service could not be reached");
    match error.message() {
        Some(message) => format!("{code}: {message}"),
        None => code.to_owned(),
    }
}
