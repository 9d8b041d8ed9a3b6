//! Makes the calls to AWS that a running session needs, with the SDK.

use std::collections::BTreeMap;
use std::future::Future;

use aws_credential_types::provider::ProvideCredentials;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use ssm_channel::{
    AwsApi, Credentials, DataKey, DataKeyError, ResumeError, Resumed, Secret, Zeroizing,
};

use crate::aws::AwsClients;

/// One key for each direction.
const DATA_KEY_BYTES: i32 = 64;

pub struct SdkApi<'a>(pub &'a AwsClients);

impl AwsApi for SdkApi<'_> {
    fn data_key(
        &self,
        key_id: &str,
        context: &BTreeMap<String, String>,
    ) -> impl Future<Output = Result<DataKey, DataKeyError>> + Send {
        let request = self
            .0
            .kms
            .generate_data_key()
            .key_id(key_id)
            .set_encryption_context(Some(context.clone().into_iter().collect()))
            .number_of_bytes(DATA_KEY_BYTES)
            .send();
        async move {
            let answer = request.await.map_err(|error| match error.code() {
                Some("AccessDeniedException") => DataKeyError::Denied(describe(&error)),
                _ => DataKeyError::Other(describe(&error)),
            })?;
            match (answer.plaintext, answer.ciphertext_blob) {
                (Some(plaintext), Some(ciphertext)) => Ok(DataKey {
                    plaintext: Zeroizing::new(plaintext.into_inner()),
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
        let request = self.0.ssm.resume_session().session_id(session_id).send();
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
                    ) => ResumeError::Denied(describe(&error)),
                    _ => ResumeError::Unavailable(describe(&error)),
                }),
            }
        }
    }

    fn credentials(&self) -> impl Future<Output = Option<Credentials>> + Send {
        let provider = self.0.credentials.clone();
        async move { provider?.provide_credentials().await.ok() }
    }
}

fn describe(error: &impl ProvideErrorMetadata) -> String {
    let code = error.code().unwrap_or("the service could not be reached");
    match error.message() {
        Some(message) => format!("{code}: {message}"),
        None => code.to_owned(),
    }
}
