//! The caller's credentials: asked for once and before anything else, so that a program or a browser that gives them
//! is started once, and what is wrong with them is said instead of what every call suffers by it.

use std::error::Error;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::sync::Mutex;

use super::failure::{in_words, sources};
use super::profile::Profiles;
use crate::cli_error::CliError;
use crate::environment::variable;

/// Credentials that end sooner than this are asked for anew.
const BEFORE_THE_END: Duration = Duration::from_secs(5 * 60);

/// A provider whose credentials are kept until shortly before they end.
#[derive(Debug)]
pub struct Kept {
    source: SharedCredentialsProvider,
    kept: Mutex<Option<Credentials>>,
}

impl Kept {
    pub fn new(source: SharedCredentialsProvider) -> Kept {
        Kept {
            source,
            kept: Mutex::default(),
        }
    }

    async fn get(&self) -> provider::Result {
        let mut kept = self.kept.lock().await;
        let lasting = kept.as_ref().filter(|credentials| {
            let end = credentials.expiry();
            end.is_none_or(|end| end > SystemTime::now() + BEFORE_THE_END)
        });
        if let Some(credentials) = lasting {
            return Ok(credentials.clone());
        }
        let credentials = self.source.provide_credentials().await?;
        *kept = Some(credentials.clone());
        Ok(credentials)
    }
}

impl ProvideCredentials for Kept {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.get())
    }
}

/// Whether there are keys in the environment. Half a pair is refused: what else gives credentials would be those of
/// somebody else.
pub fn of_environment() -> Result<bool, CliError> {
    const PAIR: [&str; 2] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    let half = |there: &str, missing: &str| {
        Err(CliError::new(
            format!("{there} is set, and {missing} is not"),
            "Set both, or neither where other credentials are meant.",
        ))
    };
    match PAIR.map(|name| variable(name).is_some()) {
        [true, true] => Ok(true),
        [false, false] => Ok(false),
        [true, false] => half(PAIR[0], PAIR[1]),
        [false, true] => half(PAIR[1], PAIR[0]),
    }
}

/// There are no credentials at all, rather than some that cannot be had.
fn are_none(error: &CredentialsError, said: &str) -> bool {
    // The instance metadata service is asked last, when nothing else gave credentials: off an EC2 instance its
    // refusal only says that there are none.
    matches!(error, CredentialsError::CredentialsNotLoaded(_))
        || said.contains("IMDS")
        || said.contains("metadata")
}

/// What gives the credentials gave none in the time allowed. `named`: the profile that was named.
pub fn late(named: Option<&Profiles>) -> CliError {
    let of = named.map_or(String::new(), |profiles| {
        format!(" of profile {}", profiles.name())
    });
    CliError::new(
        format!("the AWS credentials{of} did not come within the time allowed"),
        match named {
            Some(profiles) => profiles.advice(false),
            None => SIGN_IN.to_owned(),
        },
    )
}

/// Nobody says where credentials are to come from.
pub const NONE: &str = "there are no AWS credentials on this machine";

/// No credentials could be had.
pub fn refused(error: &CredentialsError, named: Option<&Profiles>) -> CliError {
    let said = in_words(error);
    if let Some(profiles) = named {
        let was_denied = sources(error)
            .filter_map(|source| source.downcast_ref::<ErrorMetadata>())
            .any(|said| said.code() == Some("AccessDenied"));
        return CliError::new(
            format!(
                "the AWS profile {} gives no credentials: {said}",
                profiles.name()
            ),
            profiles.advice(was_denied),
        );
    }
    if are_none(error, &said) {
        return CliError::new(
            NONE,
            "Sign in (aws sso login), choose a profile with --profile or AWS_PROFILE, or set AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY. `ecs-exec doctor --demo` needs none.",
        );
    }
    let what = format!("the AWS credentials could not be loaded: {said}");
    match origin() {
        Some(name) => CliError::new(what, format!("{name} says where they are to come from.")),
        None => CliError::new(what, SIGN_IN),
    }
}

const SIGN_IN: &str =
    "Sign in again (aws sso login, or whatever gives you credentials), then run this once more.";

/// The variable that says where credentials come from, where no profile does.
fn origin() -> Option<&'static str> {
    const NAMES: [&str; 3] = [
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    ];
    NAMES.into_iter().find(|name| variable(name).is_some())
}

/// AWS turned the credentials down, or they could not be had again.
pub fn rejected<E>(error: &SdkError<E, HttpResponse>) -> Option<CliError>
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    match error.code() {
        Some("ExpiredToken" | "ExpiredTokenException" | "RequestExpired") => {
            Some(CliError::new("the AWS credentials have expired", SIGN_IN))
        }
        Some(
            "InvalidClientTokenId"
            | "UnrecognizedClientException"
            | "AuthFailure"
            | "InvalidAccessKeyId"
            | "SignatureDoesNotMatch"
            | "InvalidSignatureException"
            | "IncompleteSignature"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException"
            | "InvalidToken",
        ) => {
            let said = error.message().unwrap_or("no reason given");
            Some(CliError::new(
                format!("AWS does not accept these credentials: {said}"),
                SIGN_IN,
            ))
        }
        _ => sources(error)
            .find_map(|source| source.downcast_ref())
            .map(|error| refused(error, None)),
    }
}
